/** What a line of Markdown belongs to: neighbours of one list or table are not torn apart by a blank line. */
export type LineKind = "text" | "list" | "table";

interface Piece {
  /** what stands before every line of it: `> ` and the indentation of lists */
  readonly prefix: string;
  readonly kind: LineKind;
  readonly text: string;
}

/** Collects blocks and joins them to Markdown. */
export class MarkdownLines {
  readonly #pieces: Piece[] = [];

  /**
   * @param first before the first line, e.g. `- `; further lines are indented as far
   * @param text may have several lines; one without any content is left out, unless `first` says something by itself
   */
  add(prefix: string, text: string, kind: LineKind = "text", first = ""): void {
    if (text.trim() === "" && first === "") return;
    const rest = prefix + " ".repeat(first.length);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line, index) => (index === 0 ? prefix + first : rest) + line);
    this.#pieces.push({ prefix, kind, text: lines.map((line) => line.trimEnd()).join("\n") });
  }

  toString(): string {
    let markdown = "";
    let before: Piece | undefined;
    for (const piece of this.#pieces) {
      if (before) markdown += separator(before, piece);
      markdown += piece.text;
      before = piece;
    }
    return markdown;
  }
}

function separator(before: Piece, piece: Piece): string {
  if (before.kind === piece.kind && piece.kind === "list") return "\n";
  if (before.kind === piece.kind && piece.kind === "table" && before.prefix === piece.prefix) return "\n";
  // Within one quote the empty line belongs to the quote, too.
  let quote = "";
  for (let at = 0; at < before.prefix.length && before.prefix[at] === piece.prefix[at]; at++) {
    if (before.prefix[at] === ">") quote = before.prefix.slice(0, at + 1);
  }
  return `\n${quote}\n`;
}

/** A Markdown table; the first row is its head. Cells are single lines. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (width === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, at) => cell(cells[at] ?? "")).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${" --- |".repeat(width)}`, ...body.map(line)].join("\n");
}

function cell(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/(?<!\\)\|/g, "\\|")
    .trim();
}

/** A fence that nothing in the code ends. */
export function fenced(code: string, language: string): string {
  let longest = 0;
  for (const [run] of code.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${code}\n${fence}`;
}
