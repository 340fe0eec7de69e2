import { GONE, PLAIN, SPACE, SPECIAL, classOf, classes, isAlphanumeric, mustEscape } from "./characters.ts";
import { decodeText, entityAt, entityTail } from "./entities.ts";
import { codeSpan, destination } from "./spans.ts";

/** What a finished run of inline content is worth to those who judge blocks. */
export interface InlineResult {
  readonly markdown: string;
  /** visible characters without white space */
  readonly chars: number;
  /** those of them inside links */
  readonly linkChars: number;
  /** 32-bit FNV-1a of the visible characters without white space: link targets and markup do not count */
  readonly hash: number;
}

export type MarkKind = "strong" | "emphasis" | "strike" | "superscript" | "quotation" | "link";

interface Mark {
  readonly kind: MarkKind;
  readonly open: string;
  readonly close: string;
  emitted: boolean;
}

const delimiters: Readonly<Record<Exclude<MarkKind, "link">, readonly [string, string]>> = {
  strong: ["**", "**"],
  emphasis: ["*", "*"],
  strike: ["~~", "~~"],
  superscript: ["^", ""],
  quotation: ["“", "”"],
};

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** Hash of visible text, comparable with the ones built while reading. */
export function hashText(text: string, seed = FNV_OFFSET): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (classOf(c) !== SPACE) hash = Math.imul(hash ^ c, FNV_PRIME);
  }
  return hash;
}

/** Characters a block's buffer may hold before it is put aside. */
const MAX_BUFFER = 65_536;

/** What a link that only points at its own heading shows. */
const anchorSigns = new Set(["¶", "#", "§", "🔗", "⚓", "∞", "\uf0c1", "link", "permalink"]);

/**
 * Builds the Markdown of one block's inline content. Opening delimiters wait for the first visible character, so
 * nothing empty is written and white space ends up outside of them; characters that would be read as Markdown or
 * HTML are escaped, no others.
 */
export class Inline {
  private buffer = "";
  /** what came before the buffer, when a block is very long */
  private readonly spilt: string[] = [];
  private chars = 0;
  private linkChars = 0;
  private hash = FNV_OFFSET;
  private space = false;
  private lineBreak = false;
  private last = 32;
  private readonly marks: Mark[] = [];
  private unopened = 0;
  private code = "";
  private codeDepth = 0;
  private codeLeft = false;
  private inLink = false;
  private linkIsLocal = false;
  private linkStart = 0;
  private muted = false;

  /** Nothing visible yet. */
  get empty(): boolean {
    return this.blank && this.code === "";
  }

  get breakPending(): boolean {
    return this.lineBreak;
  }

  text(source: string, start: number, end: number): void {
    if (this.linkIsLocal && end - start <= 12 && this.isAnchorSign(source, start, end)) return;
    if (this.codeDepth > 0) {
      this.codeText(decodeText(source, start, end));
      return;
    }
    let run = -1;
    let hash = this.hash;
    let count = 0;
    for (let i = start; i < end; i++) {
      const c = source.charCodeAt(i);
      const kind = c < 128 ? classes[c] : classOf(c);
      if (kind === PLAIN) {
        if (run < 0) {
          this.visible();
          run = i;
        }
        hash = Math.imul(hash ^ c, FNV_PRIME);
        count++;
      } else if (kind === SPACE) {
        if (run >= 0) {
          // The usual single space between words stays in the run.
          if (c === 32 && i + 1 < end && classes[source.charCodeAt(i + 1)] === PLAIN) continue;
          this.buffer += source.slice(run, i);
          this.last = source.charCodeAt(i - 1);
          run = -1;
        }
        this.space = true;
      } else {
        const before = i > start ? source.charCodeAt(i - 1) : this.space ? 32 : this.last;
        const after = i + 1 < end ? source.charCodeAt(i + 1) : 32;
        // A bare "&" starts no entity and is plain.
        if (kind === SPECIAL && (c !== 38 || !(isAlphanumeric(after) || after === 35))) {
          if (run < 0) this.visible();
          if (mustEscape(c, before, after, this.inLink)) {
            if (run >= 0) this.buffer += source.slice(run, i);
            if (this.buffer.length > MAX_BUFFER) this.spill();
            this.buffer += "\\";
            run = i;
          } else if (run < 0) run = i;
          hash = Math.imul(hash ^ c, FNV_PRIME);
          count++;
          continue;
        }
        if (run >= 0) {
          this.buffer += source.slice(run, i);
          this.last = source.charCodeAt(i - 1);
          run = -1;
        }
        if (kind === GONE) continue;
        const { text, length } = entityAt(source, i);
        this.chars += count;
        this.hash = hash;
        count = 0;
        this.decodedText(text, source, i + length);
        hash = this.hash;
        i += length - 1;
      }
    }
    if (run >= 0) {
      this.buffer += source.slice(run, end);
      this.last = source.charCodeAt(end - 1);
    }
    this.hash = hash;
    this.chars += count;
  }

