import type { PoolClient } from "pg";
import type { Where } from "#lib/documents/where.ts";
import type { SearchPlan, Term } from "./plan.ts";
import { placeKey } from "./chunks.ts";
import { partOf, sampleOf } from "./sample.ts";
import { isIndexed, isNarrow, spaceConditions, tagsOf, type SearchSpace } from "./space.ts";
import { all, either, marksOf } from "./tsquery.ts";

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
/** Terms of which any is enough, at most. */
const anyMax = 4;
/** Of these, when only some matches were looked at, in titles. */
const titledMax = 1_000;

export interface Wanted {
  /** candidates at most, and of one document */
  readonly chunks: number;
  readonly perDocument: number;
  /** documents that are enough */
  readonly documents: number;
  /** rank exactly so many matches; the default is `matchesMax`, or a part of very many */
  readonly matches?: number;
}

/** Chunks with all of the terms that are not optional, best first. */
export async function chunksWithAll(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const terms = required(plan.terms);
  const query = all(terms.map((term) => term.query));
  const seen = Math.min(...terms.map((term) => term.seen));
  const found = await candidates(client, space, plan, query, seen, plan.terms.slice(terms.length), wanted);
  const complete = 2 ** terms.length - 1;
  return found.map((candidate) => ({ ...candidate, mask: (candidate.mask << terms.length) | complete }));
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
  return candidates(client, space, plan, query, rarest.seen, plan.terms, wanted);
}

/**
 * Chunks with the rarest term or, as long as these are few enough to be ranked, another one: among very many chunks with
 * a common word, those with the rare one would not be seen.
 */
export async function chunksWithAny(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const terms: Term[] = [];
  let sum = 0;
  for (const term of known(plan.terms).slice(0, anyMax)) {
    sum += term.seen;
    if (terms.length > 0 && sum > (wanted.matches ?? matchesMax)) break;
    terms.push(term);
  }
  if (terms.length === 0) return [];
  const query = either(terms.map((term) => term.query));
  const seen = Math.max(...terms.map((term) => term.seen));
  return candidates(client, space, plan, query, seen, plan.terms, wanted);
}

/** What a document should have. These come first in a plan. */
function required(terms: readonly Term[]): readonly Term[] {
  return terms.filter((term) => !term.optional);
}

/** Of these, without what no document is known to have, unless there is nothing else. */
function known(terms: readonly Term[]): readonly Term[] {
  const there = required(terms).filter((term) => !term.absent);
  return there.length > 0 ? there : required(terms);
}

async function candidates(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  query: string,
  seen: number,
  marked: readonly Term[],
  wanted: Wanted,
): Promise<readonly Candidate[]> {
  const search: Ranking = { query, marked, excluded: plan.excluded, wanted, within: [] };
  const most = wanted.matches ?? matchesMax;
  const sample =
    isIndexed(space) && wanted.matches === undefined ? await sampleOf(client, space, query, seen) : undefined;
  let found = await ranked(client, space, { ...search, within: sample === undefined ? [] : [sample] });
  const partial = sample !== undefined && found.matches >= most / 4;
  if (sample !== undefined && !partial) found = await ranked(client, space, search);
  if (!partial && found.matches < most) return found.candidates;
  // A few long documents may have filled all places: then some matches of every one are looked at, too.
  const crowded = isIndexed(space) && documentsIn(found.candidates) < wanted.documents;
  const spread = crowded
    ? await ranked(client, space, { ...search, within: [partOf(partial ? 1 / 64 : 1 / 16)] })
    : undefined;
  // Only some of the matches were looked at: those in titles must be among them.
  const titles = marksOf(required(plan.terms).map((term) => term.query));
  const titled = await ranked(client, space, {
    ...search,
    within: [titles],
    wanted: { ...wanted, matches: titledMax },
  });
  const every = [...found.candidates, ...(spread?.candidates ?? []), ...titled.candidates];
  return [...new Map(every.map((each) => [placeKey(each), each])).values()];
}

function documentsIn(chunks: readonly Candidate[]): number {
  return new Set(chunks.map(({ documentId }) => documentId)).size;
}

