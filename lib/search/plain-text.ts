import type { Highlight } from "./highlight.ts";

/** A Markdown text as a reader sees it. */
export interface PlainText {
  readonly text: string;
  /** offsets in `text` */
  readonly highlights: readonly Highlight[];
}

/** What may come before the text of a line: quotations, lists, headings. */
const lineStart = /^[ \t]*(?:(?:#{1,6}|[-*+>]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)+/gm;
/** Whole lines: fences, lines under headings and between sections, what is under the head of a table. */
const lines = /^(?:[ \t]{0,20}(?:`{3,}[^`\n]*|~{3,}[^~\n]*)|[ \t|:=*-]+)$/gm;
/** `](/guide)` and `](<a b> "title")`: at most so long, or every bracket of a hostile text would be looked through. */
const target = /\]\((?:[^()\n]|\([^()\n]{0,200}\)){0,1000}\)/g;
/** `[guide][1]` */
const reference = /(?<=\[[^[\]\n]{1,200}\])\[[^[\]\n]{0,100}\]/g;
const comment = /<!--[^>]{0,500}-->|<\/?[a-zA-Z][^<>\n]{0,500}>/g;
/** What makes strong, emphasized, struck out and code, where it begins or ends a word. */
const emphasis =
  /\*{2,3}(?=\S)|(?<=\S)\*{2,3}|(?<![\p{L}\p{N}*])\*(?=\S)|(?<=\S)\*(?![\p{L}\p{N}*])|~~|`+|(?<![\p{L}\p{N}_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![\p{L}\p{N}_])/gu;
/** Cells are apart by the blanks around this. */
const cell = /^\||\|[ \t]*$|(?<=[ \t])\|(?=[ \t])/gm;
const escape = /\\(?=[!-/:-@[-`{-~])/g;

/** The text without what only makes it look as it does, and where its highlights are then. */
export function plainOf(markdown: string, highlights: readonly Highlight[]): PlainText {
  const hidden = new Uint8Array(markdown.length);
  const hide = (from: number, to: number) => hidden.fill(1, from, to);
  for (const pattern of [lineStart, lines, target, reference, comment, emphasis, cell, escape])
    for (const { index, 0: found } of markdown.matchAll(pattern)) hide(index, index + found.length);
  // Only what had an address is a link; other brackets are text.
  for (const pattern of [target, reference])
    for (const { index } of markdown.matchAll(pattern)) {
      const close = pattern === target ? index : index - 1;
      const open = markdown.lastIndexOf("[", close - 1);
      if (open < 0 || close - open > 1_000) continue;
      hide(markdown[open - 1] === "!" ? open - 1 : open, open + 1);
      hide(close, close + 1);
    }
  for (const { index } of markdown.matchAll(escape)) hidden[index + 1] = 0;
  const at = new Uint32Array(markdown.length + 1);
  let text = "";
  let from = 0;
  for (let i = 0, shown = 0; i <= markdown.length; i++) {
    at[i] = shown;
    if (hidden[i] === 1 || i === markdown.length) {
      text += markdown.slice(from, i);
      from = i + 1;
    } else shown++;
  }
  return {
    text,
    highlights: highlights.flatMap(({ start, end }) => {
      const [first = 0, last = 0] = [at[start], at[end]];
      return last > first ? [{ start: first, end: last }] : [];
    }),
  };
}
