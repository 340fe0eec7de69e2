import { BlockFlag } from "../types.ts";
import { TableBuilder } from "./table.ts";
import { Containers, PageWriter } from "./writer.ts";
import type { Block, List } from "./writer.ts";

/** Where finished blocks go: the page, or a table cell with its own lists and quotes. */
interface Place {
  readonly containers: Containers;
  readonly lists: List[];
  readonly cell: { readonly blocks: Block[] } | null;
}

interface OpenTable {
  readonly builder: TableBuilder;
  readonly outer: Place;
}

const MAX_NESTED_TABLES = 16;

/** The lists, quotes and tables around the current place, and the way of finished blocks through them to the page. */
export class Layout {
  /** depth of main elements around the current place */
  main = 0;
  /** depth of page furniture around the current place */
  chrome = 0;
  private readonly writer = new PageWriter();
  private place: Place = { containers: new Containers(), lists: [], cell: null };
  private readonly tables: OpenTable[] = [];

  get result(): { markdown: string; blocks: Uint32Array<ArrayBuffer> } {
    return this.writer.result;
  }

  /** The page is long enough: nothing more is taken. */
  get full(): boolean {
    return this.writer.full;
  }

  get inList(): boolean {
    return this.place.lists.length > 0;
  }

  get inTable(): boolean {
    return this.tables.length > 0;
  }

  put(text: string, hash: number, flags: number): void {
    const placed = this.place.containers.place(text);
    let bits = flags;
    if (this.main > 0) bits |= BlockFlag.main;
    if (this.chrome > 0) bits |= BlockFlag.chrome;
    this.deliver({ text: placed.text, hash, flags: bits, tight: placed.tight }, placed.gap);
  }

  openList(ordered: boolean, start: number): void {
    this.place.lists.push({ ordered, next: start, written: 0 });
  }

  closeList(): void {
    this.place.lists.pop();
  }

  /** False when lists are nested too deep: then the item is not to be closed. */
  openItem(): boolean {
    const list = this.place.lists.at(-1);
    return list !== undefined && this.place.containers.openItem(list);
  }

  /** False when too deep: then the quote is not to be closed. */
  openQuote(): boolean {
    return this.place.containers.openQuote();
  }

  /** Ends the innermost item or quote. */
  closeContainer(): void {
    this.place.containers.close();
  }

  /** False when tables are nested too deep: then the table is not to be closed, its cells are text. */
  openTable(presentation: boolean): boolean {
    if (this.tables.length >= MAX_NESTED_TABLES) return false;
    this.tables.push({ builder: new TableBuilder(presentation), outer: this.place });
    this.leaveCell();
    return true;
  }

  openRow(): void {
    this.tables.at(-1)?.builder.openRow();
  }

  closeRow(): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.builder.closeRow();
    this.relieve(table);
  }

  openCell(header: boolean, span: number): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    this.relieve(table);
    this.place = { containers: new Containers(), lists: [], cell: table.builder.openCell(header, span) };
  }

  /** What follows, up to the next cell, belongs before the table. */
  leaveCell(): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    this.place = { containers: new Containers(), lists: [], cell: { blocks: table.builder.before } };
  }

  closeTable(): void {
    const table = this.tables.pop();
    if (table === undefined) return;
    this.place = table.outer;
    this.putAll(table.builder.finish());
  }

  /** Takes the blocks out of a long table that is none. */
  private relieve(table: OpenTable): void {
    if (!table.builder.overflowing) return;
    const inner = this.place;
    this.place = table.outer;
    this.putAll(table.builder.drain());
    this.place = inner;
  }

  /** Blocks that were built in a cell, at the current place. */
  private putAll(blocks: readonly Block[]): void {
    for (const block of blocks) {
      const { text, tight, gap } = this.place.containers.place(block.text);
      this.deliver({ ...block, text, tight: tight || block.tight }, gap);
    }
  }

  private deliver(block: Block, gap: string): void {
    const { cell } = this.place;
    if (cell !== null) cell.blocks.push(block);
    else this.writer.add(block, gap);
  }
}
