import { encrypted } from "./archives.ts";
import type { Archive } from "./archives.ts";
import { escapeMarkdown, guardStart } from "./escape.ts";
import { gridToMarkdown, MAX_GRID_COLUMNS } from "./grid.ts";
import { ExtractError } from "./types.ts";
import { firstText, parseXml } from "./xml.ts";

type Attributes = Readonly<Record<string, string>>;

const MAX_LEVEL = 8;
const MAX_CELLS = 400_000;
/** A cell or row may say it stands for many; empty ones fill up the sheet. */
const MAX_REPEAT = 1_000;

/** Elements whose text is not content. */
const dropped = new Set([
  "annotation",
  "tracked-changes",
  "sequence-decls",
  "forms",
  "scripts",
  "settings",
  "event-listeners",
]);

/** Text, spreadsheet or presentation: the three differ only in what is around their paragraphs and tables. */
export function readOdf(archive: Archive): { markdown: string; title: string | undefined } {
  const manifest = archive.read("META-INF/manifest.xml");
  if (manifest !== undefined && manifest.includes("encryption-data")) throw encrypted();
  const content = archive.read("content.xml");
  if (content === undefined) throw new ExtractError("broken", "The document has no content part.");
  const reader = new OdfReader();
  parseXml(content, reader);
  return { markdown: reader.blocks.join("\n\n"), title: firstText(archive.read("meta.xml"), "title") };
}

interface TableState {
  rows: string[][];
  row: string[];
  cell: string[] | undefined;
  cellRepeat: number;
  rowRepeat: number;
  value: string | undefined;
}

class OdfReader {
  readonly blocks: string[] = [];
  private list: { level: number; lines: string[] } = { level: 0, lines: [] };
  private itemStarts = false;
  private current = "";
  private inParagraph = 0;
  private heading = 0;
  private href: string | undefined;
  private linkStart = 0;
  private skip = 0;
  private readonly tables: TableState[] = [];
  private cells = MAX_CELLS;
  private spreadsheet = false;
  private notes: string[] | undefined;
  private slides = 0;
  private readonly saved: { text: string; heading: number }[] = [];

  open(name: string, attributes: Attributes): void {
    if (this.skip > 0 || dropped.has(name)) {
      this.skip++;
      return;
    }
    switch (name) {
      case "spreadsheet":
        this.spreadsheet = true;
        break;
      case "page":
        this.slides++;
        this.blocks.push(`## ${escapeMarkdown(slideName(attributes["name"], this.slides))}`);
        break;
      case "notes":
        this.notes = [];
        break;
      case "h":
        this.heading = Math.min(6, Math.max(1, Number.parseInt(attributes["outline-level"] ?? "1", 10) || 1));
        this.begin();
        break;
      case "p":
        this.begin();
        break;
      case "list":
        this.list.level++;
        break;
      case "list-item":
      case "list-header":
        this.itemStarts = true;
        break;
      case "a":
        this.href = /^https?:\/\//i.test(attributes["href"] ?? "")
          ? URL.parse(attributes["href"] ?? "")?.href
          : undefined;
        this.linkStart = this.current.length;
        break;
      case "s":
        this.current += " ".repeat(Math.min(100, Number.parseInt(attributes["c"] ?? "1", 10) || 1));
        break;
      case "tab":
      case "line-break":
        this.current += " ";
        break;
      case "note":
        this.current += " (";
        break;
      case "note-citation":
        this.skip = 1;
        break;
      case "table":
        this.endList();
        if (this.spreadsheet && this.tables.length === 0) {
          this.blocks.push(`## ${escapeMarkdown(attributes["name"] ?? "Sheet")}`);
        }
        this.tables.push({ rows: [], row: [], cell: undefined, cellRepeat: 1, rowRepeat: 1, value: undefined });
        break;
      case "table-row":
        this.openRow(attributes);
        break;
      case "table-cell":
      case "covered-table-cell":
        this.openCell(attributes);
        break;
      default:
    }
  }

  text(part: string): void {
    if (this.skip > 0 || this.inParagraph === 0) return;
    const text = part.replace(/\s+/g, " ");
    this.current += this.tables.length > 0 ? text : escapeMarkdown(text);
  }

