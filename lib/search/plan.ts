import type { PoolClient } from "pg";
import { isFraming, isSentence } from "./framing.ts";
import { languagesOf, type Language } from "./languages.ts";
import { unaccent } from "./accents.ts";
import { parseQuery, type Atom, type Clause } from "./query.ts";
import { formsOf, type Form } from "./stems.ts";
import { beginning, either } from "./tsquery.ts";
import { continuationsMax, lookUp, similarWords, type SimilarWord, type Word } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** One thing a document should have, as the index knows it. */
export interface Term {
  /** `tsquery`: any of its spellings, in any language */
  readonly query: string;
  /** above 0: the information in it, `ln(1 + chunks / chunks that have it)`, or a part of that */
  readonly weight: number;
  /** 1 = as it was typed; less for what it may have been meant to be */
  readonly exactness: number;
  /** chunks that have it as it is spelt, about; 0 also for what is in no list of words */
  readonly seen: number;
  /** no document is known to have it */
  readonly absent: boolean;
  /** says little (the, how, many): no document need have it. Never all of a plan's terms */
  readonly optional: boolean;
}

export interface SearchPlan {
  /** rarest first; empty = nothing can be found */
  readonly terms: readonly Term[];
  /** `tsquery` of what must not be in a document; undefined = nothing */
  readonly excluded: string | undefined;
}

/** More would not make a result better, only its statement longer; the commonest are let go. */
const termsMax = 20;
const optionalMax = 4;
/** Of the rarest word's weight: looking for what has less makes no difference. */
const optionalLeast = 0.05;
/** What a corrected word is worth, by the letters that were wrong. */
const misspeltExactness = [1, 0.95, 0.9, 0.8];
/** What no document has counts for half of what a word of one document does: it may be a detail, or all that matters. */
const absentShare = 0.5;
/** Of a word's information, what counts of it: of a stop word; of what may be one, or only makes a sentence. */
const stopShare = 0.05;
const lightShare = 0.25;
/**
 * So common in their languages that most chunks have one of them: what is known of these tells how many chunks there are.
 * Both counts only grow, so they are wrong in the same proportion.
 */
const yardsticks =
  `the and und der les des que los del che per dat het een och att som det med για και для что это как на не
  the uma para ve bir ja on és az și של في من です ます する`.split(/\s+/);
/** What is in no list of words: single letters are common, a long number is what somebody looks for. */
const singleLetter = /^[\p{L}\p{N}]$/u;
const unlistedShare = 1 / 20;
/** Scripts without spaces: what a longer run begins with is likely a word of it. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** What to ask the index for, given the languages and words the organization has. */
export async function planSearch(client: PoolClient, organizationId: string, q: string): Promise<SearchPlan> {
  const { clauses, excluded } = parseQuery(q);
  if (clauses.length === 0) return { terms: [], excluded: undefined };
  const languages = await languagesOf(client, organizationId);
  if (languages.length === 0) return { terms: [], excluded: undefined };

  const atoms = [...clauses.flat(), ...excluded];
  const words = new Map(atoms.map((atom) => [atom, [...wordsOf(atom.text)]]));
  const prefixes = atoms.filter((atom) => atom.kind === "prefix").map(prefixOf);
  const distinct = [...new Set([...[...words.values()].flat(), ...yardsticks])];
  const { seen, begun } = await lookUp(client, organizationId, distinct, prefixes);

  const sentence = isSentence(q, clauses.length);
  const framing = new Set(clauses.flat().filter((atom) => atom.kind === "word" && sentence && isFraming(atom.text)));
  const wanted = clauses.flat().filter((atom) => atom.kind === "word" && !isFraming(atom.text));
  const missing = [...new Set(wanted.flatMap((atom) => words.get(atom) ?? []))].filter((word) => !seen.has(word));
  const similar = await similarWords(client, organizationId, missing);

  const others = [...new Set([...similar.values(), ...begun.values()].flat().map(({ word }) => word))];
  const forms = await formsOf(client, languages, [...atoms, ...others.map((text): Atom => ({ kind: "word", text }))]);
  const vocabulary: Vocabulary = {
    words,
    seen,
    begun,
    similar,
    chunks: Math.max(
      1,
      ...seen.values(),
      languages.reduce((sum, { documents }) => sum + documents, 0),
    ),
    framing,
    languages,
    forms: new Map(atoms.map((atom, i) => [atom, forms[i] ?? nothing])),
    others: new Map(others.map((word, i) => [word, forms[atoms.length + i] ?? nothing])),
  };
  return compose(clauses, excluded, vocabulary);
}

