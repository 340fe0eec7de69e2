import { EgressError, type Http, type HttpReply } from "#lib/egress/types.ts";
import type { SkipReason } from "../types.ts";
import { readRobotsHeader } from "./robots-header.ts";
import type { Site } from "./site.ts";

/** Our product token in robots.txt and X-Robots-Tag. */
export const agent = "TributaryBot";

/** How the crawler names itself: the product token of robots.txt is part of it (RFC 9309 2.2.1). */
export const userAgent = "TributaryBot/1.0 (Tributary website sync)";

export const maxPageBytes = 10 * 1024 * 1024;
/** Redirects and canonical links followed in a row. */
export const maxHops = 5;

/** What one request for a page came to. */
export type Outcome =
  | {
      readonly kind: "page";
      readonly bytes: Uint8Array;
      /** final URL */
      readonly url: string;
      readonly contentType: string;
      readonly etag: string | undefined;
      readonly lastModified: string | undefined;
      readonly noindex: boolean;
      readonly nofollow: boolean;
      /** from a Link header */
      readonly canonical: string | undefined;
    }
  | { readonly kind: "unchanged" }
  /** leads to another page; target is null when that is not on this site */
  | { readonly kind: "redirect"; readonly target: URL | null; readonly permanent: boolean; readonly detail: string }
  | { readonly kind: "gone"; readonly status: number }
  /** will not be different next time unless the site changes */
  | { readonly kind: "skip"; readonly reason: SkipReason; readonly detail: string }
  /** says nothing about the page itself: what is stored stays */
  | { readonly kind: "fail"; readonly reason: SkipReason; readonly detail: string; readonly trouble: Trouble | null };

/** Something that is rather the host's trouble than the page's. */
export interface Trouble {
  readonly kind: "throttled" | "stalled" | "blocked";
  readonly retryAfterSeconds: number | undefined;
  readonly error: unknown;
}

export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface FetchLimits {
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly retries: number;
}

/**
 * Asks for a page and follows redirects only as far as they lead to the same page (http → https, tracking parameters).
 * A redirect to another page is an outcome of its own, so that its target is checked against robots.txt and fetched
 * once, whoever leads to it.
 */
export async function fetchPage(
  http: Http,
  site: Site,
  address: string,
  validators: Validators,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Outcome> {
  const asked = new Set<string>();
  let current = address;
  for (;;) {
    asked.add(current);
    let reply: HttpReply;
    try {
      reply = await http.request(current, {
        headers: {
          "user-agent": userAgent,
          accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
          // If-None-Match wins at the server; the date is only for those that know no tags (RFC 9110 13.2.2)
          ...(validators.etag !== undefined
            ? { "if-none-match": validators.etag }
            : validators.lastModified !== undefined
              ? { "if-modified-since": validators.lastModified }
              : {}),
        },
        redirects: 0,
        maxBytes: maxPageBytes,
        signal,
        ...limits,
      });
      if (reply.status >= 300 && reply.status <= 308 && reply.status !== 304) {
        await reply.discard();
        const step = redirect(site, current, reply, asked);
        if (typeof step !== "string") return step;
        current = step;
        continue;
      }
      return await read(reply);
    } catch (error) {
      if (signal.aborted) throw error;
      return failure(error);
    }
  }
}

/** The next address to ask if it is the same page, else what the redirect comes to. */
function redirect(site: Site, from: string, reply: HttpReply, asked: ReadonlySet<string>): Outcome | string {
  const permanent = reply.status === 301 || reply.status === 308;
  const location = reply.headers["location"];
  const url = location !== undefined && URL.canParse(location, from) ? new URL(location, from) : null;
  if (location === undefined || !url) {
    return { kind: "skip", reason: "redirected", detail: `It answers ${reply.status} without a usable address.` };
  }
  if (url.username || url.password)
    return { kind: "skip", reason: "redirected", detail: "It redirects to an address with a user name in it." };
  if (!site.contains(url)) {
    return {
      kind: "redirect",
      target: null,
      permanent,
      detail: `It redirects to another site (${url.origin.slice(0, 260)}).`,
    };
  }
  const next = site.address(url);
  if (site.key(url) !== site.key(new URL(from)))
    return {
      kind: "redirect",
      target: new URL(next),
      permanent,
      detail: `It redirects to ${site.key(url).slice(0, 500)}`,
    };
  if (asked.has(next)) return { kind: "skip", reason: "redirected", detail: "It redirects to itself." };
  if (asked.size > maxHops)
    return { kind: "skip", reason: "redirected", detail: `It redirects more than ${maxHops} times.` };
  return next;
}

const htmlTypes = new Set(["text/html", "application/xhtml+xml"]);

async function read(reply: HttpReply): Promise<Outcome> {
  const { status, headers } = reply;
  if (status === 304) {
    await reply.discard();
    return { kind: "unchanged" };
  }
  if (status !== 200 && status !== 203) {
    await reply.discard();
    return refusal(status);
  }
  const contentType = headers["content-type"] ?? "";
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!htmlTypes.has(type)) {
    await reply.discard();
    const named = type === "" ? "It has no type." : `It is ${type.slice(0, 100)}.`;
    return { kind: "skip", reason: "unsupported_type", detail: `${named} A website connection takes HTML pages.` };
  }
  const bytes = await reply.bytes();
  const actual = sniff(bytes);
  if (actual)
    return { kind: "skip", reason: "unsupported_type", detail: `It says it is HTML, but its content is ${actual}.` };
  return {
    kind: "page",
    bytes,
    url: reply.url,
    contentType,
    etag: headers["etag"]?.slice(0, 500),
    lastModified: headers["last-modified"]?.slice(0, 100),
    ...readRobotsHeader(headers["x-robots-tag"], agent),
    canonical: /<([^<>]+)>\s*;[^,<]*\brel\s*=\s*"?canonical\b/i.exec(headers["link"] ?? "")?.[1],
  };
}

