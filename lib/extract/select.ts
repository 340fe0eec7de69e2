import { BlockFlag } from "./types.ts";
import type { Page } from "./types.ts";

/** One entry of Page.blocks, and what was decided about it. */
interface Piece {
  readonly start: number;
  readonly end: number;
  flags: number;
  readonly repeated: boolean;
  /** heading level, else 0 */
  readonly level: number;
  /** spaces in front of its text: how deep it stands in a list */
  readonly indent: number;
  kept: boolean;
}

/** A main element counts when it holds at least this share of the text that is not furniture. */
const MAIN_SHARE = 0.3;
/** Furniture by name is believed unless it leaves less than this share of the page's text. */
const CONTENT_SHARE = 0.1;
/** A repeated paragraph of this length is boilerplate wherever it stands. */
const BOILERPLATE = 160;
/** So many repeated blocks in a row are furniture wherever they stand. */
const REPEATED_RUN = 4;

/**
 * The content of a page: its blocks less navigation and other furniture, and less what the site repeats on its pages
 * (`isRepeated` by block hash, known to the crawler). Code, tables and headings inside the content stay; a heading
 * whose section was dropped goes with it.
 */
export function mainMarkdown(page: Pick<Page, "markdown" | "blocks">, isRepeated?: (hash: number) => boolean): string {
  const pieces = readPieces(page, isRepeated);
  acquit(pieces);
  dropFurniture(pieces);
  if (isRepeated !== undefined) dropRepeated(pieces);
  dropPagers(pieces, page.markdown);
  dropEmptyHeadings(pieces);
  restoreParents(pieces);
  return join(pieces, page.markdown);
}

/**
 * Furniture by name inside the main element is often none (a sidebar with an example, a boxed note): what is not mostly
 * links and says something stays.
 */
function acquit(pieces: Piece[]): void {
  const suspect = (piece: Piece | undefined) =>
    piece !== undefined && has(piece, BlockFlag.chrome) && has(piece, BlockFlag.main);
  for (let i = 0; i < pieces.length;) {
    let end = i;
    let text = 0;
    let all = 0;
    let solid = false;
    for (; suspect(pieces[end]); end++) {
      const piece = pieces[end];
      if (piece === undefined) break;
      const size = piece.end - piece.start;
      all += size;
      if (!has(piece, BlockFlag.links) && !piece.repeated) text += size;
      if (has(piece, BlockFlag.code)) solid = true;
    }
    if (solid || (text >= 200 && text > all / 2)) {
      for (const piece of pieces.slice(i, end)) piece.flags &= ~BlockFlag.chrome;
    }
    i = Math.max(end, i + 1);
  }
}

function readPieces(page: Pick<Page, "markdown" | "blocks">, isRepeated?: (hash: number) => boolean): Piece[] {
  const { markdown, blocks } = page;
  const pieces: Piece[] = [];
  for (let i = 0; i + 3 < blocks.length; i += 4) {
    const start = blocks[i] ?? 0;
    const end = blocks[i + 1] ?? 0;
    const hash = blocks[i + 2] ?? 0;
    const flags = blocks[i + 3] ?? 0;
    let text = start;
    while (text < end && markdown.charCodeAt(text) === 32) text++;
    let level = 0;
    if ((flags & BlockFlag.heading) !== 0) {
      const sharp = markdown.indexOf("#", start);
      while (markdown.charCodeAt(sharp + level) === 35) level++;
    }
    pieces.push({ start, end, flags, repeated: isRepeated?.(hash) === true, level, indent: text - start, kept: true });
  }
  return pieces;
}

const has = (piece: Piece, flag: number) => (piece.flags & flag) !== 0;

/** Length of a block's text; link lists count little, their Markdown is mostly addresses. */
function weight(piece: Piece): number {
  const length = piece.end - piece.start;
  return has(piece, BlockFlag.links) ? length / 4 : length;
}

/** Keeps the main element if it holds enough of the text, else everything that is not flagged as furniture. */
function dropFurniture(pieces: Piece[]): void {
  let all = 0;
  let content = 0;
  let main = 0;
  for (const piece of pieces) {
    const size = weight(piece);
    all += size;
    if (has(piece, BlockFlag.chrome)) continue;
    content += size;
    if (has(piece, BlockFlag.main)) main += size;
  }
  // Names that would leave (nearly) nothing describe something else.
  if (content < all * CONTENT_SHARE) return;
  const onlyMain = main >= content * MAIN_SHARE;
  let title: Piece | undefined;
  let hasTitle = false;
  for (const piece of pieces) {
    piece.kept = !has(piece, BlockFlag.chrome) && (!onlyMain || has(piece, BlockFlag.main));
    if (piece.level !== 1) continue;
    if (piece.kept) hasTitle = true;
    else if (!piece.repeated) title ??= piece;
  }
  if (!hasTitle && title !== undefined) title.kept = true;
}