  open(kind: Exclude<MarkKind, "link">): void {
    const nested = this.codeDepth > 0 || this.marks.some((mark) => mark.kind === kind);
    const [open, close] = nested ? ["", ""] : delimiters[kind];
    this.push({ kind, open, close, emitted: nested });
  }

  /** Headings are strong already: while true, strong marks write nothing. */
  set strongMuted(muted: boolean) {
    this.muted = muted;
    this.recount();
  }

  /** `local`: the link points into its own page. */
  openLink(url: string, local: boolean): void {
    this.close("link");
    this.push({ kind: "link", open: "[", close: `](${destination(url)})`, emitted: false });
    this.inLink = true;
    this.linkIsLocal = local;
    this.linkStart = this.chars;
  }

  close(kind: MarkKind): void {
    const k = this.marks.findLastIndex((mark) => mark.kind === kind);
    if (k < 0) return;
    this.unwind(k);
    this.marks.splice(k, 1);
    this.recount();
    if (kind === "link") {
      this.linkChars += this.chars - this.linkStart;
      this.inLink = this.linkIsLocal = false;
    }
  }

  openCode(): void {
    this.codeDepth++;
  }

  closeCode(): void {
    if (this.codeDepth > 0 && --this.codeDepth === 0) this.codeLeft = true;
  }