  close(name: string): void {
    if (this.skip > 0) {
      this.skip--;
      return;
    }
    switch (name) {
      case "h":
      case "p":
        this.end();
        break;
      case "list":
        this.list.level--;
        if (this.list.level === 0) this.endList();
        break;
      case "a":
        this.endLink();
        break;
      case "note":
        this.current = `${this.current.trimEnd()})`;
        break;
      case "table-cell":
      case "covered-table-cell":
        this.closeCell();
        break;
      case "table-row":
        this.closeRow();
        break;
      case "table":
        this.closeTable();
        break;
      case "notes":
        if (this.notes !== undefined && this.notes.length > 0) {
          const quote = ["Notes:", ...this.notes].join("\n\n");
          this.blocks.push(quote.replace(/^/gm, "> ").replace(/^> $/gm, ">"));
        }
        this.notes = undefined;
        break;
      default:
    }
  }

  /** Paragraphs nest (footnotes, frames): the outer one goes on after the inner. */
  private begin(): void {
    if (this.inParagraph++ > 0) {
      this.saved.push({ text: this.current, heading: this.heading });
      this.current = "";
      this.heading = 0;
    } else this.current = "";
  }

  private end(): void {
    const text = this.current.replace(/\s+/g, " ").trim();
    const heading = this.heading;
    this.inParagraph--;
    const outer = this.saved.pop();
    if (outer !== undefined) {
      this.current = `${outer.text}${text} `;
      this.heading = outer.heading;
      return;
    }
    this.current = "";
    this.heading = 0;
    if (text !== "") this.place(text, heading);
  }

  private place(text: string, heading: number): void {
    const cell = this.tables.at(-1)?.cell;
    if (cell !== undefined) cell.push(text);
    else if (this.notes !== undefined) this.notes.push(guardStart(text));
    else if (heading > 0) {
      this.endList();
      this.blocks.push(`${"#".repeat(heading)} ${text}`);
    } else if (this.list.level > 0) {
      const indent = "  ".repeat(Math.min(MAX_LEVEL, this.list.level) - 1);
      this.list.lines.push(this.itemStarts ? `${indent}- ${text}` : `${indent}  ${text}`);
      this.itemStarts = false;
    } else this.blocks.push(guardStart(text));
  }

  private endList(): void {
    if (this.list.lines.length > 0) this.blocks.push(this.list.lines.join("\n"));
    this.list.lines = [];
  }

  private endLink(): void {
    const label = this.current.slice(this.linkStart).trim();
    if (this.href !== undefined && label !== "" && this.tables.length === 0) {
      this.current = `${this.current.slice(0, this.linkStart)}[${label}](${this.href})`;
    }
    this.href = undefined;
  }

  private openRow(attributes: Attributes): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.row = [];
    table.rowRepeat = repeat(attributes["number-rows-repeated"]);
  }

  private openCell(attributes: Attributes): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.cell = [];
    table.cellRepeat = repeat(attributes["number-columns-repeated"]);
    // The shown text depends on the author's locale; the date itself does not.
    table.value = attributes["date-value"]?.replace(/T00:00:00(?:\.0+)?$/, "").replace("T", " ");
  }

  private closeCell(): void {
    const table = this.tables.at(-1);
    if (table?.cell === undefined) return;
    const text = table.value ?? table.cell.join("\n");
    for (let i = 0; i < table.cellRepeat && table.row.length < MAX_GRID_COLUMNS; i++) table.row.push(text);
    table.cell = undefined;
  }

  private closeRow(): void {
    const table = this.tables.at(-1);
    if (table === undefined || table.row.every((cell) => cell === "")) return;
    for (let i = 0; i < table.rowRepeat && this.cells > 0; i++) {
      this.cells -= table.row.length;
      table.rows.push(table.row);
    }
  }

  private closeTable(): void {
    const table = this.tables.pop();
    if (table === undefined || table.rows.length === 0) {
      if (this.spreadsheet && this.tables.length === 0) this.blocks.pop();
      return;
    }
    const outer = this.tables.at(-1)?.cell;
    if (outer !== undefined) outer.push(table.rows.map((row) => row.join(" ")).join("\n"));
    else this.blocks.push(gridToMarkdown(table.rows));
  }
}

function repeat(count: string | undefined): number {
  return Math.min(MAX_REPEAT, Math.max(1, Number.parseInt(count ?? "1", 10) || 1));
}

/** Slides are called "page3" unless somebody named them. */
function slideName(name: string | undefined, number: number): string {
  return name === undefined || /^page\d+$/i.test(name) ? `Slide ${number}` : name;
}
