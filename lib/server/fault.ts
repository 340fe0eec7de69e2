/** What may be written down about a fault of our own. */
export interface Fault {
  readonly error: string;
  readonly code?: string;
  /** by which a page names this fault to whoever sees it */
  readonly digest?: string;
  /** where it was thrown, and our own places on the way there, innermost first */
  readonly at: readonly string[];
}

/** Where it happened and of which kind it is, never the message, which may quote a row, a setting or a secret. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const at = places.filter((line, i) => i === 0 || !/node_modules|node:|<anonymous>/.test(line));
  return {
    error: error.name,
    ...("code" in error ? { code: String(error.code).slice(0, 40) } : {}),
    ...("digest" in error ? { digest: String(error.digest).slice(0, 100) } : {}),
    at: at.slice(0, 8).map((line) => line.trim()),
  };
}
