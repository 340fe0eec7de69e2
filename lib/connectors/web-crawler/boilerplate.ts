import { BlockFlag } from "#lib/extract/types.ts";

/**
 * Drops what a site repeats on most of its pages: menus, banners, footers. Extraction marks what one page alone gives
 * away (nav, aside, main); this looks at many pages, which works on sites nobody wrote rules for.
 *
 * The set of repeated blocks is kept in the cursor and only ever grows, so that a page read again gives the same text
 * and an unchanged site is not rewritten.
 */

/** Blocks of one page: four numbers each (see Page.blocks). */
export interface Blocks {
  readonly markdown: string;
  readonly blocks: Uint32Array;
}

/** Fewer pages than this prove nothing. */
export const minPages = 4;
const maxHashes = 2_000;
/** how many distinct blocks are counted at most; those seen once go first */
const maxCounted = 150_000;
const share = 0.4;
/** growing a set that is in use changes documents: it takes more pages and a clear majority */
const growPages = 24;
const growShare = 0.6;

export class Boilerplate {
  readonly #counts = new Map<number, number>();
  readonly #repeated: Set<number>;
  #pages = 0;
  #settled: boolean;

  /** @param saved from save(); null starts with an empty set that the first call of settle() fills */
  constructor(saved: string | null) {
    this.#settled = saved !== null;
    this.#repeated = new Set(saved === null ? [] : decode(saved));
  }

  /** false until the first sample was weighed: pages should wait for it */
  get settled(): boolean {
    return this.#settled;
  }

  get size(): number {
    return this.#repeated.size;
  }

  /** Counts a page's blocks, each once. */
  observe(page: Blocks): void {
    this.#pages++;
    const seen = new Set<number>();
    for (let i = 2; i < page.blocks.length; i += 4) seen.add(page.blocks[i] ?? 0);
    for (const hash of seen) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    if (this.#counts.size > maxCounted)
      for (const [hash, count] of this.#counts) if (count === 1) this.#counts.delete(hash);
    if (this.#settled && this.#pages >= growPages && this.#pages % 16 === 0) this.#take(growShare);
  }

  /** Weighs the sample: from now on clean() drops what most of its pages share. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#pages >= minPages) this.#take(share);
  }

  #take(portion: number): void {
    const needed = Math.max(3, Math.ceil(this.#pages * portion));
    for (const [hash, count] of this.#counts) {
      if (count < needed) continue;
      if (this.#repeated.size >= maxHashes) return;
      this.#repeated.add(hash);
    }
  }

  /** The page's text without what the site repeats. Never empty if the page has text. */
  clean(page: Blocks): string {
    return cleanBlocks(page, this.#repeated);
  }

  /** A page that came before a block was found to repeat, and holds it, would read differently now. */
  save(): string {
    return encode([...this.#repeated]);
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

interface Block {
  readonly text: string;
  readonly flags: number;
  readonly repeated: boolean;
}

const has = (block: Block, flag: number): boolean => (block.flags & flag) !== 0;

function list(page: Blocks, repeated: ReadonlySet<number>): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i + 3 < page.blocks.length; i += 4) {
    blocks.push({
      text: page.markdown.slice(page.blocks[i], page.blocks[i + 1]),
      repeated: repeated.has(page.blocks[i + 2] ?? 0),
      flags: page.blocks[i + 3] ?? 0,
    });
  }
  return blocks;
}

const length = (blocks: readonly Block[]): number => blocks.reduce((sum, block) => sum + block.text.length, 0);
const level = (block: Block): number => /^#{1,6}/.exec(block.text)?.[0].length ?? 7;

/** The part that is about the page: <main> or <article> if it holds enough, else everything but menus. */
function region(blocks: readonly Block[]): readonly Block[] {
  const body = blocks.filter((block) => !has(block, BlockFlag.chrome));
  const main = body.filter((block) => has(block, BlockFlag.main));
  const bodyLength = length(body);
  if (length(main) >= Math.max(200, bodyLength * 0.3)) return main;
  // a page whose whole text sits in something named like a menu is no menu
  return bodyLength >= Math.max(80, length(blocks) * 0.1) ? body : blocks;
}

const pager = /\b(?:prev(?:ious)?|next|up|back|top|home|contents|index)\b|[«»←→‹›]/i;

/** "Previous: … Next: …": differs on every page, so counting does not find it. */
function isPager(block: Block): boolean {
  if (!has(block, BlockFlag.links) || block.text.length > 600) return false;
  const labels = block.text.replace(/\]\([^)]*\)/g, "] ");
  return labels.length <= 200 && (labels.match(new RegExp(pager, "gi"))?.length ?? 0) >= 2;
}

function cleanBlocks(page: Blocks, repeated: ReadonlySet<number>): string {
  const blocks = region(list(page, repeated));
  const keep = blocks.map(() => true);
  const drop = (i: number): void => {
    keep[i] = false;
  };

  // from both ends: whatever repeats there frames the page
  let top = 0;
  for (; top < blocks.length; top++) {
    const block = blocks[top];
    if (!block || !(block.repeated || isPager(block))) break;
    drop(top);
  }
  for (let i = blocks.length - 1; i > top; i--) {
    const block = blocks[i];
    if (!block || !(block.repeated || isPager(block))) break;
    drop(i);
  }
  // in between: headings, code and tables that recur ("Synopsis", a usage line) belong to the page
  for (let i = top; i < blocks.length; i++) {
    const block = blocks[i];
    if (!block?.repeated) continue;
    if (has(block, BlockFlag.links)) drop(i);
    else if (!has(block, BlockFlag.heading | BlockFlag.code | BlockFlag.table) && block.text.length >= 25) drop(i);
  }
  // a repeated heading goes with the last thing under it
  for (let i = blocks.length - 1; i >= 0; i--) {
    const block = blocks[i];
    if (!block || !keep[i] || !block.repeated || !has(block, BlockFlag.heading)) continue;
    let next = i + 1;
    while (next < blocks.length && !keep[next]) next++;
    const under = blocks[next];
    const lost = next > i + 1;
    if (lost && (!under || (has(under, BlockFlag.heading) && level(under) <= level(block)))) drop(i);
  }

  const kept = blocks.filter((_, i) => keep[i]);
  const chosen = kept.length > 0 ? kept : blocks;
  return chosen.map((block) => block.text).join("\n\n");
}
