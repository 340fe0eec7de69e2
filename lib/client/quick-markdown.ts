/** Levels of lists and quotations, and columns they may be moved in by. */
const depthMax = 30;
const indentMax = 40;
/** As long as the dearest text takes: well below a second. */
const effortMax = 400_000;
const effortOfLine = 100;
const effortOfCell = 40;

/**
 * The beginning of a text, in whole lines, that is quick to render as Markdown, whoever wrote it. Parsers compare every mark
 * of emphasis, link or code with all others of its paragraph, and go down a level for each mark of a quotation or list:
 * twenty kilobytes of nothing else would keep a server busy for many seconds, and everybody else waiting.
 */
export function quickPart(text: string): string {
  let effort = 0;
  let marks = 0;
  let end = 0;
  while (end < text.length) {
    const next = text.indexOf("\n", end) + 1 || text.length;
    const line = text.slice(end, next);
    if (isDeep(line)) break;
    if (line.trim() === "") marks = 0;
    const more = count(line, /[*_~`]+|[[\]<!]/g);
    // What squares a paragraph's marks, line by line.
    effort += more * (2 * marks + more) + effortOfLine + effortOfCell * count(line, /[|@]/g);
    if (effort > effortMax) break;
    marks += more;
    end = next;
  }
  return text.slice(0, end);
}

function isDeep(line: string): boolean {
  const start = /^(?:[ \t]*(?:>|[-+*]|\d{1,9}[.)]))+/.exec(line)?.[0] ?? "";
  const indent = start.length - start.trimStart().length;
  return indent > indentMax || count(start, />|[-+*]|\d[.)]/g) > depthMax;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
