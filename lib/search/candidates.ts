import type { PoolClient } from "pg";
import { whereOf, type DocumentFilter, type DocumentScope, type Removals, type Where } from "#lib/documents/where.ts";
import type { SearchPlan, Term } from "./plan.ts";
import { all, either } from "./tsquery.ts";

/** Where to look: what the caller can see, narrowed by what they asked for. */
export interface SearchSpace {
  readonly scope: DocumentScope;
  readonly filter: DocumentFilter;
  readonly removals: Removals;
}

/** A chunk that has something of what is looked for. */
export interface Candidate {
  readonly documentId: string;
  readonly position: number;
  /** `ts_rank`: how often, how close together, and whether in a title */
  readonly rank: number;
  /** bit i = it has term i of the plan */
  readonly mask: number;
  /** chunks of the same document among the candidates */
  readonly hits: number;
}

/** Matches that are ranked; of more of them, which words are that common, the first ones stand for all. */
export const matchesMax = 1_500;

export interface Wanted {
  /** candidates at most, and of one document */
  readonly chunks: number;
  readonly perDocument: number;
  /** matches that are ranked; the default is `matchesMax` */
  readonly matches?: number;
}

/** Chunks with all of the terms, best first. */
export async function chunksWithAll(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const found = await candidates(client, space, plan, all(plan.terms.map(({ query }) => query)), [], wanted);
  const complete = 2 ** plan.terms.length - 1;
  return found.map((candidate) => ({ ...candidate, mask: complete }));
}

/** Chunks with the rarest term and any other. */
export async function chunksWithMost(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const [rarest, ...others] = known(plan.terms);
  if (!rarest || others.length < 2) return [];
  const query = all([rarest.query, either(others.map((term) => term.query))]);
  return candidates(client, space, plan, query, plan.terms, wanted);
}

/** Chunks with any of the rarer terms. */
export async function chunksWithAny(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const terms = known(plan.terms).slice(0, 4);
  if (terms.length === 0) return [];
  return candidates(client, space, plan, either(terms.map((term) => term.query)), plan.terms, wanted);
}

/** Without what no document is known to have, unless there is nothing else. */
function known(terms: readonly Term[]): readonly Term[] {
  const there = terms.filter((term) => !term.absent);
  return there.length > 0 ? there : terms;
}

async function candidates(
  client: PoolClient,
  space: SearchSpace,
  { excluded }: SearchPlan,
  query: string,
  marked: readonly Term[],
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const where = spaceConditions(space);
  const bound = `${where.value(query)}::tsquery`;
  const tags = tagsOf(space);
  const narrowed = [
    "c.organization_id = $1",
    `c.vector @@ ${bound}`,
    ...(tags.length > 0 ? [`c.tags @> ${where.value(tags)}::text[]`] : []),
    ...(space.filter.ids ? [`c.document_id = any(${where.value(space.filter.ids)}::text[])`] : []),
    ...(excluded === undefined
      ? []
      : [
          `not exists (select 1 from chunks x where x.organization_id = $1 and x.document_id = c.document_id
            and x.vector @@ ${where.value(excluded)}::tsquery)`,
        ]),
  ];
  const mask = maskOf(
    "c.vector",
    marked.map((term) => term.query),
    where,
  );
  const coverage = marked.map((term, i) => `(mask >> ${i} & 1) * ${(term.weight * term.exactness).toFixed(6)}::real`);
  const best = [...(coverage.length > 0 ? [`${coverage.join(" + ")} desc`] : []), "rank desc"].join(", ");
  const { rows } = await client.query<{
    document_id: string;
    position: number;
    rank: number;
    mask: number;
    hits: string;
  }>(
    `with found as materialized (
       select c.document_id, c.position, ts_rank(c.vector, ${bound}) as rank, ${mask} as mask
         from chunks c join documents d on d.id = c.document_id
        where ${narrowed.join(" and ")} and ${where}
        limit ${where.value(wanted.matches ?? matchesMax)}::int),
     placed as (
       select *, count(*) over (partition by document_id) as hits,
              row_number() over (partition by document_id order by ${best}, position) as place
         from found)
     select document_id, position, rank, mask, hits from placed where place <= ${where.value(wanted.perDocument)}::int
      order by ${best}, document_id, position limit ${where.value(wanted.chunks)}::int`,
    where.values,
  );
  return rows.map((row) => ({
    documentId: row.document_id,
    position: row.position,
    rank: row.rank,
    mask: row.mask,
    hits: Number(row.hits),
  }));
}

/** Conditions on `documents d`: they decide, whatever an index says. */
export function spaceConditions({ scope, filter, removals }: SearchSpace): Where {
  return whereOf(scope, filter, removals);
}

/** An integer with bit i set where query i matches. */
export function maskOf(vector: string, queries: readonly string[], where: Where): string {
  if (queries.length === 0) return "0";
  return queries.map((query, i) => `((${vector} @@ ${where.value(query)}::tsquery)::int << ${i})`).join(" | ");
}

function tagsOf({ scope, filter }: SearchSpace): readonly string[] {
  return [...(scope.container === undefined ? [] : [scope.container]), ...(filter.containerTags ?? [])];
}
