import { escapeMarkdown } from "./escape.ts";

/** Most columns of a Markdown table. */
export const MAX_GRID_COLUMNS = 64;

/** Rows of plain text as a GFM table, the first row as its header; empty rows and columns at the edges are left out. */
export function gridToMarkdown(rows: readonly (readonly string[])[]): string {
  const filled = rows.filter((row) => row.some((cell) => cell.trim() !== ""));
  const first = filled[0];
  if (first === undefined) return "";
  let from = Infinity;
  let to = 0;
  for (const row of filled) {
    const begin = row.findIndex((cell) => cell.trim() !== "");
    from = Math.min(from, begin);
    to = Math.max(to, row.findLastIndex((cell) => cell.trim() !== "") + 1);
  }
  to = Math.min(to, from + MAX_GRID_COLUMNS);
  const lines = [line(first, from, to), "|" + " --- |".repeat(to - from)];
  for (const row of filled.slice(1)) lines.push(line(row, from, to));
  return lines.join("\n");
}

function line(row: readonly string[], from: number, to: number): string {
  let text = "|";
  for (let i = from; i < to; i++) {
    const cell = row[i]?.trim() ?? "";
    text += cell === "" ? "  |" : ` ${cellText(cell)} |`;
  }
  return text;
}

/** Text that cannot end its cell. */
export function cellText(text: string): string {
  return escapeMarkdown(text)
    .replaceAll("|", "\\|")
    .replace(/\s*\n\s*/g, "<br>");
}
