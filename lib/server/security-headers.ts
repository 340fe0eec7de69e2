/** Response headers that every answer carries. */

export interface HeaderOptions {
  /** of this one request, base64 */
  readonly nonce: string;
  /** the address people open */
  readonly appUrl: string;
  readonly dev: boolean;
}

/** The policy for pages. Next reads the nonce out of it and puts it on its own scripts. */
export function contentSecurityPolicy({ nonce, dev }: HeaderOptions): string {
  const directives: Readonly<Record<string, string>> = {
    "default-src": "'self'",
    // Live reload evaluates code; nothing else may.
    "script-src": `'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
    // React and the component kit set style attributes, which a nonce cannot cover.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": dev ? "'self' ws: wss:" : "'self'",
    "form-action": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
  };
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

/** Machine answers are never rendered, so nothing at all may load. */
const apiPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** Files of strangers: even where a browser shows one, it runs nothing and belongs to nobody. */
const downloadPolicy = `sandbox; ${apiPolicy}`;

/** The API proper: it knows keys and no sessions. */
export function isApiPath(path: string): boolean {
  return /^\/v[34](\/|$)/.test(path);
}

/** All headers for an answer to `path`. */
export function securityHeaders(path: string, options: HeaderOptions): Readonly<Record<string, string>> {
  const machine = isApiPath(path) || /^\/(healthz|readyz|metrics)(\/|$)/.test(path);
  // Addresses there say who is connecting what: nobody they lead to is to see them.
  const inConnectFlow = /^\/connect(\/|$)/.test(path);
  return {
    "content-security-policy": path.startsWith("/v3/files/")
      ? downloadPolicy
      : machine
        ? apiPolicy
        : contentSecurityPolicy(options),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": machine || inConnectFlow ? "no-referrer" : "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ...(options.appUrl.startsWith("https:") && { "strict-transport-security": "max-age=31536000; includeSubDomains" }),
  };
}
