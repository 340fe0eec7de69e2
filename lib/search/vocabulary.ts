import type { PoolClient } from "pg";
import { editDistance } from "./edit-distance.ts";

/** The words an organization's documents have (table `words`): how common they are, how they go on, what is like them. */

export interface Word {
  readonly word: string;
  /** chunks that have it, about */
  readonly seen: number;
}

export interface SimilarWord extends Word {
  /** letters that differ from what was typed */
  readonly distance: number;
}

/** Words that begin so, at most; the most common ones. */
export const continuationsMax = 48;
const similarMax = 3;
/** Words of one query that are looked at so closely. */
const misspeltMax = 8;
/** Trigrams find these, letters decide. */
const candidatesMax = 60;

/** Which of the words there are, and how the prefixes go on. */
export async function lookUp(
  client: PoolClient,
  organizationId: string,
  words: readonly string[],
  prefixes: readonly string[],
): Promise<{ readonly seen: ReadonlyMap<string, number>; readonly begun: ReadonlyMap<string, readonly Word[]> }> {
  const { rows } = await client.query<Word & { prefix: string | null }>(
    `select null as prefix, w.word, w.seen from words w where w.organization_id = $1 and w.word = any($2::text[])
     union all
     select p.prefix, w.word, w.seen
       from unnest($3::text[], $4::text[]) p(prefix, pattern) cross join lateral (
         select word, seen from words where organization_id = $1 and word like p.pattern
          order by seen desc, word limit ${continuationsMax}) w`,
    [organizationId, words, prefixes, prefixes.map((prefix) => `${prefix.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`)],
  );
  const seen = new Map<string, number>();
  const begun = new Map<string, Word[]>(prefixes.map((prefix) => [prefix, []]));
  for (const { prefix, word, seen: count } of rows)
    if (prefix === null) seen.set(word, count);
    else begun.get(prefix)?.push({ word, seen: count });
  return { seen, begun };
}

/** What somebody who typed this may have meant, likeliest first; only words that can be told apart by their letters. */
export async function similarWords(
  client: PoolClient,
  organizationId: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, readonly SimilarWord[]>> {
  const misspellable = words
    .filter((word) => /^\p{L}{3,40}$/u.test(word) && !/\p{Lo}/u.test(word))
    .slice(0, misspeltMax);
  if (misspellable.length === 0) return new Map();
  const slips = misspellable.flatMap((word) => slipsOf(word).map((slip) => [word, slip] as const));
  const { rows } = await client.query<Word & { asked: string }>(
    `select a.asked, w.word, w.seen
       from unnest($2::text[]) a(asked) cross join lateral (
         select word, seen from words where organization_id = $1 and word % a.asked
          order by similarity(word, a.asked) desc, seen desc, word limit ${candidatesMax}) w
     union
     select s.asked, w.word, w.seen
       from unnest($3::text[], $4::text[]) s(asked, word) join words w on w.organization_id = $1 and w.word = s.word`,
    [organizationId, misspellable, slips.map(([asked]) => asked), slips.map(([, slip]) => slip)],
  );
  return new Map(
    misspellable.map((asked) => [
      asked,
      likeliest(
        asked,
        rows.filter((row) => row.asked === asked),
      ),
    ]),
  );
}

/** Letters that may be wrong in a word of this length. */
export function slipsAllowed(length: number): number {
  if (length <= 5) return 1;
  return length <= 9 ? 2 : 3;
}

/** Two letters swapped, one too many: in short words that leaves hardly a trigram in common. */
function slipsOf(word: string): readonly string[] {
  const letters = [...word];
  if (letters.length > 12) return [];
  const swapped = letters
    .slice(1)
    .map((_, i) => [...letters.slice(0, i), letters[i + 1], letters[i], ...letters.slice(i + 2)].join(""));
  const shorter = letters.map((_, i) => [...letters.slice(0, i), ...letters.slice(i + 1)].join(""));
  return [...new Set([...swapped, ...shorter])].filter((slip) => slip !== word);
}

function likeliest(asked: string, words: readonly Word[]): readonly SimilarWord[] {
  const max = slipsAllowed([...asked].length);
  const scored = words
    .filter(({ word }) => word !== asked)
    .map(({ word, seen }) => {
      const distance = editDistance(asked, word, max);
      const first = [...asked][0] === [...word][0];
      return { word, seen, distance, likelihood: distance + (first ? 0 : 1) - Math.log10(1 + seen) / 4 };
    })
    .filter(({ distance }) => distance <= max)
    .sort((a, b) => a.likelihood - b.likelihood || (a.word < b.word ? -1 : 1));
  const best = scored[0]?.likelihood ?? 0;
  return scored
    .filter(({ likelihood }) => likelihood <= best + 0.5)
    .slice(0, similarMax)
    .map(({ word, seen, distance }) => ({ word, seen, distance }));
}
