import { cutPoint } from "./cut.ts";
import { commonPath, headingText, type Path } from "./heading-path.ts";
import { readMarkdown, type MarkdownVisitor, type UnitKind } from "./markdown-lines.ts";

/** A passage of a document, as it is found and shown. */
export interface TextChunk {
  /** offsets into the text in UTF-16 code units: `text === markdown.slice(start, end)` */
  readonly start: number;
  readonly end: number;
  /** the headings it is under, outermost first, joined by " › "; further parts of a table also name its columns */
  readonly heading: string;
  readonly text: string;
}

/** What a token is taken to be: models differ, and counting theirs would make chunks depend on the model. */
export const charactersPerToken = 4;
/** A text that would give more is cut into larger ones: all of it stays findable. */
const chunksMax = 100_000;
const indentMax = 64;
const newline = 10;

/**
 * Cuts Markdown into passages of at most `tokens` × 4 characters that make sense by themselves: along headings,
 * paragraphs, list items and table rows; inside a paragraph at sentences and inside code at lines only where one alone is
 * too long. Passages are in order and do not overlap; only blanks are left out between them. Takes time in proportion to
 * the text.
 */
export function chunkText(markdown: string, { tokens }: { readonly tokens: number }): readonly TextChunk[] {
  const wanted = Math.max(64, Math.floor(tokens)) * charactersPerToken;
  const packer = new Packer(markdown, Math.max(wanted, Math.ceil((markdown.length * 4) / chunksMax)));
  readMarkdown(markdown, packer);
  packer.flush();
  return packer.passages.map(({ start, end, path }) => ({
    start,
    end,
    heading: headingText(markdown, path),
    text: markdown.slice(start, end),
  }));
}

interface Passage {
  readonly start: number;
  readonly end: number;
  readonly path: Path | null;
}

/** Fills passages with what belongs together, as long as there is room. */
class Packer implements MarkdownVisitor {
  readonly passages: Passage[] = [];
  readonly #text: string;
  readonly #limit: number;
  /** less than this is joined to a neighbour */
  readonly #tiny: number;
  #section: Path | null = null;
  #columns: Path | null = null;
  #start = -1;
  #end = -1;
  #path: Path | null = null;
  /** nothing but headings so far */
  #bare = false;
  /** where the last paragraph, list, table or block began: the better place to cut at */
  #block = -1;

  constructor(text: string, limit: number) {
    this.#text = text;
    this.#limit = limit;
    this.#tiny = limit / 4;
  }

  heading(start: number, end: number, level: number, from: number, to: number): void {
    let parent = this.#section;
    while (parent && parent.level >= level) parent = parent.parent;
    this.#section = { level, from, to, parent, depth: (parent?.depth ?? 0) + 1 };
    if (this.#bare && end - this.#start <= this.#limit) {
      // Headings one after the other go with what is below the last of them.
      this.#end = end;
      this.#path = isAbove(this.#path, this.#section) ? this.#section : commonPath(this.#path, this.#section);
      return;
    }
    this.flush();
    this.#begin(start, end, this.#section);
    this.#bare = true;
    if (end - start > this.#limit) this.#cut("text");
  }

  table(start: number, end: number): void {
    const parent = this.#section;
    this.#columns = { level: 7, from: start, to: end, parent, depth: (parent?.depth ?? 0) + 1 };
  }

  unit(start: number, end: number, kind: UnitKind, opens: boolean): void {
    const path = kind === "row" && !opens ? this.#columns : this.#section;
    if (this.#start < 0) this.#begin(start, end, path);
    else if (end - this.#start <= this.#limit) {
      this.#end = end;
      this.#bare = false;
      if (opens) this.#block = start;
    } else if (!opens && this.#worthCutting() && end - this.#block <= this.#limit) {
      // The list or table began here: it stays in one piece.
      const block = this.#block;
      this.#emit(this.#start, block);
      this.#begin(block, end, this.#section);
    } else if (this.#end - this.#start < this.#tiny && (kind === "text" || end - start > this.#limit)) {
      // A heading, or hardly more: the beginning of what follows goes with it.
      this.#end = end;
      this.#bare = false;
    } else {
      this.flush();
      this.#begin(start, end, path);
    }
    if (this.#end - this.#start > this.#limit) this.#cut(kind);
  }

  /** Ends the passage that is being filled. */
  flush(): void {
    if (this.#start >= 0) this.#emit(this.#start, this.#end);
    this.#start = -1;
    this.#block = -1;
    this.#bare = false;
  }

  #worthCutting(): boolean {
    return this.#block > this.#start && this.#block - this.#start >= this.#limit / 2;
  }

  #begin(start: number, end: number, path: Path | null): void {
    this.#start = start;
    this.#end = end;
    this.#path = path;
    this.#bare = false;
    this.#block = start;
  }

  #cut(kind: UnitKind): void {
    const text = this.#text;
    while (this.#end - this.#start > this.#limit) {
      const left = this.#end - this.#start;
      // The last two share what is left, so that no scrap remains.
      const most = left < this.#limit * 1.25 ? Math.ceil(left * 0.6) : this.#limit;
      const at = cutPoint(text, this.#start + Math.floor(most / 2), this.#start + most, kind === "code");
      this.#emit(this.#start, at);
      this.#begin(
        kind === "code" ? at : skipBlanks(text, at, this.#end),
        this.#end,
        kind === "row" ? this.#columns : this.#section,
      );
    }
    if (this.#start >= this.#end) this.#start = -1;
  }

  #emit(from: number, to: number): void {
    const text = this.#text;
    let end = to;
    while (end > from && isBlankAt(text, end - 1)) end--;
    let start = skipBlanks(text, from, end);
    if (start >= end) return;
    // What is indented stays so.
    const least = Math.max(from, start - indentMax);
    let line = start;
    while (line > least && text.charCodeAt(line - 1) !== newline) line--;
    if (line === from || text.charCodeAt(line - 1) === newline) start = line;

    const last = this.passages.at(-1);
    const tiny = this.#tiny;
    if (last && end - last.start <= this.#limit && (last.end - last.start < tiny || end - start < tiny)) {
      // A line or two that lead to it do not take its heading away.
      const leads = last.end - last.start < Math.min(tiny, end - start) && isAbove(last.path, this.#path);
      const path = leads ? this.#path : commonPath(last.path, this.#path);
      this.passages[this.passages.length - 1] = { start: last.start, end, path };
    } else this.passages.push({ start, end, path: this.#path });
  }
}

const isBlankAt = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff;
};

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isBlankAt(text, at)) at++;
  return at;
}

const isAbove = (upper: Path | null, lower: Path | null): boolean => commonPath(upper, lower) === upper;
