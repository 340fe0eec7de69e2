import type { PoolClient } from "pg";
import { unaccent } from "./accents.ts";
import type { Term } from "./plan.ts";
import { anyLexeme, lexemesOf } from "./tsquery.ts";
import { segmented } from "./words.ts";

/** A part of a text that matched, as offsets in UTF-16 code units: `text.slice(start, end)`. */
export interface Highlight {
  readonly start: number;
  readonly end: number;
}

export interface Highlightable {
  /** text search configuration of its document, without the prefix */
  readonly language: string;
  readonly text: string;
}

const highlightsMax = 200;
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
/** Words as the index has them (words.ts): soft hyphens are inside of them, and so are the dots of 1.2.3. */
const wordPattern =
  /(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])(?:[\p{L}\p{N}\p{M}\u00ad]|\u200c|\u200d|\u2060)|(?<=\d)\.(?=\d))+/gu;
const wordCharsMax = 200;
/** Their stemmers also take away beginnings, so a word's first letter says nothing. */
const stemsBeginnings: ReadonlySet<string> = new Set(["arabic", "indonesian", "dutch", "tamil", "hindi", "nepali"]);

/**
 * What matched in each text, in order, without overlaps. The words of the texts that might match are handed to PostgreSQL
 * once, to be stemmed as the index stems them; words of scripts without spaces are looked for as they are.
 */
export async function highlight(
  client: PoolClient,
  terms: readonly Term[],
  texts: readonly Highlightable[],
): Promise<readonly (readonly Highlight[])[]> {
  const queries = terms.map((term) => term.query);
  const lexemes = lexemesOf(queries);
  const runs = lexemes.filter((lexeme) => unspaced.test(lexeme));
  const initials = new Set(lexemes.map(initialOf));
  const found = texts.map(({ language, text }) => {
    const plausible = (word: string) => stemsBeginnings.has(language) || initials.has(initialOf(word));
    return {
      language,
      words: [...text.matchAll(wordPattern)].filter(([word]) => word.length <= wordCharsMax && plausible(word)),
      runs: runs.flatMap((run) => occurrences(text, run)),
    };
  });
  const matches = await matchingWords(
    client,
    anyLexeme(queries),
    found.flatMap(({ language, words }) => words.map(([word]) => ({ language, word }))),
  );
  return found.map(({ language, words, runs: direct }) => {
    const matched = words
      .filter(([word]) => matches.has(keyOf(language, word)))
      .map(({ index, 0: word }) => ({ start: index, end: index + word.length }));
    return merged([...matched, ...direct]).slice(0, highlightsMax);
  });
}

async function matchingWords(
  client: PoolClient,
  query: string,
  words: readonly { readonly language: string; readonly word: string }[],
): Promise<ReadonlySet<string>> {
  const distinct = [...new Map(words.map((each) => [keyOf(each.language, each.word), each])).values()];
  if (distinct.length === 0 || query === "") return new Set();
  const { rows } = await client.query<{ language: string; word: string }>(
    `select w.language, w.word from unnest($2::text[], $3::text[], $4::text[]) w(language, word, indexed)
      where to_tsvector(('tributary_' || w.language)::regconfig, w.indexed) @@ $1::tsquery`,
    [
      query,
      distinct.map(({ language }) => language),
      distinct.map(({ word }) => word),
      distinct.map(({ word }) => segmented(word)),
    ],
  );
  return new Set(rows.map(({ language, word }) => keyOf(language, word)));
}

function keyOf(language: string, word: string): string {
  return `${language} ${word}`;
}

/** First letter without its accent. */
function initialOf(word: string): string {
  return unaccent(word.slice(0, 4).normalize("NFKC").toLowerCase()).slice(0, 1);
}

function occurrences(text: string, run: string): readonly Highlight[] {
  const found: Highlight[] = [];
  for (let at = text.indexOf(run); at >= 0 && found.length < highlightsMax; at = text.indexOf(run, at + run.length))
    found.push({ start: at, end: at + run.length });
  return found;
}

/** In order; what overlaps or touches becomes one. */
function merged(parts: readonly Highlight[]): readonly Highlight[] {
  const result: Highlight[] = [];
  for (const part of [...parts].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last && part.start <= last.end)
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, part.end) };
    else result.push(part);
  }
  return result;
}
