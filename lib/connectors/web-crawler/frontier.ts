import { createHash } from "node:crypto";

/** A page waiting to be asked for. */
export interface Entry {
  readonly key: string;
  /** as written */
  readonly address: string;
  readonly depth: number;
  /** redirects and canonical links that led here in a row */
  readonly hops: number;
  /** from the sitemap, ms since 1970; a hint for the document's date only */
  modified?: number;
  /** known from an earlier run and asked for directly because nothing links to it any more */
  readonly orphan?: true;
}

/**
 * Breadth first: all pages of one depth are begun before any of the next, and none is handed out twice. Memory is bounded
 * by `max` entries whatever the site links to.
 *
 * The order does not depend on which page happened to answer first: the pages the start page names come as it names them,
 * those of each deeper level in an order of their own addresses that mixes all parts of the site.
 */
export class Frontier {
  /** null: decided, never handed out */
  readonly #seen = new Map<string, Entry | null>();
  readonly #levels: Entry[][] = [];
  readonly #mixed = new Set<number>();
  readonly #max: number;
  #waiting = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** false if it was there before, or there is no room */
  add(entry: Entry): boolean {
    const before = this.#seen.get(entry.key);
    if (before !== undefined) {
      if (before && before.modified === undefined && entry.modified !== undefined) before.modified = entry.modified;
      return false;
    }
    if (this.#seen.size >= this.#max) {
      this.#dropped++;
      return false;
    }
    this.#seen.set(entry.key, entry);
    const level = (this.#levels[entry.depth] ??= []);
    level.push(entry);
    this.#waiting++;
    return true;
  }

  has(key: string): boolean {
    return this.#seen.has(key);
  }

  /** Decided without being asked for; never handed out. */
  close(key: string): void {
    if (this.#seen.size < this.#max) this.#seen.set(key, null);
  }

  /** Up to `count` entries of the lowest waiting depth. */
  take(count: number): Entry[] {
    const depth = this.depth;
    const level = depth === null ? undefined : this.#levels[depth];
    if (depth === null || !level) return [];
    if (depth > 1 && !this.#mixed.has(depth)) {
      this.#mixed.add(depth);
      mix(level);
    }
    const taken = level.splice(0, count);
    this.#waiting -= taken.length;
    return taken;
  }

  /** the lowest depth that has entries waiting */
  get depth(): number | null {
    const depth = this.#levels.findIndex((level) => level !== undefined && level.length > 0);
    return depth < 0 ? null : depth;
  }

  get size(): number {
    return this.#waiting;
  }

  /** distinct addresses that found no room */
  get dropped(): number {
    return this.#dropped;
  }
}

function mix(level: Entry[]): void {
  const order = new Map(level.map(({ key }) => [key, createHash("md5").update(key).digest("hex")]));
  const of = (entry: Entry): string => order.get(entry.key) ?? "";
  level.sort((a, b) => (of(a) < of(b) ? -1 : 1));
}
