import { cx } from "#components/ui/cx.ts";

const tones: Readonly<Record<string, string>> = {
  GET: "text-accent-ink",
  POST: "text-good",
  PATCH: "text-warn",
  DELETE: "text-bad",
};

/** The verb of a request. */
export function Method({ name, className }: { readonly name: string; readonly className?: string }) {
  return <span className={cx("font-mono text-2xs font-semibold tracking-wide", tones[name], className)}>{name}</span>;
}
