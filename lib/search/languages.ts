import type { PoolClient } from "pg";

/** Which languages an organization has documents in: a query's words are stemmed in all of them. */

export interface Language {
  /** as in documents.language: english, german, …, simple */
  readonly name: string;
  /** that are in it; very many are not counted to the end */
  readonly documents: number;
}

const rememberedMs = 30_000;
const organizationsMax = 1_000;
const languagesMax = 16;
/** Documents counted of each language; more do not matter. */
const countMax = 4_000;

interface Remembered {
  readonly until: number;
  readonly languages: readonly Language[];
}

const remembered = new Map<string, Remembered>();

/**
 * Most common first, at most 16. Remembered for half a minute, by this process: a new language's first documents may be
 * found by its stems that much later. Until then they are found by the words as they are written in most cases.
 */
export async function languagesOf(client: PoolClient, organizationId: string): Promise<readonly Language[]> {
  const known = remembered.get(organizationId);
  if (known && known.until > performance.now()) return known.languages;
  const languages = await read(client, organizationId);
  if (remembered.size >= organizationsMax) remembered.clear();
  // An organization without documents is about to get some.
  if (languages.length > 0) remembered.set(organizationId, { until: performance.now() + rememberedMs, languages });
  return languages;
}

/** For tests that add documents in new languages. */
export function forgetLanguages(): void {
  remembered.clear();
}

/** Walks from one language to the next one in the index rather than over all documents. */
async function read(client: PoolClient, organizationId: string): Promise<readonly Language[]> {
  const { rows } = await client.query<{ language: string; documents: number }>(
    `with recursive named(language) as (
       (select language from documents where organization_id = $1 and deleted_at is null and language is not null
         order by language limit 1)
       union all
       select (select d.language from documents d
                where d.organization_id = $1 and d.deleted_at is null and d.language > named.language
                order by d.language limit 1)
         from named where named.language is not null)
     select language, (select count(*) from (
         select 1 from documents d
          where d.organization_id = $1 and d.deleted_at is null and d.language = named.language
          limit ${countMax}) few)::int as documents
       from named where language is not null
        -- one that this database cannot stem is not asked for
        and exists (select 1 from pg_ts_config where cfgname = 'tributary_' || language)
      order by documents desc, language limit ${languagesMax}`,
    [organizationId],
  );
  return rows.map(({ language, documents }) => ({ name: language, documents }));
}
