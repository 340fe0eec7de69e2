/**
 * robots.txt as RFC 9309 has it. The libraries at hand miss parts that matter to a site's owner: a Sitemap line between
 * two user-agent lines must not split the group, `%7E` and `~` are the same character, and a pattern full of `*` must
 * not cost more than its length.
 */

export interface RobotsRules {
  /** @param target path and query of the address */
  allows(target: string): boolean;
  /** seconds to leave between two requests, if the file asks for it (outside the RFC, widely honoured) */
  readonly crawlDelay: number | undefined;
  readonly sitemaps: readonly string[];
}

interface Rule {
  readonly allow: boolean;
  /** literal parts between the `*`s */
  readonly parts: readonly string[];
  readonly anchored: boolean;
  /** octets of the pattern: the longest match decides */
  readonly length: number;
}

/** RFC 9309 2.5: a crawler must read at least this much; we read no more. */
export const maxRobotsBytes = 500 * 1024;

export const allowAll: RobotsRules = { allows: () => true, crawlDelay: undefined, sitemaps: [] };

/** Bytes of the file → text: UTF-8 by the RFC, UTF-16 tolerated when a byte order mark or its zeros say so. */
export function decodeRobots(bytes: Uint8Array): string {
  const cut = bytes.subarray(0, maxRobotsBytes);
  const encoding =
    (cut[0] === 0xff && cut[1] === 0xfe) || (cut[1] === 0 && cut[3] === 0 && cut[0] !== 0)
      ? "utf-16le"
      : (cut[0] === 0xfe && cut[1] === 0xff) || (cut[0] === 0 && cut[2] === 0 && cut[1] !== 0)
        ? "utf-16be"
        : "utf-8";
  return new TextDecoder(encoding).decode(cut);
}

const hex = /%([0-9a-fA-F]{2})/g;
const keep = /[A-Za-z0-9._~-]/;

/** Both pattern and target in one spelling (RFC 9309 2.2.2): unreserved characters plain, the rest as %XX. */
function octets(text: string): string {
  let plain = text;
  // eslint-disable-next-line no-control-regex -- anything beyond ASCII is written as the octets of its UTF-8
  if (/[^\x21-\x7e]/.test(plain)) {
    try {
      plain = plain.replace(/[^\x21-\x7e]+/g, (run) => encodeURIComponent(run.toWellFormed()));
    } catch {
      return text;
    }
  }
  if (!plain.includes("%")) return plain;
  return plain.replace(hex, (whole, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return keep.test(character) ? character : whole.toUpperCase();
  });
}

function compile(value: string, allow: boolean): Rule | null {
  if (value === "") return null; // an empty Disallow forbids nothing
  const pattern = value.startsWith("/") || value.startsWith("*") ? value : `/${value}`;
  const anchored = pattern.endsWith("$");
  const body = octets(anchored ? pattern.slice(0, -1) : pattern);
  return { allow, parts: body.split("*"), anchored, length: body.length + (anchored ? 1 : 0) };
}

/** Leftmost match of every literal part: right for `*` and linear, because parts never have to give characters back. */
function matches(rule: Rule, target: string): boolean {
  const [first = "", ...rest] = rule.parts;
  if (!target.startsWith(first)) return false;
  if (rest.length === 0) return !rule.anchored || target.length === first.length;
  let at = first.length;
  for (let i = 0; i < rest.length; i++) {
    const part = rest[i] ?? "";
    if (i === rest.length - 1 && rule.anchored) return target.length - part.length >= at && target.endsWith(part);
    if (part === "") continue;
    const found = target.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}

interface Group {
  readonly agents: string[];
  readonly rules: Rule[];
  crawlDelay: number | undefined;
}

/** @param agent our product token, e.g. `TributaryBot`; compared without case */
export function parseRobots(text: string, agent: string): RobotsRules {
  const groups: Group[] = [];
  const sitemaps: string[] = [];
  let group: Group | null = null;
  let naming = false;
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const comment = raw.indexOf("#");
    const line = comment < 0 ? raw : raw.slice(0, comment);
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "user-agent" || name === "useragent") {
      if (!group || !naming) groups.push((group = { agents: [], rules: [], crawlDelay: undefined }));
      naming = true;
      group.agents.push(value.startsWith("*") ? "*" : (/^[A-Za-z_-]+/.exec(value)?.[0] ?? "").toLowerCase());
    } else if (name === "allow" || name === "disallow") {
      naming = false;
      const rule = group && compile(value, name === "allow");
      if (rule) group?.rules.push(rule);
    } else if (name === "crawl-delay") {
      const seconds = Number(value);
      if (group && value !== "" && Number.isFinite(seconds) && seconds >= 0) group.crawlDelay = seconds;
    } else if (name === "sitemap" && value !== "" && sitemaps.length < 100) sitemaps.push(value);
    // anything else is no part of a group and must not end one
  }
  const token = agent.toLowerCase();
  const named = groups.filter((candidate) => candidate.agents.includes(token));
  const chosen = named.length > 0 ? named : groups.filter((candidate) => candidate.agents.includes("*"));
  const rules = chosen
    .flatMap((candidate) => candidate.rules)
    .sort((a, b) => b.length - a.length || Number(b.allow) - Number(a.allow));
  const delays = chosen.flatMap((candidate) => (candidate.crawlDelay === undefined ? [] : [candidate.crawlDelay]));
  return {
    crawlDelay: delays.length > 0 ? Math.max(...delays) : undefined,
    sitemaps,
    allows: (target) => {
      const path = octets(target);
      if (path === "/robots.txt") return true;
      return rules.find((rule) => matches(rule, path))?.allow ?? true;
    },
  };
}
