import type { Highlight } from "./highlight.ts";
import { plainOf } from "./plain-text.ts";

const before = 60;
const longest = 240;

/**
 * What a result shows of a chunk, around its first match: parts of one line of text, of which the second, fourth, …
 * matched.
 */
export function snippetOf(markdown: string, marked: readonly Highlight[]): readonly string[] {
  const { text, highlights } = plainOf(markdown, marked);
  const first = highlights[0]?.start ?? 0;
  const start = first <= before ? 0 : wordStart(text, first - before, first);
  const end = wordEnd(text, Math.min(text.length, start + longest));
  const parts: string[] = [];
  let at = start;
  for (const highlight of highlights) {
    if (highlight.start < at || highlight.end > end) continue;
    parts.push(text.slice(at, highlight.start), text.slice(highlight.start, highlight.end));
    at = highlight.end;
  }
  parts.push(text.slice(at, end));
  const line = parts.map((part) => part.replaceAll(/\s+/g, " "));
  if (start === 0) line[0] = line[0]?.trimStart() ?? "";
  if (start > 0) line[0] = `… ${line[0]?.trimStart() ?? ""}`;
  if (end < text.length) line.push(`${line.pop()?.trimEnd() ?? ""} …`);
  return line;
}

/** The beginning of the next word, but not behind `latest`. */
function wordStart(text: string, at: number, latest: number): number {
  const space = text.slice(at, latest).search(/\s/);
  return space === -1 ? whole(text, at) : at + space + 1;
}

/** The end of the last whole word, unless there is hardly one. */
function wordEnd(text: string, at: number): number {
  if (at >= text.length || /\s/.test(text[at] ?? "")) return at;
  for (let space = at - 1; space > at - 40 && space > 0; space--) if (/\s/.test(text[space] ?? "")) return space;
  return whole(text, at);
}

/** Not between the halves of a character. */
const whole = (text: string, at: number): number => (/[\udc00-\udfff]/.test(text[at] ?? "") ? at - 1 : at);