const nothing: Form = { queries: [], stops: [] };

interface Vocabulary {
  readonly words: ReadonlyMap<Atom, readonly string[]>;
  readonly seen: ReadonlyMap<string, number>;
  readonly begun: ReadonlyMap<string, readonly Word[]>;
  readonly similar: ReadonlyMap<string, readonly SimilarWord[]>;
  /** chunks of the organization, about */
  readonly chunks: number;
  /** atoms that only make a sentence of the others */
  readonly framing: ReadonlySet<Atom>;
  readonly languages: readonly Language[];
  readonly forms: ReadonlyMap<Atom, Form>;
  readonly others: ReadonlyMap<string, Form>;
}

/** What one atom comes to. */
interface Spelling {
  readonly queries: readonly string[];
  readonly seen: number;
  readonly absent: boolean;
  /** 1 = as it was typed */
  readonly exactness: number;
  /** of its information, what it is worth: 1 unless it is, or may be, a word that says little */
  readonly share: number;
}

function compose(clauses: readonly Clause[], excluded: readonly Atom[], vocabulary: Vocabulary): SearchPlan {
  const shares = sharesOf(clauses, vocabulary);
  const resolved = clauses
    .map((clause) =>
      together(
        clause.map((atom) => spell(atom, shares.get(atom) ?? 1, vocabulary)),
        vocabulary.chunks,
      ),
    )
    .filter((term) => term.query !== "");
  const telling = resolved.filter((term) => !term.optional);
  const rarest = Math.max(0, ...telling.map((term) => term.weight));
  const worthwhile = resolved
    .filter((term) => term.optional && !term.absent && term.weight >= rarest * optionalLeast)
    .sort(rarestFirst)
    .slice(0, optionalMax);
  // Somebody may look for nothing but stop words; a language that has no such stop word may find them.
  const terms =
    telling.length > 0 ? [...telling, ...worthwhile] : resolved.map((term) => ({ ...term, optional: false }));
  const unwanted = excluded.flatMap((atom) => spell(atom, 1, vocabulary).queries);
  return {
    terms: terms.sort((a, b) => Number(a.optional) - Number(b.optional) || rarestFirst(a, b)).slice(0, termsMax),
    excluded: unwanted.length > 0 ? either([...new Set(unwanted)]) : undefined,
  };
}

function rarestFirst(a: Term, b: Term): number {
  return b.weight - a.weight || (a.query < b.query ? -1 : 1);
}

/** The term that any of these spellings meets. */
function together(spellings: readonly Spelling[], chunks: number): Term {
  const found = spellings.filter(({ queries }) => queries.length > 0);
  const queries = [...new Set(found.flatMap((spelling) => spelling.queries))];
  const seen = found.reduce((sum, spelling) => sum + spelling.seen, 0);
  const absent = found.every((spelling) => spelling.absent);
  const share = Math.max(0, ...found.map((spelling) => spelling.share));
  const information = Math.log(1 + chunks / Math.max(1, seen)) * (absent ? absentShare : 1);
  return {
    query: queries.length > 0 ? either(queries) : "",
    weight: information * share,
    exactness: Math.max(0, ...found.map((spelling) => spelling.exactness)),
    seen,
    absent,
    optional: share < 1,
  };
}

/**
 * What each word is worth. A stop word of the language most documents are in is one. A stop word of another language may
 * be a word that matters in the first (German "war", French "ai"): it says little, and next to nothing only where the
 * query has two of that language's and so is likely written in it.
 */
