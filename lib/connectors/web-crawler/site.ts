/**
 * Which addresses belong to the site, and which addresses are the same page.
 *
 * Normalising is for comparing only: pages are fetched at the address as it was written. Two addresses are the same page
 * when they differ in nothing but case of the host, default port, http/https, fragment, dot segments, percent-encoding of
 * unreserved characters, tracking parameters, session ids or an exact repetition of a query parameter. Anything else
 * (a slash at the end, www, order of parameters) may be another page until a redirect, a canonical link or equal text
 * says otherwise.
 */

export interface Site {
  readonly start: URL;
  /** scheme and host of the start URL; every key begins with it */
  readonly origin: string;
  /** absolute http(s) URL on the same host and port; http and https on their default ports are one site */
  contains(url: URL): boolean;
  /** the page's identity: document id and custom id */
  key(url: URL): string;
  /** the address to ask for: as written, without fragment, and never plain http on a site that was given as https */
  address(url: URL): string;
  /** short form of an address for the memo: without the origin where that is the site's own */
  shorten(address: string): string;
  /** absolute URL of something a page or a memo names, or null if it is none of ours to fetch */
  resolve(reference: string, base?: string | URL): URL | null;
}

/** @param startUrl absolute http(s) URL (validated by config.ts) */
export function createSite(startUrl: string): Site {
  const start = new URL(startUrl);
  start.hash = "";
  const origin = start.origin;

  const contains = (url: URL): boolean =>
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.hostname === start.hostname &&
    url.port === start.port;

  return {
    start,
    origin,
    contains,
    key: (url) => origin + cleanPath(url.pathname) + cleanQuery(url.search),
    address: (url) => {
      if (url.hash) url.hash = "";
      const href = url.href;
      return start.protocol === "https:" && url.protocol === "http:" ? `https${href.slice(4)}` : href;
    },
    shorten: (address) => (address.startsWith(`${origin}/`) ? address.slice(origin.length) : address),
    resolve: (reference, base = start) => {
      let url: URL;
      try {
        url = new URL(reference, base);
      } catch {
        return null;
      }
      // user names in links are a way to disguise a host; nobody's public page needs them
      if (url.username || url.password) return null;
      return contains(url) ? url : null;
    },
  };
}

const sessionInPath = /;(?:jsessionid|phpsessid|sid|cfid|cftoken)=[^/;]*/gi;
const aspNetSession = /\/\((?:[A-Z]\([A-Za-z0-9_-]{8,}\))+\)(?=\/)/g;
const escapes = /%[0-9a-fA-F]{2}/g;
const unreserved = /[A-Za-z0-9._~-]/;

/** RFC 3986 6.2.2: decode what needs no encoding, upper-case the rest. */
function cleanEscapes(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(escapes, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return unreserved.test(character) ? character : escape.toUpperCase();
  });
}

function cleanPath(path: string): string {
  let clean = path;
  if (clean.includes(";")) clean = clean.replace(sessionInPath, "");
  if (clean.includes("/(")) clean = clean.replace(aspNetSession, "");
  return cleanEscapes(clean);
}

const tracking = new Set([
  "gclid",
  "gclsrc",
  "dclid",
  "gbraid",
  "wbraid",
  "fbclid",
  "msclkid",
  "yclid",
  "twclid",
  "igshid",
  "mc_cid",
  "mc_eid",
  "mkt_tok",
  "_hsenc",
  "_hsmi",
  "__hstc",
  "__hssc",
  "vero_id",
  "oly_enc_id",
  "oly_anon_id",
  "_ga",
  "_gl",
  "wickedid",
  "srsltid",
]);
const trackingPrefix = /^(?:utm_|pk_|piwik_|mtm_|matomo_|hsa_)/;
const session = new Set([
  "phpsessid",
  "jsessionid",
  "sessionid",
  "session_id",
  "sessid",
  "cfid",
  "cftoken",
  "zenid",
  "oscsid",
]);

function isNoise(name: string, value: string): boolean {
  if (tracking.has(name) || trackingPrefix.test(name) || session.has(name) || name.startsWith("aspsessionid"))
    return true;
  // "sid" alone is also a common name for ordinary ids; only a long token is a session
  return (name === "sid" || name === "s_id") && value.length >= 16;
}

function cleanQuery(search: string): string {
  if (search.length <= 1) return "";
  const kept: string[] = [];
  const seen = new Set<string>();
  for (const part of search.slice(1).split("&")) {
    if (part === "") continue;
    const cut = part.indexOf("=");
    const name = (cut < 0 ? part : part.slice(0, cut)).toLowerCase();
    if (isNoise(name, cut < 0 ? "" : part.slice(cut + 1))) continue;
    const clean = cleanEscapes(part);
    if (seen.has(clean)) continue;
    seen.add(clean);
    kept.push(clean);
  }
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

/**
 * What two addresses of one page have in common when they differ in more than noise: the path without index file, final
 * slash and case. Pages with the same variant **and** the same text are stored once.
 */
export function variantOf(key: string): string {
  const query = key.indexOf("?");
  return (query < 0 ? key : key.slice(0, query))
    .toLowerCase()
    .replace(/\/(?:index|default|home)\.(?:html?|xhtml|php|aspx?|jsp)$/, "/")
    .replace(/\/+$/, "");
}