function refusal(status: number): Outcome {
  if (status === 404 || status === 410) return { kind: "gone", status };
  if (status === 401 || status === 403 || status === 407 || status === 451) {
    return { kind: "fail", reason: "denied", detail: `The site refuses it (${status}).`, trouble: null };
  }
  if (status === 429 || status === 503) {
    const error = new EgressError("throttled", `The site answers ${status}.`);
    return {
      kind: "fail",
      reason: "unreachable",
      detail: `The site answers ${status} (${status === 429 ? "too many requests" : "not available"}).`,
      trouble: { kind: "throttled", retryAfterSeconds: undefined, error },
    };
  }
  if (status === 204 || status === 205) return { kind: "skip", reason: "empty", detail: `It answers ${status}.` };
  const trouble = status >= 500 ? ({ kind: "stalled", retryAfterSeconds: undefined, error: undefined } as const) : null;
  return { kind: "fail", reason: "unreachable", detail: `The site answers ${status}.`, trouble };
}

function failure(error: unknown): Outcome {
  if (!(error instanceof EgressError)) throw error;
  const trouble = (kind: Trouble["kind"]): Trouble => ({ kind, retryAfterSeconds: error.retryAfterSeconds, error });
  const detail = error.message;
  switch (error.kind) {
    case "too_large":
      return { kind: "skip", reason: "too_large", detail };
    case "bad_encoding":
      return { kind: "skip", reason: "broken", detail };
    case "bad_url":
    case "redirect":
      return { kind: "skip", reason: "redirected", detail };
    case "blocked_address":
      return { kind: "fail", reason: "blocked_address", detail, trouble: trouble("blocked") };
    case "timeout":
      return { kind: "fail", reason: "timeout", detail, trouble: trouble("stalled") };
    case "throttled":
      return { kind: "fail", reason: "unreachable", detail, trouble: trouble("throttled") };
    case "dns":
    case "connect":
    case "tls":
    case "reset":
    case "truncated":
      return { kind: "fail", reason: "unreachable", detail, trouble: trouble("stalled") };
    case "aborted":
      throw error;
  }
}

const magic: readonly (readonly [prefix: string, name: string])[] = [
  ["%PDF-", "a PDF"],
  ["\x89PNG", "a PNG image"],
  ["GIF8", "a GIF image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["PK\x03\x04", "a ZIP archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["7z\xbc\xaf", "a 7z archive"],
  ["\x7fELF", "a program"],
  ["OggS", "an Ogg file"],
  ["RIFF", "a media file"],
];

/** What bytes that claim to be HTML really are, if that is beyond doubt. */
function sniff(bytes: Uint8Array): string | null {
  let head = "";
  for (let i = 0; i < Math.min(8, bytes.length); i++) head += String.fromCharCode(bytes[i] ?? 0);
  return magic.find(([prefix]) => head.startsWith(prefix))?.[1] ?? null;
}
