import { tagCount, tagOf } from "./tags.ts";
import type { Tag } from "./tags.ts";
import { Attributes } from "./tokens.ts";
import type { TokenHandler } from "./tokens.ts";

/** Receives elements properly nested, whatever the source looked like. */
export interface ElementHandler {
  /** Returns a number the element keeps; `leave` gets it back. Void elements are entered and never left. */
  enter(tag: Tag, attributes: Attributes): number;
  leave(tag: Tag, kept: number): void;
  text(source: string, start: number, end: number): void;
  title(text: string): void;
}

/** Deeper elements are treated as if they were not there (their text stays); browsers draw the line at 512. */
const MAX_DEPTH = 400;

const P = tagOf("p");
const LI = tagOf("li");
const DD = tagOf("dd");
const DT = tagOf("dt");
const TD = tagOf("td");
const TH = tagOf("th");
const TR = tagOf("tr");
const TABLE = tagOf("table");
const CAPTION = tagOf("caption");
const BR = tagOf("br");

/**
 * The stack of open elements: end tags HTML lets authors leave out are supplied, stray ones ignored, misnested
 * formatting taken apart. Every step looks at no more than MAX_DEPTH entries, and at none when the wanted element is
 * not open, so hostile nesting stays linear.
 */
export class Tree implements TokenHandler {
  private readonly tags: Tag[] = [];
  private readonly kept: number[] = [];
  /** open elements per tag id */
  private readonly count = new Uint16Array(tagCount);
  private beyond = 0;
  private readonly handler: ElementHandler;

  constructor(handler: ElementHandler) {
    this.handler = handler;
  }

  open(tag: Tag, attributes: Attributes): void {
    this.implyEnds(tag);
    if (tag.void) {
      this.handler.enter(tag, attributes);
      return;
    }
    if (this.tags.length >= MAX_DEPTH) {
      this.beyond++;
      return;
    }
    this.tags.push(tag);
    this.kept.push(this.handler.enter(tag, attributes));
    this.count[tag.id] = (this.count[tag.id] ?? 0) + 1;
  }

  close(tag: Tag): void {
    if (tag.void) {
      if (tag === BR) this.handler.enter(BR, noAttributes);
      return;
    }
    if (this.beyond > 0) {
      this.beyond--;
      return;
    }
    if (this.isOpen(tag) === 0) return;
    for (let k = this.tags.length - 1; k >= 0; k--) {
      const open = this.tags[k];
      if (open === undefined) return;
      if (open === tag || (tag.level > 0 && open.level > 0)) {
        if (tag.formatting) this.remove(k);
        else this.popTo(k);
        return;
      }
      // Cells hold their content in: only the end of a row, a row group or the table reaches past them.
      if (open.barrier && !isTablePart(tag) && tag.name !== "body" && tag.name !== "html") return;
      if (open === TABLE && tag !== TABLE && isTablePart(tag)) return;
    }
  }

  text(source: string, start: number, end: number): void {
    this.handler.text(source, start, end);
  }

  title(text: string): void {
    this.handler.title(text);
  }

  /** Closes everything still open. */
  end(): void {
    this.popTo(0);
  }

  private isOpen(tag: Tag): number {
    return this.count[tag.id] ?? 0;
  }

  private implyEnds(tag: Tag): void {
    if (tag.endsParagraph && this.isOpen(P) > 0) this.closeWithin(P, undefined, noStop);
    switch (tag.kind) {
      case "item":
        if (this.isOpen(LI) > 0) this.closeWithin(LI, undefined, stopsItem);
        break;
      case "term":
      case "definition":
        if (this.isOpen(DT) + this.isOpen(DD) > 0) this.closeWithin(DT, DD, stopsTerm);
        break;
      case "cell":
        if (this.isOpen(TD) + this.isOpen(TH) > 0) this.closeWithin(TD, TH, stopsRow);
        break;
      case "row":
        if (this.isOpen(TR) > 0) this.closeWithin(TR, undefined, stopsTable);
        break;
      case "rowgroup":
        if (this.isOpen(TR) > 0) this.closeWithin(TR, undefined, stopsTable);
        for (const name of rowGroups) if (this.isOpen(name) > 0) this.closeWithin(name, undefined, stopsTable);
        break;
      case "heading": {
        const top = this.tags.at(-1);
        if (top !== undefined && top.level > 0) this.popTo(this.tags.length - 1);
        break;
      }
      default:
    }
    if ((tag.kind === "row" || tag.kind === "rowgroup") && this.isOpen(CAPTION) > 0) {
      this.closeWithin(CAPTION, undefined, stopsTable);
    }
  }

  /** Closes the innermost `a` or `b` unless an element at which `stop` says so (or a table) lies in between. */
  private closeWithin(a: Tag, b: Tag | undefined, stop: (tag: Tag) => boolean): void {
    for (let k = this.tags.length - 1; k >= 0; k--) {
      const open = this.tags[k];
      if (open === undefined) return;
      if (open === a || open === b) {
        this.popTo(k);
        return;
      }
      if (open === TABLE || stop(open) || (open.barrier && a === P)) return;
    }
  }

  private popTo(length: number): void {
    while (this.tags.length > length) {
      const tag = this.tags.pop();
      const kept = this.kept.pop() ?? 0;
      if (tag === undefined) return;
      this.count[tag.id] = (this.count[tag.id] ?? 1) - 1;
      this.handler.leave(tag, kept);
    }
  }

  private remove(k: number): void {
    const [tag] = this.tags.splice(k, 1);
    const [kept] = this.kept.splice(k, 1);
    if (tag === undefined) return;
    this.count[tag.id] = (this.count[tag.id] ?? 1) - 1;
    this.handler.leave(tag, kept ?? 0);
  }
}

const rowGroups = [tagOf("thead"), tagOf("tbody"), tagOf("tfoot")];
const noStop = () => false;
const stopsItem = (tag: Tag) => tag.kind === "list";
const stopsTerm = (tag: Tag) => tag.name === "dl";
const stopsRow = (tag: Tag) => tag === TR;
const stopsTable = (tag: Tag) => tag === TABLE;
const isTablePart = (tag: Tag) =>
  tag.kind === "table" ||
  tag.kind === "row" ||
  tag.kind === "rowgroup" ||
  tag.kind === "cell" ||
  tag.kind === "caption";

/** For the `</br>` browsers read as `<br>`. */
const noAttributes = new Attributes();