  image(alt: string, url: string): void {
    this.visible();
    const text = alt
      .replace(/\s+/g, " ")
      .trim()
      .replace(/[\\[\]`*_<]/g, "\\$&");
    this.buffer += `![${text}](${destination(url)})`;
    this.hash = hashText(text, this.hash);
    this.last = 41;
  }

  /** Text that is not from the source, e.g. a check box; written as it is. */
  literal(text: string): void {
    this.visible();
    this.buffer += text;
    this.last = text.charCodeAt(text.length - 1);
    this.hash = hashText(text, this.hash);
    this.chars += text.length;
  }

  breakLine(): void {
    if (!this.empty) this.lineBreak = true;
  }

  addSpace(): void {
    this.space = true;
  }

  /** Ends the block; marks still open go on in the next one. */
  finish(): InlineResult {
    this.unwind(0);
    this.recount();
    if (this.inLink) this.linkChars += this.chars - this.linkStart;
    const markdown = this.spilt.length === 0 ? this.buffer : this.spilt.splice(0).join("") + this.buffer;
    const result = { markdown, chars: this.chars, linkChars: this.linkChars, hash: this.hash };
    this.buffer = "";
    this.chars = this.linkChars = this.linkStart = 0;
    this.hash = FNV_OFFSET;
    this.space = this.lineBreak = false;
    this.last = 32;
    return result;
  }

  /** Forgets white space and line breaks that nothing came before. */
  reset(): void {
    this.space = this.lineBreak = false;
    this.last = 32;
  }

  private push(mark: Mark): void {
    this.marks.push(mark);
    if (!mark.emitted) this.unopened++;
  }

  private recount(): void {
    this.unopened = 0;
    for (const mark of this.marks) if (!mark.emitted) this.unopened++;
  }

  /** Closes what is written of the marks from `k` up; they reopen with the next visible character. */
  private unwind(k: number): void {
    this.flushCode();
    for (let i = this.marks.length - 1; i >= k; i--) {
      const mark = this.marks[i];
      if (mark === undefined || !mark.emitted) continue;
      this.buffer += mark.close;
      if (mark.open !== "") mark.emitted = false;
      if (mark.close !== "") this.last = 41;
    }
  }

  private get blank(): boolean {
    return this.buffer === "" && this.spilt.length === 0;
  }

  /** Called before anything visible is written. */
  private visible(): void {
    if (this.code !== "") this.flushCode();
    if (this.buffer.length > MAX_BUFFER) this.spill();
    if (this.lineBreak) {
      this.lineBreak = false;
      if (!this.blank) this.buffer += "  \n";
      this.last = 32;
    } else if (this.space && !this.blank) {
      this.buffer += " ";
      this.last = 32;
    }
    this.space = false;
    if (this.unopened > 0) {
      for (let i = 0; i < this.marks.length; i++) {
        const mark = this.marks[i];
        if (mark === undefined || mark.emitted || (this.muted && mark.kind === "strong")) continue;
        mark.emitted = true;
        // x^2, but neither " ^th" nor a caret before a footnote's link.
        if (mark.kind === "superscript" && (!isAlphanumeric(this.last) || this.marks[i + 1] !== undefined)) continue;
        this.buffer += mark.open;
      }
      this.unopened = 0;
    }
  }

  /** Strings built of millions of pieces take many times their length until something reads them as a whole. */
  private spill(): void {
    this.spilt.push(Buffer.from(this.buffer, "utf16le").toString("utf16le"));
    this.buffer = "";
  }

  private decodedText(text: string, source: string, after: number): void {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      const kind = classOf(c);
      if (kind === SPACE) this.space = true;
      else if (kind !== GONE) {
        this.visible();
        const next = i + 1 < text.length ? text.charCodeAt(i + 1) : source.charCodeAt(after);
        if (c === 38) {
          entityTail.lastIndex = after;
          if (i + 1 === text.length && entityTail.test(source)) this.buffer += "\\";
        } else if (kind === SPECIAL && mustEscape(c, this.last, Number.isNaN(next) ? 32 : next, this.inLink))
          this.buffer += "\\";
        this.buffer += text[i];
        this.hash = Math.imul(this.hash ^ c, FNV_PRIME);
        this.chars++;
        this.last = c;
      }
    }
  }

  private codeText(raw: string): void {
    const text = raw.replace(/[\s\u200b\ufeff\u00ad]+/g, (found) => (/\s/.test(found) ? " " : ""));
    const body = text.trim();
    if (body === "") {
      if (text !== "") this.space = true;
      return;
    }
    if (text.startsWith(" ")) this.space = true;
    if (this.code !== "" && (this.unopened > 0 || this.lineBreak || (this.codeLeft && this.space))) this.flushCode();
    if (this.code === "") this.visible();
    else if (this.space) this.code += " ";
    this.code += body;
    this.codeLeft = false;
    this.space = text.endsWith(" ");
    let visible = 0;
    for (let i = 0; i < body.length; i++) {
      const c = body.charCodeAt(i);
      if (c === 32) continue;
      this.hash = Math.imul(this.hash ^ c, FNV_PRIME);
      visible++;
    }
    this.chars += visible;
  }

  /** Writes the pending code span, its fence longer than any run of backticks inside. */
  private flushCode(): void {
    if (this.code === "") return;
    this.buffer += codeSpan(this.code);
    this.code = "";
    this.last = 96;
  }

  private isAnchorSign(source: string, start: number, end: number): boolean {
    if (this.chars !== this.linkStart) return false;
    return anchorSigns.has(decodeText(source, start, end).trim());
  }
}
