import { segmented } from "./words.ts";

/**
 * What a person typed, read as they meant it: words, "phrases", begin*, -left out, either OR other. Everything is legal;
 * what makes no sense as an operator is taken for text or for nothing.
 */

/** One thing to look for; `text` has no operators left and is never empty. */
export interface Atom {
  readonly kind: "word" | "prefix" | "phrase";
  readonly text: string;
}

/** Either of these; one for what stands alone. */
export type Clause = readonly Atom[];

export interface ParsedQuery {
  /** wanted, each of them */
  readonly clauses: readonly Clause[];
  /** none of these */
  readonly excluded: readonly Atom[];
}

/** A longer text is a pasted page; its first words say enough. */
const clausesMax = 64;
const atomsOfClauseMax = 16;
const excludedMax = 16;
/** What PostgreSQL would not index as a word anyway. */
const atomCharsMax = 200;
const phraseWordsMax = 32;

const quotes = /[\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02]/g;
const token = /(-?)"([^"]*)"|[^\s"]+/g;
/** What only holds a Japanese or Chinese sentence together; PostgreSQL has stop words for neither. */
const particle = /^(?:\p{Script=Hiragana}{1,3}|[的了是在吗呢吧和])$/u;
const telling = /[\p{L}\p{N}]/u;

export function parseQuery(q: string): ParsedQuery {
  const clauses: Atom[][] = [];
  const excluded: Atom[] = [];
  let joins = false;
  for (const match of balanced(q.normalize("NFC").replaceAll(quotes, '"')).matchAll(token)) {
    const [whole, sign, quoted] = match;
    if (quoted === undefined && (whole === "OR" || whole === "|")) {
      joins = clauses.length > 0;
      continue;
    }
    if (quoted === undefined && (whole === "AND" || whole === "&")) continue;
    // Two hyphens are an option of a command, not a wish to leave it out.
    const negative = quoted === undefined ? /^-[^-]/.test(whole) : sign === "-";
    const atoms = quoted === undefined ? atomsOf(whole) : phrase(quoted);
    if (negative) excluded.push(...together(atoms));
    else if (joins) clauses.at(-1)?.push(...together(atoms));
    else for (const atom of atoms) clauses.push([atom]);
    if (atoms.length > 0) joins = false;
  }
  return {
    clauses: distinct(clauses.map((clause) => distinct(clause).slice(0, atomsOfClauseMax))).slice(0, clausesMax),
    excluded: distinct(excluded).slice(0, excludedMax),
  };
}

/** The last quote of an odd number of them opens nothing. */
function balanced(q: string): string {
  const count = q.split('"').length - 1;
  if (count % 2 === 0) return q;
  const last = q.lastIndexOf('"');
  return `${q.slice(0, last)} ${q.slice(last + 1)}`;
}

/** A run of several words is left out, or an alternative, as a whole. */
function together(atoms: readonly Atom[]): readonly Atom[] {
  return atoms.length < 2 ? atoms : [{ kind: "phrase", text: atoms.map((atom) => atom.text).join(" ") }];
}

/** A token without quotes. Several atoms where it has several words: `node.js`, or a script without spaces. */
function atomsOf(text: string): readonly Atom[] {
  const prefix = /[\p{L}\p{N}]\*+[^\p{L}\p{N}]*$/u.test(text);
  const all = piecesOf(text);
  const content = all.filter((piece) => !particle.test(piece));
  const pieces = content.length > 0 ? content : all;
  return pieces.map((piece, i) => ({
    kind: prefix && i === pieces.length - 1 ? ("prefix" as const) : ("word" as const),
    text: piece,
  }));
}

function phrase(text: string): readonly Atom[] {
  const words = piecesOf(text).slice(0, phraseWordsMax);
  if (words.length === 0) return [];
  return [{ kind: words.length === 1 ? "word" : "phrase", text: words.join(" ") }];
}

/** Its words, without operators, punctuation and emoji. */
function piecesOf(text: string): readonly string[] {
  return segmented(text)
    .split(" ")
    .filter((piece) => piece.length <= atomCharsMax && telling.test(piece));
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item).toLowerCase(), item])).values()];
}
