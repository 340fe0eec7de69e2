/**
 * Markdown, line by line: where headings are, and which stretches of text belong together. It knows no more of Markdown
 * than cutting it needs, takes every line once, and looks at no character more than a few times, whatever the text is.
 */

/** `text` may be cut at sentences and words; `row` and `code` only if they are too long by themselves; `code` at line ends. */
export type UnitKind = "text" | "row" | "code";

/** All positions are offsets into the text, in UTF-16 code units; ends exclude the line break. */
export interface MarkdownVisitor {
  /** a heading; `from` to `to` is what it says, without its marks */
  heading(start: number, end: number, level: number, from: number, to: number): void;
  /** a table begins; its first row, and whether that one names the columns */
  table(start: number, end: number): void;
  /** `opens`: a paragraph, list, table or block of code begins here; false for further items and rows of the same one */
  unit(start: number, end: number, kind: UnitKind, opens: boolean): void;
}

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const hash = 35;
const asterisk = 42;
const plus = 43;
const hyphen = 45;
const dot = 46;
const colon = 58;
const equals = 61;
const greater = 62;
const backtick = 96;
const bar = 124;
const tilde = 126;

/** Longer first lines of a file are not its front matter's. */
const frontMatterMax = 20_000;
/** A longer line is no heading by being underlined. */
const underlinedMax = 300;

const isBlank = (code: number): boolean => code === space || code === tab || code === carriageReturn;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

type State = "none" | "text" | "list" | "table" | "code";

/** Reads `text` and tells `visitor` what is in it, in order. */
export function readMarkdown(text: string, visitor: MarkdownVisitor): void {
  const length = text.length;
  let state = "none" as State;
  /** what is open and not told yet */
  let start = -1;
  let end = -1;
  let lines = 0;
  let opens = true;
  /** of an open block of code: its fence */
  let fence = 0;
  let fenceLength = 0;
  let quoted = false;

  const close = (): void => {
    if (start >= 0) visitor.unit(start, end, state === "code" ? "code" : state === "table" ? "row" : "text", opens);
    start = -1;
    lines = 0;
  };
  const open = (next: State, from: number, to: number, first: boolean): void => {
    close();
    state = next;
    start = from;
    end = to;
    lines = 1;
    opens = first;
  };

  let at = frontMatter(text);
  if (at > 0) visitor.unit(0, at, "code", true);
  while (at < length) {
    let stop = text.indexOf("\n", at);
    if (stop < 0) stop = length;
    const line = at;
    at = stop + 1;

    let first = line;
    while (first < stop && isBlank(text.charCodeAt(first))) first++;
    const inQuote = first < stop && text.charCodeAt(first) === greater;
    while (first < stop && (text.charCodeAt(first) === greater || isBlank(text.charCodeAt(first)))) first++;
    const code = first < stop ? text.charCodeAt(first) : newline;

    if (state === "code") {
      // A fence in a quotation ends with it.
      if (!quoted || inQuote) {
        end = stop;
        if (code === fence && closesFence(text, first, stop, fence, fenceLength)) {
          close();
          state = "none";
        }
        continue;
      }
      close();
      state = "none";
    }

    if (code === newline) {
      if (state === "list") close();
      else {
        close();
        state = "none";
      }
      continue;
    }
    if (code === backtick || code === tilde) {
      const marks = opensFence(text, first, stop, code);
      if (marks > 0) {
        open("code", line, stop, true);
        fence = code;
        fenceLength = marks;
        quoted = inQuote;
        continue;
      }
    }
    const indent = first - line;
    if (code === hash && indent <= 3) {
      const level = headingLevel(text, first, stop);
      if (level > 0) {
        close();
        state = "none";
        visitor.heading(line, stop, level, first + level, stop);
        continue;
      }
    }
    if (state === "text" && lines === 1 && end - start <= underlinedMax && isUnderline(text, first, stop, code)) {
      const said = start;
      const to = end;
      start = -1;
      state = "none";
      visitor.heading(said, stop, code === equals ? 1 : 2, said, to);
      continue;
    }
    if (code === bar || (state === "table" && hasBar(text, first, stop))) {
      if (state !== "table") {
        open("table", line, stop, true);
        visitor.table(line, stop);
      } else if (lines === 1 && opens && isRule(text, first, stop)) {
        end = stop;
        lines++;
      } else open("table", line, stop, false);
      continue;
    }
    if (state !== "text" && startsTable(text, first, stop, at)) {
      open("table", line, stop, true);
      visitor.table(line, stop);
      continue;
    }
    if (isItem(text, first, stop, code)) {
      open("list", line, stop, state !== "list");
      continue;
    }
    if (state === "list" && (start >= 0 || indent >= 2)) {
      // The item goes on, or has another paragraph.
      if (start < 0) open("list", line, stop, false);
      else {
        end = stop;
        lines++;
      }
      continue;
    }
    if (state === "text") {
      end = stop;
      lines++;
    } else open("text", line, stop, true);
  }
  close();
}

