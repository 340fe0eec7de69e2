import { createHash } from "node:crypto";
import type { SkipReason } from "../types.ts";
import type { Frontier } from "./frontier.ts";
import type { PathFilter } from "./path-filter.ts";
import type { RobotsRules } from "./robots.ts";
import type { Site } from "./site.ts";
import { createTrapDetector, otherType, type Trap, type TrapDetector } from "./traps.ts";

/** Items of one kind that are listed one by one; more are only counted. */
const listedPerReason = 200;
/** Addresses as written whose decision is remembered, so that a menu of 300 links costs nothing on the second page. */
const remembered = 200_000;

export interface Finding {
  readonly depth: number;
  readonly hops: number;
  readonly modified?: number;
}

/** Decides which addresses become pages to fetch, and keeps count of those that do not. */
export class Admission {
  readonly #site: Site;
  readonly #robots: RobotsRules;
  readonly #filter: PathFilter;
  readonly #frontier: Frontier;
  readonly #maxDepth: number;
  readonly #traps: TrapDetector;
  readonly #report: (id: string, reason: SkipReason, detail: string) => void;
  readonly #known = new Set<string>();
  readonly #types = new Map<string, number>();
  readonly #trapped = new Map<Trap, { count: number; example: string }>();
  /** links of the deepest pages; near enough after all when another page names them too */
  readonly #tooDeep = new Set<string>();
  #filtered = 0;
  #forbidden = 0;

  constructor(
    site: Site,
    robots: RobotsRules,
    filter: PathFilter,
    frontier: Frontier,
    options: { readonly maxDepth: number; readonly now: Date },
    report: (id: string, reason: SkipReason, detail: string) => void,
  ) {
    this.#site = site;
    this.#robots = robots;
    this.#filter = filter;
    this.#frontier = frontier;
    this.#maxDepth = options.maxDepth;
    this.#report = report;
    this.#traps = createTrapDetector(site.origin, options.now);
  }

  /** Why the configuration or robots.txt keep this page out, or null. */
  forbids(key: string, address: string): { readonly reason: SkipReason; readonly detail: string } | null {
    const path = key.slice(this.#site.origin.length);
    if (key !== this.#site.key(this.#site.start) && !this.#filter.allows(path))
      return { reason: "filtered", detail: "Left out by includePaths or excludePaths." };
    const url = new URL(address);
    if (!this.#robots.allows(url.pathname + url.search))
      return { reason: "robots", detail: "robots.txt forbids fetching it." };
    return null;
  }

  /** True if the start page is only there to follow its links. */
  onlyFollowed(key: string): boolean {
    return !this.#filter.allows(key.slice(this.#site.origin.length));
  }

  /** An absolute address from a page's links. @returns true if it is a page nobody named before */
  admitLink(reference: string, finding: Finding): boolean {
    if (finding.depth > this.#maxDepth) {
      if (this.#tooDeep.size < remembered) this.#tooDeep.add(reference);
      return false;
    }
    if (this.#known.has(reference)) return false;
    if (this.#known.size < remembered) this.#known.add(reference);
    const url = this.#site.resolve(reference);
    return url !== null && this.admit(url, finding);
  }

  /** @param url on this site */
  admit(url: URL, finding: Finding): boolean {
    if (finding.depth > this.#maxDepth) return false;
    const key = this.#site.key(url);
    const address = this.#site.address(url);
    if (this.#frontier.has(key)) {
      // the sitemap may know a date for a page that was linked before
      if (finding.modified !== undefined) this.#frontier.add({ key, address, ...finding });
      return false;
    }
    const type = otherType(key);
    if (type) {
      this.#frontier.close(key);
      const count = (this.#types.get(type) ?? 0) + 1;
      this.#types.set(type, count);
      if (count === 1 && key.length <= 2048)
        this.#report(key, "unsupported_type", `It is a ${type} file; more of them are counted, not listed.`);
      return false;
    }
    const forbidden = this.forbids(key, address);
    if (forbidden) {
      this.#frontier.close(key);
      const count = forbidden.reason === "robots" ? ++this.#forbidden : ++this.#filtered;
      if (forbidden.reason === "robots" && count <= listedPerReason && key.length <= 2048)
        this.#report(key, forbidden.reason, forbidden.detail);
      return false;
    }
    const trap = this.#traps.check(key);
    if (trap) {
      this.#frontier.close(key);
      const group = this.#trapped.get(trap) ?? { count: 0, example: key };
      this.#trapped.set(trap, { ...group, count: group.count + 1 });
      if (trap === "long" && group.count < 20)
        this.#report(shortId(key), "id_too_long", `The address has ${key.length} bytes; at most 2,048 are taken.`);
      return false;
    }
    return this.#frontier.add({
      key,
      address,
      depth: finding.depth,
      hops: finding.hops,
      ...(finding.modified === undefined ? {} : { modified: finding.modified }),
    });
  }

  /** For the run page: what was left out, with numbers. */
  notes(): string[] {
    const notes: string[] = [];
    const types = [...this.#types].sort((a, b) => b[1] - a[1]).slice(0, 8);
    if (types.length > 0) {
      const list = types.map(([type, count]) => `${count} ${type}`).join(", ");
      notes.push(`Linked files that are no HTML pages were left out: ${list}.`);
    }
    const deep = new Set<string>();
    for (const reference of this.#tooDeep) {
      const url = this.#known.has(reference) ? null : this.#site.resolve(reference);
      const key = url && this.#site.key(url);
      if (key && !this.#frontier.has(key) && !otherType(key) && !this.forbids(key, key)) deep.add(key);
    }
    if (deep.size > 0)
      notes.push(`${deep.size} linked addresses are deeper than ${this.#maxDepth}; raise crawlDepth to include them.`);
    if (this.#filtered > 0) notes.push(`${this.#filtered} addresses were left out by includePaths or excludePaths.`);
    if (this.#forbidden > listedPerReason)
      notes.push(`robots.txt forbids ${this.#forbidden} linked addresses; the first ${listedPerReason} are listed.`);
    const words: Record<Trap, string> = {
      long: "are longer than 2,048 bytes",
      repeating: "repeat themselves without end",
      future: "are calendar pages more than a year ahead",
      crowded: "differ only in numbers or in their query, thousands of times",
    };
    for (const [trap, { count, example }] of this.#trapped)
      notes.push(`${count} addresses that ${words[trap]} were left out, e.g. ${example.slice(0, 200)}`);
    if (this.#frontier.dropped > 0)
      notes.push(`The site names more addresses than one crawl keeps; ${this.#frontier.dropped} wait for a later run.`);
    return notes;
  }
}

/** An id that fits, for an address that does not. */
function shortId(key: string): string {
  return `${key.slice(0, 1900)}#${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}
