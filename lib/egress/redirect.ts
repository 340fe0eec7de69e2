import type { Door } from "./policy.ts";
import { EgressError } from "./types.ts";

/** Where a 3xx reply leads, and what may come along. The next address is checked by the caller like a first one. */

export interface Hop {
  readonly url: URL;
  /** another host or port: nothing secret goes there */
  readonly leaves: boolean;
  /** 303, and 301/302 after POST, become GET without a body */
  readonly asGet: boolean;
}

/** Headers that say what is wanted, not who is asking. Everything else stays behind when the host changes. */
const travelling = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "if-modified-since",
  "if-none-match",
  "range",
  "user-agent",
]);

/** @param headers name, value, name, value, … with lower-case names */
export function withoutCredentials(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? "";
    if (travelling.has(name)) kept.push(name, headers[i + 1] ?? "");
  }
  return kept;
}

/**
 * @returns undefined if the reply is not a redirect
 * @throws EgressError redirect: not a URL, https → http, another host where that is not wanted or would carry the body along
 */
export function nextHop(
  reply: { readonly status: number; readonly url: string; readonly headers: Readonly<Record<string, string>> },
  from: Door,
  method: string,
  hasBody: boolean,
  sameHost: boolean,
): Hop | undefined {
  const { status } = reply;
  if (status !== 301 && status !== 302 && status !== 303 && status !== 307 && status !== 308) return undefined;
  const location = asUtf8(reply.headers["location"] ?? "");
  if (location === "") return undefined;
  if (!URL.canParse(location, reply.url)) {
    throw new EgressError("redirect", `${from.host} redirects to something that is not an address.`);
  }
  const url = new URL(location, reply.url);
  url.hash = "";
  if (from.tls && url.protocol === "http:") {
    throw new EgressError("redirect", `${from.host} redirects from https to http, which is not followed.`);
  }
  const host = url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname;
  const tls = url.protocol === "https:";
  const port = url.port ? Number(url.port) : tls ? 443 : 80;
  const upgraded = !from.tls && tls && from.port === 80 && port === 443;
  const leaves = host !== from.host || (port !== from.port && !upgraded);
  if (leaves && sameHost) {
    throw new EgressError("redirect", `${from.host} redirects to another host (${host.slice(0, 253)}).`);
  }
  const asGet = status === 303 || ((status === 301 || status === 302) && method === "POST");
  if (leaves && hasBody && !asGet) {
    throw new EgressError("redirect", `${from.host} redirects a request with a body to another host.`);
  }
  return { url, leaves, asGet };
}

/** Header bytes arrive as Latin-1, but servers that do not escape a path write it in UTF-8. */
function asUtf8(value: string): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}
