/** A page waiting to be asked for. */
export interface Entry {
  readonly key: string;
  /** as written */
  readonly address: string;
  readonly depth: number;
  /** redirects and canonical links that led here in a row */
  readonly hops: number;
  /** from the sitemap, ms since 1970; a hint for the document's date only */
  readonly modified?: number;
  /** known from an earlier run and asked for directly because nothing links to it any more */
  readonly orphan?: true;
}

/**
 * Breadth first: all pages of one depth are begun before any of the next, and none is handed out twice. Memory is bounded
 * by `max` entries whatever the site links to.
 */
export class Frontier {
  readonly #seen = new Set<string>();
  readonly #levels: Entry[][] = [];
  readonly #max: number;
  #waiting = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** false if it was there before, or there is no room */
  add(entry: Entry): boolean {
    if (this.#seen.has(entry.key)) return false;
    if (this.#seen.size >= this.#max) {
      this.#dropped++;
      return false;
    }
    this.#seen.add(entry.key);
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
    if (this.#seen.size < this.#max) this.#seen.add(key);
  }

  /** Up to `count` entries of the lowest waiting depth. */
  take(count: number): Entry[] {
    for (const level of this.#levels) {
      if (!level || level.length === 0) continue;
      const taken = level.splice(0, count);
      this.#waiting -= taken.length;
      return taken;
    }
    return [];
  }

  /** the lowest depth that has entries waiting */
  get depth(): number | null {
    const depth = this.#levels.findIndex((level) => level !== undefined && level.length > 0);
    return depth < 0 ? null : depth;
  }

  /** Everything still waiting, in order; the frontier keeps it. */
  *waiting(): Generator<Entry> {
    for (const level of this.#levels) if (level) yield* level;
  }

  get size(): number {
    return this.#waiting;
  }

  /** distinct addresses that found no room */
  get dropped(): number {
    return this.#dropped;
  }
}
