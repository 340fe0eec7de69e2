import type { PoolClient } from "pg";
import type { Language } from "./languages.ts";
import type { Atom } from "./query.ts";

/** What an atom is called in the index: as `tsquery` in the languages that were asked for. */
export interface Form {
  /** alternatives, one for each way the languages stem it; empty = a stop word everywhere, or nothing to index */
  readonly queries: readonly string[];
  /** names of the languages that take it for a stop word */
  readonly stops: readonly string[];
}

/**
 * The forms of each atom, in the order they were given. Only PostgreSQL knows what it made of the documents' words, so it
 * is asked for the same of the query's: one statement, whatever the number of atoms and languages.
 */
export async function formsOf(
  client: PoolClient,
  languages: readonly Language[],
  atoms: readonly Pick<Atom, "kind" | "text">[],
): Promise<readonly Form[]> {
  if (atoms.length === 0 || languages.length === 0) return atoms.map(() => ({ queries: [], stops: [] }));
  // The stop words of the stemmers have their accents, those of our configurations have lost them.
  const { rows } = await client.query<{ n: number; language: string; query: string; stop: boolean }>(
    `select a.n::int - 1 as n, l.language,
            (case when a.phrase then phraseto_tsquery(l.configuration, a.text)
                  else plainto_tsquery(l.configuration, a.text) end)::text as query,
            case when l.language = 'simple' or a.phrase then false
                 else coalesce(ts_lexize((l.language || '_stem')::regdictionary, lower(a.text)) = '{}', false) end as stop
       from unnest($1::text[], $2::boolean[]) with ordinality a(text, phrase, n)
      cross join (select name as language, ('tributary_' || name)::regconfig as configuration
                    from unnest($3::text[]) name) l
      order by a.n, l.language`,
    [atoms.map(({ text }) => text), atoms.map(({ kind }) => kind === "phrase"), languages.map(({ name }) => name)],
  );
  const queries = atoms.map(() => new Set<string>());
  const stops = atoms.map((): string[] => []);
  for (const row of rows) {
    if (row.query !== "" && !row.stop) queries[row.n]?.add(row.query);
    if (row.stop || (row.query === "" && atoms[row.n]?.kind === "word")) stops[row.n]?.push(row.language);
  }
  return atoms.map((_, n) => ({ queries: [...(queries[n] ?? [])], stops: stops[n] ?? [] }));
}
