import type { IncomingHttpHeaders } from "node:http";
import type { ClaimedAddress } from "#lib/contract/claimed-address.ts";

/** What is settled before Next sees a request: targets it would answer with a stack, and headers it would believe. */

export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const allowedMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The path and query of a request target, or why it is refused. A target that names a host is taken as its path. */
export function readTarget(method: string, target: string): { readonly url: string; readonly path: string } | Refusal {
  if (!allowedMethods.includes(method)) {
    return { status: 405, error: "Method not allowed", headers: { allow: allowedMethods.join(", ") } };
  }
  const url = target.replace(/^https?:\/\/[^/?#]*/i, "");
  const full = url === "" || url.startsWith("?") ? `/${url}` : url;
  if (!full.startsWith("/")) return { status: 400, error: "The request target is not valid." };
  const path = full.split(/[?#]/, 1)[0] ?? "/";
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return { status: 400, error: "The path is not valid percent-encoded UTF-8." };
  }
  if (decoded.includes("\0")) return { status: 400, error: "The path must not contain a NUL character." };
  return { url: full, path };
}

/** Headers by which Next talks to itself; a client has no business sending them. */
const internal =
  /^(x-middleware-|x-nextjs-|x-next-|x-invoke-|x-matched-path$|x-now-|x-prerender-|x-vercel-|next-resume$)/;
/** Ours: set here and believed behind here. */
const own = /^x-tributary-/;
const forwarded = /^(x-forwarded-|forwarded$|x-real-ip$|x-original-|x-rewrite-)/;

/**
 * Where to send a browser that opened a local installation by another name of this machine than APP_URL's: cookies and
 * forms work under one name only. Undefined = it came by the right one, or by one that only a proxy can know.
 */
export function aliasRedirect(
  method: string,
  url: string,
  headers: IncomingHttpHeaders,
  appUrl: string,
): string | undefined {
  const wantsPage = (method === "GET" || method === "HEAD") && (headers.accept ?? "").includes("text/html");
  const { hostname, port, host, origin } = new URL(appUrl);
  if (!wantsPage || !loopbackNames.includes(hostname) || headers.host === host) return undefined;
  const suffix = port ? `:${port}` : "";
  const isAlias = loopbackNames.some((name) => headers.host === `${name}${suffix}`);
  // A path that starts with two slashes would name another host.
  return isAlias && !url.startsWith("//") ? origin + url : undefined;
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

export interface TrustedFacts {
  readonly appUrl: string;
  /** the client's address as text */
  readonly address: string;
  readonly nonce: string;
  /** Next takes the nonce for its scripts from here */
  readonly policy: string;
  /** live reload needs Next's own headers */
  readonly dev: boolean;
}

/** Replaces everything a client could have made up by what we know. Changes `headers` in place. */
export function cleanHeaders(headers: IncomingHttpHeaders, facts: TrustedFacts): void {
  const claims = claimsOf(headers);
  for (const name of Object.keys(headers)) {
    if (own.test(name) || forwarded.test(name) || (!facts.dev && internal.test(name))) delete headers[name];
  }
  const { host, protocol, port } = new URL(facts.appUrl);
  headers.host = host;
  headers["x-forwarded-host"] = host;
  headers["x-forwarded-proto"] = protocol.slice(0, -1);
  headers["x-forwarded-port"] = port || (protocol === "https:" ? "443" : "80");
  headers["x-forwarded-for"] = facts.address;
  headers["x-tributary-address"] = facts.address;
  headers["x-tributary-claims"] = claims;
  headers["x-tributary-nonce"] = facts.nonce;
  headers["content-security-policy"] = facts.policy;
  delete headers["content-security-policy-report-only"];
}

/**
 * Anybody can say anything here. It is shown to people who look for a mistake in their proxy, decides nothing, and travels
 * in one header that nothing takes for a host.
 */
function claimsOf(headers: IncomingHttpHeaders): string {
  const standard = /^[^,]*/.exec(headers.forwarded ?? "")?.[0] ?? "";
  const { host } = headers;
  const forwardedHost = first(headers["x-forwarded-host"]) ?? /\bhost="?([^";\s]+)/i.exec(standard)?.[1];
  const forwardedProto = first(headers["x-forwarded-proto"]) ?? /\bproto="?([^";\s]+)/i.exec(standard)?.[1];
  const claims: ClaimedAddress = {
    ...(isPlain(host) && { host }),
    ...(isPlain(forwardedHost) && { forwardedHost }),
    ...(isPlain(forwardedProto) && { forwardedProto }),
    proxied: Object.keys(headers).some((name) => forwarded.test(name)) || headers.via !== undefined,
  };
  return Buffer.from(JSON.stringify(claims)).toString("base64url");
}

/** The claims of a request that came through here; null for another one. */
export function readClaims(header: string | null): ClaimedAddress | null {
  return header ? (JSON.parse(Buffer.from(header, "base64url").toString()) as ClaimedAddress) : null;
}

function isPlain(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e]{1,255}$/.test(text);
}

/** Of a list the first entry is what the outermost proxy saw. */
function first(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "string" ? header : header?.[0];
  return text?.split(",", 1)[0]?.trim();
}

/**
 * The client's address: the socket's, or, behind `trustedProxies` proxies that each append to X-Forwarded-For, the
 * one that the outermost of them saw.
 */
export function clientAddress(socket: string | undefined, header: string | undefined, trustedProxies: number): string {
  const seen = [...(header ?? "").split(",").map((part) => part.trim()), socket ?? ""].filter((part) => part !== "");
  const address = seen[Math.max(0, seen.length - 1 - trustedProxies)] ?? "";
  return (trustedProxies === 0 ? (socket ?? "") : address).replace(/^::ffff:(?=\d+\.)/i, "");
}
