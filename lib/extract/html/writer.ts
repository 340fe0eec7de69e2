/** One finished block, before it gets its place. */
export interface Block {
  /** Markdown without the prefixes of the lists and quotes around it */
  readonly text: string;
  readonly hash: number;
  /** BlockFlag bits */
  readonly flags: number;
  /** only one line break before it: the next item of a list */
  readonly tight: boolean;
}

export interface List {
  readonly ordered: boolean;
  next: number;
  written: number;
}

/** A list item or a block quote that is open. */
interface Container {
  /** null: a quote */
  readonly list: List | null;
  readonly marker: string;
  pending: boolean;
  /** something was written inside */
  used: boolean;
}

/** Deeper lists and quotes are written at this depth: the indentation of a line stays bounded. */
const MAX_CONTAINERS = 10;

/** The lists and quotes around the current place, and the line prefixes they ask for. */
export class Containers {
  private readonly open: Container[] = [];
  private rest = "";

  /** Opens an item of `list`; false when too deep, then the item is not to be closed. */
  openItem(list: List): boolean {
    if (this.open.length >= MAX_CONTAINERS) return false;
    const marker = list.ordered ? `${list.next++}. ` : "- ";
    this.open.push({ list, marker, pending: true, used: false });
    this.rest += " ".repeat(marker.length);
    return true;
  }

  openQuote(): boolean {
    if (this.open.length >= MAX_CONTAINERS) return false;
    this.open.push({ list: null, marker: "> ", pending: false, used: false });
    this.rest += "> ";
    return true;
  }

  close(): void {
    const closed = this.open.pop();
    if (closed !== undefined) this.rest = this.rest.slice(0, this.rest.length - closed.marker.length);
  }

  /** `text` with the prefixes of this place on every line; a pending list marker is spent on the first. */
  place(text: string): { text: string; tight: boolean; gap: string } {
    if (this.open.length === 0) return { text, tight: false, gap: "\n\n" };
    let first = "";
    let before = "";
    let tight = false;
    let inItem = false;
    let marked = false;
    for (const container of this.open) {
      if (container.used) before += container.list === null ? "> " : " ".repeat(container.marker.length);
      container.used = true;
      if (container.list === null) first += "> ";
      else if (container.pending) {
        container.pending = false;
        first += container.marker;
        if (!marked) tight = inItem || container.list.written > 0;
        marked = true;
        container.list.written++;
      } else first += " ".repeat(container.marker.length);
      if (container.list !== null) inItem = true;
    }
    const lines = text.includes("\n") ? text.replaceAll("\n", "\n" + this.rest) : text;
    return { text: first + lines, tight, gap: `\n${before.trimEnd()}\n` };
  }
}

/** Characters and blocks of one page at most; what comes after is left out. */
const MAX_MARKDOWN = 12_000_000;
const MAX_BLOCKS = 200_000;

/** The Markdown of the page and its index of blocks. */
export class PageWriter {
  private markdown = "";
  private readonly index: number[] = [];

  /** Nothing more is taken: what follows on the page is left out. */
  full = false;

  add(block: Block, gap: string): void {
    if (this.markdown.length + block.text.length > MAX_MARKDOWN || this.index.length >= 4 * MAX_BLOCKS) {
      this.full = true;
      return;
    }
    if (this.markdown !== "") this.markdown += block.tight ? "\n" : gap;
    const start = this.markdown.length;
    this.markdown += block.text;
    this.index.push(start, this.markdown.length, block.hash >>> 0, block.flags);
  }

  get result(): { markdown: string; blocks: Uint32Array<ArrayBuffer> } {
    return { markdown: this.markdown, blocks: Uint32Array.from(this.index) };
  }
}
