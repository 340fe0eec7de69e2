/** Origins an end user's browser may be sent back to after connecting: scheme, host and port, compared exactly. */

export const redirectOriginsMax = 50;

/** Where plain http is possible: this very machine (RFC 8252 section 7.3). */
const loopback: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

export type ReadOrigin = { readonly origin: string } | { readonly problem: string };

/**
 * The one spelling of an origin: lower case, ASCII, without a slash at the end and without the scheme's own port. A path
 * is refused rather than dropped, because people would believe that it counts.
 */
export function readOrigin(text: string): ReadOrigin {
  const value = text.trim();
  const problem = (words: string) => ({ problem: words });
  if (value === "") return problem("Enter an address, e.g. https://app.example.com");
  if (value.length > 300) return problem("must not be longer than 300 characters");
  if (value.includes("*")) return problem("must name one host: wildcards are not possible");
  if (!/^https?:\/\/[^/]/i.test(value)) return problem("must begin with https://");
  if (/[\s\\\p{Cc}]/u.test(value)) return problem("must not contain spaces or backslashes");
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return problem("is not a web address");
  }
  if (!/[a-z0-9]/.test(url.hostname)) return problem("is not a web address");
  if (/^https?:\/\/[^/?#]*@/i.test(value)) return problem("must not contain a user name or password");
  if (url.pathname !== "/" || /[?#]/.test(value))
    return problem(`must end after the host, without a path: ${url.origin}`);
  if (url.protocol === "http:" && !loopback.includes(url.hostname))
    return problem("must use https (http is possible for localhost only)");
  return { origin: url.origin };
}