interface Ranking {
  readonly query: string;
  /** terms the mask tells */
  readonly marked: readonly Term[];
  readonly excluded: string | undefined;
  readonly wanted: Wanted;
  /** `tsquery` of what else a chunk must have */
  readonly within: readonly string[];
}

interface RankedMatches {
  readonly candidates: readonly Candidate[];
  /** of them all */
  readonly matches: number;
}

/**
 * Where nearly everything may be found, ranking does without the documents, which takes a third of its time; what it
 * finds is checked afterwards, and if too little of it is left, all is asked again, documents first.
 */
async function ranked(client: PoolClient, space: SearchSpace, ranking: Ranking): Promise<RankedMatches> {
  if (isNarrow(space)) return rankMatches(client, space, ranking, "first");
  const found = await rankMatches(client, space, ranking, "afterwards");
  if (!found.hidden || documentsIn(found.candidates) >= ranking.wanted.documents) return found;
  return rankMatches(client, space, ranking, "first");
}

async function rankMatches(
  client: PoolClient,
  space: SearchSpace,
  { query, marked, excluded, wanted, within }: Ranking,
  documents: "first" | "afterwards",
): Promise<RankedMatches & { readonly hidden: boolean }> {
  const where = spaceConditions(space);
  const bound = `${where.value(query)}::tsquery`;
  const tags = tagsOf(space);
  const narrowed = [
    `c.vector @@ ${bound}`,
    ...within.map((each) => `c.vector @@ ${where.value(each)}::tsquery`),
    ...(space.alone ? [] : ["c.organization_id = $1"]),
    ...(tags.length > 0 ? [`c.tags @> ${where.value(tags)}::text[]`] : []),
    ...(space.filter.ids ? [`c.document_id = any(${where.value(space.filter.ids)}::text[])`] : []),
    ...(excluded === undefined
      ? []
      : [
          `not exists (select 1 from chunks x where x.document_id = c.document_id
            ${space.alone ? "" : "and x.organization_id = $1"} and x.vector @@ ${where.value(excluded)}::tsquery)`,
        ]),
  ];
  const mask = maskOf(
    "c.vector",
    marked.map((term) => term.query),
    where,
  );
  const coverage = marked.map((term, i) => `(mask >> ${i} & 1) * ${(term.weight * term.exactness).toFixed(6)}::real`);
  const best = [...(coverage.length > 0 ? [`${coverage.join(" + ")} desc`] : []), "rank desc"].join(", ");
  const [join, conditions, visible] =
    documents === "first"
      ? ["join documents d on d.id = c.document_id", `and ${where}`, "true"]
      : ["", "", `exists (select 1 from documents d where d.id = document_id and ${where})`];
  const { rows } = await client.query<{
    document_id: string;
    position: number;
    rank: number;
    mask: number;
    hits: string;
    visible: boolean;
    matches: string;
  }>(
    `with found as materialized (
       select c.document_id, c.position, ts_rank(c.vector, ${bound}) as rank, ${mask} as mask
         from chunks c ${join} where ${narrowed.join(" and ")} ${conditions}
        limit ${where.value(wanted.matches ?? matchesMax)}::int),
     placed as (
       select *, count(*) over (partition by document_id) as hits,
              row_number() over (partition by document_id order by ${best}, position) as place
         from found),
     best as (
       select * from placed where place <= ${where.value(wanted.perDocument)}::int
        order by ${best}, document_id, position limit ${where.value(wanted.chunks)}::int)
     select document_id, position, rank, mask, hits, ${visible} as visible, (select count(*) from found) as matches
       from best order by ${best}, document_id, position`,
    where.values,
  );
  const seen = rows.filter((row) => row.visible);
  return {
    candidates: seen.map((row) => ({
      documentId: row.document_id,
      position: row.position,
      rank: row.rank,
      mask: row.mask,
      hits: Number(row.hits),
    })),
    matches: Number(rows[0]?.matches ?? 0),
    hidden: seen.length < rows.length,
  };
}

/** An integer with bit i set where query i matches. */
export function maskOf(vector: string, queries: readonly string[], where: Where): string {
  if (queries.length === 0) return "0";
  return queries.map((query, i) => `((${vector} @@ ${where.value(query)}::tsquery)::int << ${i})`).join(" | ");
}
