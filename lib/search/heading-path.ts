/** A heading and those above it. Only where they are: most are never asked for what they say. */
export interface Path {
  readonly level: number;
  /** offsets of what it says */
  readonly from: number;
  readonly to: number;
  readonly parent: Path | null;
  /** 1 for the outermost */
  readonly depth: number;
}

export const headingSeparator = " › ";
const headingMax = 200;
const pathMax = 500;

/** The innermost heading that both are under. */
export function commonPath(a: Path | null, b: Path | null): Path | null {
  let [left, right] = [a, b];
  while (left !== right) {
    if (!left || !right) return null;
    if (left.depth >= right.depth) left = left.parent;
    else right = right.parent;
  }
  return left;
}

/** The headings as plain text, outermost first. */
export function headingText(markdown: string, path: Path | null): string {
  const parts: string[] = [];
  for (let at = path; at; at = at.parent) {
    const part = plain(markdown.slice(at.from, Math.min(at.to, at.from + headingMax * 3)), at.level > 6);
    if (part !== "") parts.unshift(cutShort(part, headingMax));
  }
  return cutShort(parts.join(headingSeparator), pathMax);
}

/** Without marks: [text](address), `code`, **strong**, a tail of #. */
function plain(markdown: string, row: boolean): string {
  const text = markdown
    .replaceAll(/!?\[([^[\]]*)\]\([^()\s]*\)/g, "$1")
    .replaceAll(/[*`]+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, "")
    .replaceAll(/\\([!-/:-@[-`{-~])/g, "$1");
  const said = row
    ? text
        .split("|")
        .map((cell) => cell.trim())
        .filter((cell) => cell !== "")
        .join(", ")
    : text;
  return said.replaceAll(/\s+/g, " ").trim().replace(/ #+$/, "");
}

function cutShort(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