function sharesOf(clauses: readonly Clause[], vocabulary: Vocabulary): ReadonlyMap<Atom, number> {
  const main = vocabulary.languages[0]?.name ?? "";
  const atoms = clauses.flat().filter(({ kind }) => kind === "word");
  const stops = new Map(atoms.map((atom) => [atom, vocabulary.forms.get(atom)?.stops ?? []]));
  const times = new Map<string, number>();
  for (const names of stops.values())
    if (!names.includes(main)) for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  const shouted = atoms.every(({ text }) => acronym.test(text));
  return new Map(
    atoms.map((atom) => {
      const names = stops.get(atom) ?? [];
      if (names.includes(main)) return [atom, stopShare];
      if (names.length > 0 && !shouted && acronym.test(atom.text)) return [atom, 1];
      if (names.some((name) => (times.get(name) ?? 0) > 1)) return [atom, stopShare];
      return [atom, names.length > 0 || vocabulary.framing.has(atom) ? lightShare : 1];
    }),
  );
}

const acronym = /^\p{Lu}{2,}$/u;

function spell(atom: Atom, share: number, vocabulary: Vocabulary): Spelling {
  const form = vocabulary.forms.get(atom) ?? nothing;
  const words = vocabulary.words.get(atom) ?? [];
  if (atom.kind === "prefix") return begin(atom, vocabulary);
  const counts = words.map((word) => vocabulary.seen.get(word) ?? 0);
  const seen =
    counts.length > 0 ? Math.min(...counts) : singleLetter.test(atom.text) ? vocabulary.chunks * unlistedShare : 0;
  const queries =
    unspaced.test(atom.text) && atom.kind === "word" ? [...form.queries, beginning(atom.text)] : form.queries;
  // Single letters and long numbers are in no list of words.
  const absent = counts.length > 0 && seen === 0;
  const asTyped: Spelling = { queries, seen, absent, exactness: 1, share };
  const [word] = words;
  if (!absent || share < 1 || words.length !== 1 || word === undefined) return asTyped;
  const main = vocabulary.languages[0]?.name ?? "";
  // Nobody is taken to have meant a stop word.
  const similar = (vocabulary.similar.get(word) ?? []).filter(
    (other) => !vocabulary.others.get(other.word)?.stops.includes(main),
  );
  const related = similar.filter((other) => sharesStem(form, vocabulary.others.get(other.word)));
  // Another form of the same word is in the documents: it was spelt well.
  if (related.length > 0) return { ...asTyped, absent: false, seen: Math.max(...related.map((other) => other.seen)) };
  if (similar.length === 0) return asTyped;
  return {
    queries: similar.flatMap((other) => vocabulary.others.get(other.word)?.queries ?? []),
    seen: similar.reduce((sum, other) => sum + other.seen, 0),
    absent: false,
    exactness: misspeltExactness[Math.min(...similar.map((other) => other.distance))] ?? 0.8,
    share,
  };
}

/**
 * `begin*`: the words that begin so, as they are stemmed. If those are not too many, also whatever begins so in the
 * index, for what is in no list of words; the index takes long to put together all that begins with one or two letters.
 */
function begin(atom: Atom, vocabulary: Vocabulary): Spelling {
  const prefix = prefixOf(atom);
  const begun = vocabulary.begun.get(prefix) ?? [];
  const stems = begun.flatMap(({ word }) => vocabulary.others.get(word)?.queries ?? []);
  const seen = begun.reduce((sum, word) => sum + word.seen, 0);
  const direct = begun.length < continuationsMax ? [beginning(prefix)] : [];
  return { queries: [...new Set([...direct, ...stems])], seen, absent: seen === 0, exactness: 1, share: 1 };
}

function prefixOf(atom: Atom): string {
  return unaccent(atom.text.toLowerCase());
}

function sharesStem(a: Form, b: Form | undefined): boolean {
  return b !== undefined && a.queries.some((query) => b.queries.includes(query));
}