/**
 * Repeated blocks go when they stand before or after all that is this page's own, in a long run, or are links or
 * boilerplate. A short one between own blocks ("Returns:", "Example") is the document's, as are code and tables.
 */
function dropRepeated(pieces: Piece[]): void {
  const kept = pieces.filter((piece) => piece.kept);
  const first = kept.findIndex((piece) => !piece.repeated);
  // All of it is repeated: a page found under two addresses, not furniture.
  if (first < 0) return;
  const last = kept.findLastIndex((piece) => !piece.repeated);
  for (let i = 0; i < kept.length;) {
    if (kept[i]?.repeated !== true) {
      i++;
      continue;
    }
    let end = i;
    while (kept[end]?.repeated === true) end++;
    const outside = i < first || i > last;
    const run = kept.slice(i, end);
    const long = run.filter((piece) => piece.level === 0).length >= REPEATED_RUN;
    // A part of the document with headings of its own, like the traits every type of a library has.
    const section = i > first && run.some((piece) => piece.level > 0 && has(piece, BlockFlag.main));
    for (const piece of run) {
      if (section || (piece.level > 0 && i > first)) continue;
      const solid = has(piece, BlockFlag.code) || (has(piece, BlockFlag.table) && !has(piece, BlockFlag.links));
      // One short link between own blocks is a footnote's number or a "source".
      const links = has(piece, BlockFlag.links) && !(run.length === 1 && has(piece, BlockFlag.main));
      const boilerplate = links || piece.end - piece.start >= BOILERPLATE;
      if (outside || (!solid && (long || boilerplate))) piece.kept = false;
    }
    i = end;
  }
}

const pagerWords =
  /^(?:prev(?:ious)?|next|up|home|top|back|index|contents?|table of contents|back to top|edit(?: this page)?|report (?:a )?bug|view (?:page )?source|show source|print|start|begin|end|first|last|parent|«|»|‹|›|<+|>+|→|←|↑|⇑|⇦|⇨)\b/i;

/** Links like "Prev | Up | Next" or a breadcrumb at the very start or end of the content. */
function dropPagers(pieces: Piece[], markdown: string): void {
  const kept = pieces.filter((piece) => piece.kept);
  const isPager = (piece: Piece | undefined) => {
    if (piece === undefined || !has(piece, BlockFlag.links) || piece.end - piece.start > 1200) return false;
    const raw = markdown.slice(piece.start, piece.end);
    const words = raw.replace(/\]\([^)]*\)|[[\]|*`\\]|<br>|---/g, " ").trim();
    // "Types | Functions | All members" above a page, but not a table.
    const bar = / \| \[/.test(raw) && !has(piece, BlockFlag.table);
    return bar || pagerWords.test(words) || /[»›→]|\s[>/]\s/.test(words);
  };
  let from = 0;
  while (from < 4 && isPager(kept[from])) from++;
  let to = kept.length;
  while (to > from && kept.length - to < 4 && isPager(kept[to - 1])) to--;
  if (from >= to) return;
  for (let i = 0; i < kept.length; i++) {
    const piece = kept[i];
    if (piece !== undefined && (i < from || i >= to)) piece.kept = false;
  }
}

/** A heading directly followed by dropped blocks, then by nothing of its own section. */
function dropEmptyHeadings(pieces: Piece[]): void {
  // From the end: the level of the heading that comes next among what is kept; 0 = the section has content.
  let next = 1;
  let dropped = false;
  for (let i = pieces.length - 1; i >= 0; i--) {
    const piece = pieces[i];
    if (piece === undefined) continue;
    if (!piece.kept) {
      dropped = true;
      continue;
    }
    if (piece.level > 1 && dropped && next > 0 && next <= piece.level) piece.kept = false;
    else {
      next = piece.level;
      dropped = false;
    }
  }
}

/** An item kept needs the items it is nested in. */
function restoreParents(pieces: Piece[]): void {
  let needed = 0;
  for (let i = pieces.length - 1; i >= 0; i--) {
    const piece = pieces[i];
    if (piece === undefined) continue;
    if (piece.indent < needed) {
      piece.kept = true;
      needed = piece.indent;
    } else if (piece.kept) needed = Math.max(needed, piece.indent);
  }
}

function join(pieces: Piece[], markdown: string): string {
  let out = "";
  let gap = "";
  let before = 0;
  for (const piece of pieces) {
    const own = markdown.slice(before, piece.start);
    before = piece.end;
    if (own.length > gap.length) gap = own;
    if (!piece.kept) continue;
    if (out !== "") out += gap;
    out += markdown.slice(piece.start, piece.end);
    gap = "";
  }
  return out.trim();
}
