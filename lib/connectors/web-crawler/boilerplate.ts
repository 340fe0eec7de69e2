import { mainMarkdown } from "#lib/extract/select.ts";
import type { Page } from "#lib/extract/types.ts";

/**
 * Drops what a site repeats on most of its pages: menus, banners, footers. Extraction marks what one page alone gives
 * away (nav, aside, main); this looks at many pages, which works on sites nobody wrote rules for.
 *
 * What is dropped has to be the same for every page of a run and in every later run, or an interrupted crawl would end
 * with other texts than an undisturbed one, and an unchanged site would be rewritten. So the set of repeated blocks is
 * learned once, from a sample that does not depend on timing, kept in the cursor, and only grows between runs, when
 * pages that changed show that the site has new furniture.
 */

/** What of a page is needed here. */
export type Blocks = Pick<Page, "markdown" | "blocks">;

/** Fewer pages than this prove nothing. */
const minPages = 4;
const maxHashes = 4_000;
/** how many distinct blocks are counted at most; those seen once go first */
const maxCounted = 200_000;
/** on this share of the sample a block is furniture */
const share = 0.4;
/** in a folder of the site: a clear majority of at least so many pages */
const sectionPages = 8;
const sectionShare = 0.7;
/** a set that is in use grows on more evidence */
const growPages = 24;
const growShare = 0.6;
/** folders of the site that are counted by themselves: a manual's footer is on all of its pages, not of the site's */
const maxSections = 1_000;

type Threshold = readonly [pages: number, share: number];

interface Tally {
  readonly index: number;
  pages: number;
}

export class Boilerplate {
  /** section × 2³² + hash → pages; section 0 is the whole site */
  readonly #counts = new Map<number, number>();
  readonly #site: Tally = { index: 0, pages: 0 };
  readonly #sections = new Map<string, Tally>();
  readonly #repeated: Set<number>;
  #settled: boolean;
  /** too few pages to learn anything: the next run tries again */
  #tooSmall = false;

  /** @param saved from save(); null begins without a set: pages have to wait until settle() made one */
  constructor(saved: string | null) {
    this.#settled = saved !== null;
    this.#repeated = new Set(saved === null ? [] : decode(saved));
  }

  get settled(): boolean {
    return this.#settled;
  }

  get size(): number {
    return this.#repeated.size;
  }

  /**
   * Counts a page's blocks, each once: the pages of the sample before settle(), and changed pages in later runs.
   * @param path the page's path: its folder is a section of the site
   */
  observe(page: Blocks, path: string): void {
    const hashes = new Set<number>();
    for (let i = 2; i < page.blocks.length; i += 4) hashes.add(page.blocks[i] ?? 0);
    const section = this.#section(path);
    for (const tally of section ? [this.#site, section] : [this.#site]) {
      tally.pages++;
      for (const hash of hashes) {
        const key = tally.index * 2 ** 32 + hash;
        this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      }
    }
    if (this.#counts.size > maxCounted)
      for (const [key, count] of this.#counts) if (count === 1) this.#counts.delete(key);
  }

  /** The first two folders of a path; undefined for pages at the top, or when there are too many to count. */
  #section(path: string): Tally | undefined {
    const folders = path.replace(/\?.*$/s, "").split("/").slice(1, -1);
    const name = folders.slice(0, 2).join("/");
    if (name === "") return undefined;
    let tally = this.#sections.get(name);
    if (!tally && this.#sections.size < maxSections) {
      tally = { index: this.#sections.size + 1, pages: 0 };
      this.#sections.set(name, tally);
    }
    return tally;
  }

  /** The sample is complete: from now on clean() drops what most of its pages share. Begins to count anew. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#tooSmall = this.#site.pages < minPages;
    for (const hash of this.#frequent([minPages, share], [sectionPages, sectionShare])) this.#add(this.#repeated, hash);
    this.#counts.clear();
    this.#sections.clear();
    this.#site.pages = 0;
  }

  /** Hashes that are on enough pages of the site, or of one of its folders; the most frequent first. */
  #frequent(site: Threshold, section: Threshold): number[] {
    const pages = [this.#site.pages];
    for (const { index, pages: count } of this.#sections.values()) pages[index] = count;
    const found = new Map<number, number>();
    for (const [key, count] of this.#counts) {
      const index = Math.floor(key / 2 ** 32);
      const total = pages[index] ?? 0;
      const [least, portion] = index === 0 ? site : section;
      if (total < least || count < Math.max(3, Math.ceil(total * portion))) continue;
      const hash = key - index * 2 ** 32;
      found.set(hash, Math.max(found.get(hash) ?? 0, count));
    }
    return [...found].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([hash]) => hash);
  }

  #add(set: Set<number>, hash: number): void {
    if (set.size < maxHashes) set.add(hash);
  }

  /** The page's text without what the site repeats. Never empty if the page has text. */
  clean(page: Blocks): string {
    const markdown = mainMarkdown(page, (hash) => this.#repeated.has(hash));
    return markdown === "" ? page.markdown : markdown;
  }

  /** The set this run works with, for the cursor: at most 4,000 hashes. null if there was nothing to learn from. */
  save(): string | null {
    return this.#settled && !this.#tooSmall ? encode([...this.#repeated]) : null;
  }

  /** The set for the next run: grown if the pages observed since settle() share something new, else undefined. */
  grown(): string | undefined {
    const next = new Set(this.#repeated);
    for (const hash of this.#frequent([growPages, growShare], [growPages, growShare])) this.#add(next, hash);
    return next.size > this.#repeated.size ? encode([...next]) : undefined;
  }
}

function encode(hashes: readonly number[]): string {
  return Buffer.from(Uint32Array.from(hashes).buffer).toString("base64");
}

function decode(text: string): number[] {
  const bytes = Buffer.from(text, "base64");
  const hashes: number[] = [];
  for (let at = 0; at + 4 <= bytes.length && hashes.length < maxHashes; at += 4) hashes.push(bytes.readUInt32LE(at));
  return hashes;
}
