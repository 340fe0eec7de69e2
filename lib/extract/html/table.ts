import { BlockFlag } from "../types.ts";
import { hashText } from "./inline.ts";
import { codeSpan } from "./spans.ts";
import type { Block } from "./writer.ts";

export interface Cell {
  readonly header: boolean;
  readonly span: number;
  readonly blocks: Block[];
}

/** Beyond these a table is text, not a grid. */
const MAX_COLUMNS = 64;
const MAX_ROW = 512;
const MAX_CELL = 4000;
/** Rows looked at before deciding; the rest of a longer table is written as it comes, so memory stays flat. */
const DECIDE_AFTER = 400;
/** Empty cells written for colspans, per table: enough for any real one, useless to a bomb. */
const MAX_PADDING = 20_000;

/**
 * Collects one table. Data becomes a GFM table; a table that only lays out the page (a single column or row, headings
 * or tables or long code inside) gives up its blocks in reading order, with nothing lost.
 */
export class TableBuilder {
  private rows: Cell[][] = [];
  private row: Cell[] | null = null;
  private readonly presentation: boolean;
  /** captions, and what stands between the cells */
  readonly before: Block[] = [];
  private decided: "grid" | "layout" | undefined;
  private lines: string[] = [];
  private columns = 0;
  private padding = MAX_PADDING;
  private hash = hashText("");
  private linked = true;
  private main = false;
  private chrome = true;

  constructor(presentation: boolean) {
    this.presentation = presentation;
  }

  openRow(): void {
    this.closeRow();
    this.row = [];
  }

  closeRow(): void {
    if (this.row !== null && this.row.length > 0) this.rows.push(this.row);
    this.row = null;
    if (this.rows.length >= DECIDE_AFTER) {
      this.decided ??= this.isGrid() ? "grid" : "layout";
      if (this.decided === "grid") this.writeRows();
    }
  }

  /** Opens a cell, and a row when there is none. */
  openCell(header: boolean, span: number): Cell {
    this.row ??= [];
    if (this.row.length >= MAX_ROW) {
      this.decided ??= "layout";
      if (this.decided === "layout") this.openRow();
      else this.row.length = MAX_ROW - 1;
    }
    const cell: Cell = {
      header,
      span: Number.isFinite(span) ? Math.max(1, Math.min(span, MAX_COLUMNS)) : 1,
      blocks: [],
    };
    this.row.push(cell);
    return cell;
  }

  /** True when blocks can be taken out already: the table is a layout and long. */
  get overflowing(): boolean {
    return this.decided === "layout" && this.rows.length > 0;
  }

  /** The blocks collected so far of a layout table. */
  drain(): Block[] {
    const blocks = [...this.before, ...this.rows.flat().flatMap((cell) => cell.blocks)];
    this.before.length = 0;
    this.rows = [];
    return blocks;
  }

  finish(): Block[] {
    this.closeRow();
    this.decided ??= this.isGrid() ? "grid" : "layout";
    if (this.decided === "layout") return this.drain();
    this.writeRows();
    if (this.lines.length === 0) return [...this.before];
    const text = this.lines.join("\n");
    let flags: number = BlockFlag.table;
    if (this.linked) flags |= BlockFlag.links;
    if (this.main) flags |= BlockFlag.main;
    if (this.chrome) flags |= BlockFlag.chrome;
    return [...this.before, { text, hash: this.hash, flags, tight: false }];
  }

  private isGrid(): boolean {
    if (this.presentation) return false;
    let columns = 0;
    let headers = 0;
    let filled = 0;
    for (const row of this.rows) {
      let width = 0;
      for (const cell of row) {
        width += cell.span;
        if (cell.header) headers++;
        let size = 0;
        for (const block of cell.blocks) {
          size += block.text.length;
          if ((block.flags & (BlockFlag.table | BlockFlag.heading)) !== 0) return false;
          if ((block.flags & BlockFlag.code) !== 0 && countLines(block.text) > 12) return false;
        }
        if (size > MAX_CELL) return false;
        if (size > 0) filled++;
      }
      columns = Math.max(columns, width);
    }
    if (filled === 0 || columns > MAX_COLUMNS) return false;
    if (columns < 2) return false;
    return this.rows.length > 1 || headers > 0;
  }

  private writeRows(): void {
    for (const row of this.rows) {
      if (this.lines.length === 0) this.writeHeader(row);
      else this.lines.push(this.line(row));
    }
    this.rows = [];
  }

  private writeHeader(row: Cell[]): void {
    this.columns = Math.min(
      MAX_COLUMNS,
      Math.max(...this.rows.map((cells) => cells.reduce((width, cell) => width + cell.span, 0)), 1),
    );
    // A first row that starts with a header and goes on with data belongs to a table with its headers on the left.
    const data = row.some((cell) => !cell.header) && row.some((cell) => cell.header);
    if (data) this.lines.push("|" + "  |".repeat(this.columns), this.rule(), this.line(row));
    else this.lines.push(this.line(row, this.columns), this.rule());
  }

  private rule(): string {
    return "|" + " --- |".repeat(this.columns);
  }

  private line(cells: Cell[], width = 0): string {
    let text = "|";
    let column = 0;
    for (const cell of cells) {
      const content = this.cellText(cell);
      text += content === "" ? "  |" : ` ${content} |`;
      column++;
      for (let extra = 1; extra < cell.span && column < this.columns && this.padding > 0; extra++, column++) {
        text += "  |";
        this.padding--;
      }
    }
    for (; column < width; column++) text += "  |";
    return text;
  }

  private cellText(cell: Cell): string {
    if (cell.blocks.length === 0) return "";
    const parts = cell.blocks.map((block) => {
      this.hash = Math.imul(this.hash ^ block.hash, 0x01000193);
      if ((block.flags & BlockFlag.links) === 0) this.linked = false;
      if ((block.flags & BlockFlag.main) !== 0) this.main = true;
      if ((block.flags & BlockFlag.chrome) === 0) this.chrome = false;
      if ((block.flags & BlockFlag.code) !== 0) return codeLines(block.text);
      return block.text;
    });
    return parts
      .join("<br>")
      .replace(/[ \t]*\n[ \t>]*/g, "<br>")
      .replaceAll("|", "\\|");
  }
}

function countLines(text: string): number {
  let lines = 1;
  for (let k = text.indexOf("\n"); k >= 0; k = text.indexOf("\n", k + 1)) lines++;
  return lines;
}

/** A fenced block as one code span per line: a table row cannot hold a fence. */
function codeLines(fenced: string): string {
  const lines = fenced.split("\n");
  return lines
    .slice(1, -1)
    .filter((line) => line.trim() !== "")
    .map((line) => codeSpan(line.trimEnd()))
    .join("<br>");
}