/** Where the front matter of a file (between two lines of ---) ends; 0 without any. */
function frontMatter(text: string): number {
  if (!text.startsWith("---\n") && !text.startsWith("---\r\n")) return 0;
  const end = text.slice(0, frontMatterMax).search(/\n---[ \t\r]*(?:\n|$)/);
  return end < 0 ? 0 : end + 4;
}

function runOf(text: string, from: number, stop: number, code: number): number {
  let at = from;
  while (at < stop && text.charCodeAt(at) === code) at++;
  return at - from;
}

/** How many marks the fence has that opens here; 0 = it opens none. */
function opensFence(text: string, first: number, stop: number, code: number): number {
  const marks = runOf(text, first, stop, code);
  if (marks < 3) return 0;
  if (code === backtick) {
    for (let at = first + marks; at < stop; at++) if (text.charCodeAt(at) === backtick) return 0;
  }
  return marks;
}

function closesFence(text: string, first: number, stop: number, code: number, least: number): boolean {
  const marks = runOf(text, first, stop, code);
  if (marks < least) return false;
  for (let at = first + marks; at < stop; at++) if (!isBlank(text.charCodeAt(at))) return false;
  return true;
}

/** 1 to 6; 0 = this is no heading. */
function headingLevel(text: string, first: number, stop: number): number {
  let level = 0;
  while (level < 7 && first + level < stop && text.charCodeAt(first + level) === hash) level++;
  if (level > 6) return 0;
  return first + level === stop || isBlank(text.charCodeAt(first + level)) ? level : 0;
}

function isUnderline(text: string, first: number, stop: number, code: number): boolean {
  if (code !== equals && code !== hyphen) return false;
  const marks = runOf(text, first, stop, code);
  if (code === hyphen && marks < 3) return false;
  for (let at = first + marks; at < stop; at++) if (!isBlank(text.charCodeAt(at))) return false;
  return true;
}

function hasBar(text: string, first: number, stop: number): boolean {
  for (let at = first; at < stop; at++) if (text.charCodeAt(at) === bar) return true;
  return false;
}

/** The line below the names of a table's columns: | --- | :-: | */
function isRule(text: string, first: number, stop: number): boolean {
  let marks = 0;
  for (let at = first; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (code === hyphen) marks++;
    else if (code !== bar && code !== colon && !isBlank(code)) return false;
  }
  return marks > 0;
}

/** A table without a bar at the edge shows itself by its second line. */
function startsTable(text: string, first: number, stop: number, next: number): boolean {
  if (next >= text.length) return false;
  const code = text.charCodeAt(next);
  if (code !== hyphen && code !== colon && code !== space && code !== bar) return false;
  let end = text.indexOf("\n", next);
  if (end < 0) end = text.length;
  return isRule(text, next, end) && hasBar(text, next, end) && hasBar(text, first, stop);
}

/** -, *, + or up to nine digits with a dot or parenthesis, and a blank after it. */
function isItem(text: string, first: number, stop: number, code: number): boolean {
  if (code === hyphen || code === asterisk || code === plus) {
    return first + 1 < stop && isBlank(text.charCodeAt(first + 1));
  }
  if (!isDigit(code)) return false;
  let at = first + 1;
  while (at < stop && at - first < 9 && isDigit(text.charCodeAt(at))) at++;
  const mark = text.charCodeAt(at);
  return (mark === dot || mark === 41) && at + 1 < stop && isBlank(text.charCodeAt(at + 1));
}
