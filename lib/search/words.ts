import { unaccent } from "./accents.ts";

/**
 * What the words of a text are. Texts and queries go through the same functions, so that what was written is found by
 * what is typed, and PostgreSQL gets nothing but words: its own parser would take `lib/search` and `node.js` for one
 * each, and leave out <tags>.
 */

/** Words and numbers are made of letters, their signs, and digits; everything else stands between them. */
const between = /[^\p{L}\p{M}\p{N}]+/gu;
/** Signs of no letter. */
const astray = /(?: |^)\p{M}+/gu;
/** The dot of 3.14 and 1.2.3 stays; \u0001 takes its place for a moment, as no text of ours has it. */
const dots = /(?<=\d)\.(?=\d)/g;
/** Soft hyphens and joiners are inside of words. */
const invisible = /\u00ad|\u200c|\u200d|\u2060|\ufeff/g;
// eslint-disable-next-line no-control-regex -- ASCII as a whole
const plain = /^[\0-\x7f]*$/;

/** Scripts without blanks between words: Han, Hiragana, Katakana; Thai, Lao, Myanmar, Khmer. */
const unspaced =
  /[\u3005-\u3007\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]+|[\u0e01-\u0e3a\u0e40-\u0e4e]+|[\u0e81-\u0edf]+|[\u1000-\u109f\ua9e0-\ua9fe\uaa60-\uaa7f]+|[\u1780-\u17d3\u17dc-\u17dd]+/gu;
const mayBeUnspaced = /[\u0e01-\u0edf\u1000-\u109f\u1780-\u17dd\u3005-\u9fff\ua9e0-\uaa7f\uf900-\ufaff\ud840-\ud888]/;
/** A run is taken apart in pieces: dictionaries take their time with long ones. */
const runMax = 1_000;

const shortest = 2;
const longest = 40;
/** Numbers, codes and hashes are found as they are, and are no words anybody misspells. */
const digitsMax = 4;

let segmenter: Intl.Segmenter | undefined;

function segments(run: string): string {
  segmenter ??= new Intl.Segmenter("ja", { granularity: "word" });
  const words: string[] = [];
  for (let from = 0; from < run.length; from += runMax) {
    for (const { segment } of segmenter.segment(run.slice(from, from + runMax))) words.push(segment);
  }
  return ` ${words.join(" ")} `;
}

/**
 * The text as to_tsvector gets it: words and numbers with one blank between them, in compatibility form (ﬁ is fi), also
 * where their script writes none. Case and accents stay.
 */
export function segmented(text: string): string {
  const simple = plain.test(text);
  const normal = simple ? text : text.normalize("NFKC").replaceAll(invisible, "");
  const spaced = normal.replaceAll(dots, "\u0001").replaceAll(simple ? betweenPlain : between, keepDot);
  const apart = !simple && mayBeUnspaced.test(spaced) ? spaced.replaceAll(unspaced, segments) : spaced;
  return (simple ? apart : apart.replaceAll(astray, " ")).replaceAll(/ {2,}/g, " ").trim();
}

const betweenPlain = /[^A-Za-z0-9]+/g;
const keepDot = (found: string): string => (found === "\u0001" ? "." : " ");

/** The distinct words of a text: lower case, without accents, 2 to 40 characters, of at most four digits. */
export function wordsOf(text: string): Set<string> {
  return wordsOfSegmented(segmented(text));
}

/** The same of what `segmented` gave. */
export function wordsOfSegmented(text: string): Set<string> {
  const words = new Set<string>();
  for (const word of unaccent(text.toLowerCase()).split(" ")) {
    if (word.length < shortest || word.length > longest * 2) continue;
    if (isWord(word)) words.add(word);
  }
  return words;
}

function isWord(word: string): boolean {
  let digits = 0;
  for (let at = 0; at < word.length; at++) {
    const code = word.charCodeAt(at);
    if (code === 46) return false;
    if (code >= 48 && code <= 57 && ++digits > digitsMax) return false;
  }
  if (word.length <= longest && word.charCodeAt(0) < 0xd800) return true;
  const characters = [...word].length;
  return characters >= shortest && characters <= longest;
}
