import type { Archive } from "./archives.ts";
import { escapeMarkdown } from "./escape.ts";
import { gridToMarkdown, MAX_GRID_COLUMNS } from "./grid.ts";
import { ExtractError } from "./types.ts";
import { firstText, parseXml, readRelationships, relationshipsOf } from "./xml.ts";
import { cellValue, readStyles } from "./xlsx-values.ts";
import type { Styles } from "./xlsx-values.ts";

/** Cells read of one workbook; what comes after is left out, and the table says so. */
const MAX_CELLS = 400_000;

/** Every sheet as a heading and a table, in the order of the tabs. */
export function readXlsx(archive: Archive): { markdown: string; title: string | undefined } {
  const part = "xl/workbook.xml";
  const workbook = archive.read(part);
  if (workbook === undefined) throw new ExtractError("broken", "The workbook has no workbook part.");
  const relations = readRelationships(archive.read(relationshipsOf(part)), part);
  const sheets: { name: string; target: string }[] = [];
  let epoch1904 = false;
  parseXml(workbook, {
    open(name, attributes) {
      if (name === "workbookPr") epoch1904 = attributes["date1904"] === "1" || attributes["date1904"] === "true";
      if (name !== "sheet") return;
      const target = relations.get(attributes["r:id"] ?? "")?.target;
      if (target !== undefined) sheets.push({ name: attributes["name"] ?? "Sheet", target });
    },
    close() {},
    text() {},
  });
  const byType = (type: string) => [...relations.values()].find((relation) => relation.type === type)?.target;
  const styles = readStyles(archive.read(byType("styles") ?? "xl/styles.xml"), epoch1904);
  const strings = readStrings(archive.read(byType("sharedStrings") ?? "xl/sharedStrings.xml"));
  const budget = { cells: MAX_CELLS };
  const blocks: string[] = [];
  for (const { name, target } of sheets) {
    const content = archive.read(target);
    if (content === undefined) continue;
    const rows = readSheet(content, strings, styles, budget);
    if (rows.length === 0) continue;
    blocks.push(`## ${escapeMarkdown(name)}`, gridToMarkdown(rows));
    if (budget.cells <= 0) {
      blocks.push("*The workbook is longer; the rest was left out.*");
      break;
    }
  }
  return { markdown: blocks.join("\n\n"), title: firstText(archive.read("docProps/core.xml"), "title") };
}

function readStrings(content: Buffer | undefined): string[] {
  const strings: string[] = [];
  if (content === undefined) return strings;
  let current = "";
  let inText = false;
  let phonetic = false;
  parseXml(content, {
    open(name) {
      if (name === "si") current = "";
      else if (name === "t") inText = true;
      else if (name === "rPh") phonetic = true;
    },
    close(name) {
      if (name === "si") strings.push(current);
      else if (name === "t") inText = false;
      else if (name === "rPh") phonetic = false;
    },
    text(part) {
      if (inText && !phonetic) current += part;
    },
  });
  return strings;
}

function readSheet(content: Buffer, strings: readonly string[], styles: Styles, budget: { cells: number }): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let column = 0;
  let type = "n";
  let style = 0;
  let value = "";
  let wanted = false;
  parseXml(content, {
    open(name, attributes) {
      switch (name) {
        case "row":
          row = [];
          column = 0;
          break;
        case "c":
          column = columnOf(attributes["r"]) ?? column;
          type = attributes["t"] ?? "n";
          style = Number.parseInt(attributes["s"] ?? "0", 10) || 0;
          value = "";
          break;
        case "v":
        case "t":
          wanted = true;
          break;
        case "rPh":
        case "f":
          wanted = false;
          break;
        default:
      }
    },
    close(name) {
      switch (name) {
        case "v":
        case "t":
          wanted = false;
          break;
        case "c": {
          if (value !== "" && column < MAX_GRID_COLUMNS && budget.cells > 0) {
            budget.cells--;
            while (row.length < column) row.push("");
            row[column] =
              type === "s" ? (strings[Number.parseInt(value, 10)] ?? "") : cellValue(value, type, style, styles);
          }
          column++;
          break;
        }
        case "row":
          if (row.length > 0 && budget.cells > 0) rows.push(row);
          break;
        default:
      }
    },
    text(part) {
      if (wanted) value += part;
    },
  });
  return rows;
}

/** Zero-based column of a reference like `AB12`. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = reference === undefined ? undefined : /^[A-Z]{1,3}/.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}
