import type { PoolClient } from "pg";
import { languagesOf } from "./languages.ts";
import { unaccent } from "./accents.ts";
import { parseQuery, type Atom, type Clause } from "./query.ts";
import { formsOf, type Form } from "./stems.ts";
import { beginning, either } from "./tsquery.ts";
import { continuationsMax, lookUp, similarWords, type Word } from "./vocabulary.ts";
import { wordsOf } from "./words.ts";

/** One thing a document should have, as the index knows it. */
export interface Term {
  /** `tsquery`: any of its spellings, in any language */
  readonly query: string;
  /** above 0; the rarer it is, the more it tells */
  readonly weight: number;
  /** 1 = as it was typed; less for what it may have been meant to be */
  readonly exactness: number;
  /** chunks that have it as it is spelt, about; 0 also for what is in no list of words */
  readonly seen: number;
  /** no document is known to have it */
  readonly absent: boolean;
}

export interface SearchPlan {
  /** rarest first; empty = nothing can be found */
  readonly terms: readonly Term[];
  /** `tsquery` of what must not be in a document; undefined = nothing */
  readonly excluded: string | undefined;
}

/** More would not make a result better, only its statement longer; the commonest are let go. */
const termsMax = 20;
const misspeltExactness = 0.75;
/** What is seen less often tells no more than this: it may be there by accident. */
const rareSeen = 30;
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
  const { seen, begun } = await lookUp(client, organizationId, [...new Set([...words.values()].flat())], prefixes);

  const wanted = clauses.flat().filter((atom) => atom.kind === "word");
  const missing = [...new Set(wanted.flatMap((atom) => words.get(atom) ?? []))].filter((word) => !seen.has(word));
  const similar = await similarWords(client, organizationId, missing);

  const others = [...new Set([...similar.values(), ...begun.values()].flat().map(({ word }) => word))];
  const forms = await formsOf(client, languages, [...atoms, ...others.map((text): Atom => ({ kind: "word", text }))]);
  const vocabulary: Vocabulary = {
    words,
    seen,
    begun,
    similar,
    forms: new Map(atoms.map((atom, i) => [atom, forms[i] ?? nothing])),
    others: new Map(others.map((word, i) => [word, forms[atoms.length + i] ?? nothing])),
  };
  return compose(clauses, excluded, vocabulary);
}

const nothing: Form = { queries: [], stop: false };

interface Vocabulary {
  readonly words: ReadonlyMap<Atom, readonly string[]>;
  readonly seen: ReadonlyMap<string, number>;
  readonly begun: ReadonlyMap<string, readonly Word[]>;
  readonly similar: ReadonlyMap<string, readonly Word[]>;
  readonly forms: ReadonlyMap<Atom, Form>;
  readonly others: ReadonlyMap<string, Form>;
}

/** What one atom comes to. */
interface Spelling {
  readonly queries: readonly string[];
  readonly seen: number;
  readonly absent: boolean;
  readonly exact: boolean;
  readonly stop: boolean;
}

function compose(clauses: readonly Clause[], excluded: readonly Atom[], vocabulary: Vocabulary): SearchPlan {
  const resolved = clauses.map((clause) => clause.map((atom) => spell(atom, vocabulary)));
  const telling = resolved.filter((clause) => clause.some((spelling) => !spelling.stop));
  // Somebody may look for nothing but stop words; a language that has no such stop word may find them.
  const terms = (telling.length > 0 ? telling : resolved).flatMap((spellings) => {
    const queries = [...new Set(spellings.flatMap((spelling) => spelling.queries))];
    if (queries.length === 0) return [];
    const seen = spellings.reduce((sum, spelling) => sum + spelling.seen, 0);
    return [
      {
        query: either(queries),
        weight: 1 / Math.log2(2 + Math.max(seen, rareSeen)),
        exactness: spellings.some((spelling) => spelling.exact) ? 1 : misspeltExactness,
        seen,
        absent: spellings.every((spelling) => spelling.absent),
      },
    ];
  });
  const unwanted = excluded.flatMap((atom) => spell(atom, vocabulary).queries);
  return {
    terms: terms.sort((a, b) => b.weight - a.weight || (a.query < b.query ? -1 : 1)).slice(0, termsMax),
    excluded: unwanted.length > 0 ? either([...new Set(unwanted)]) : undefined,
  };
}

function spell(atom: Atom, vocabulary: Vocabulary): Spelling {
  const form = vocabulary.forms.get(atom) ?? nothing;
  const words = vocabulary.words.get(atom) ?? [];
  if (atom.kind === "prefix") return begin(atom, vocabulary);
  const counts = words.map((word) => vocabulary.seen.get(word) ?? 0);
  const seen = counts.length > 0 ? Math.min(...counts) : 0;
  const queries =
    unspaced.test(atom.text) && atom.kind === "word" ? [...form.queries, beginning(atom.text)] : form.queries;
  // Single letters and long numbers are in no list of words.
  const absent = counts.length > 0 && seen === 0;
  const asTyped: Spelling = { queries, seen, absent, exact: true, stop: form.stop };
  const [word] = words;
  if (!absent || form.stop || words.length !== 1 || word === undefined) return asTyped;
  const similar = vocabulary.similar.get(word) ?? [];
  const related = similar.filter((other) => sharesStem(form, vocabulary.others.get(other.word)));
  // Another form of the same word is in the documents: it was spelt well.
  if (related.length > 0) return { ...asTyped, absent: false, seen: Math.max(...related.map((other) => other.seen)) };
  if (similar.length === 0) return asTyped;
  return {
    queries: similar.flatMap((other) => vocabulary.others.get(other.word)?.queries ?? []),
    seen: similar.reduce((sum, other) => sum + other.seen, 0),
    absent: false,
    exact: false,
    stop: false,
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
  return { queries: [...new Set([...direct, ...stems])], seen, absent: seen === 0, exact: true, stop: false };
}

function prefixOf(atom: Atom): string {
  return unaccent(atom.text.toLowerCase());
}

function sharesStem(a: Form, b: Form | undefined): boolean {
  return b !== undefined && a.queries.some((query) => b.queries.includes(query));
}
