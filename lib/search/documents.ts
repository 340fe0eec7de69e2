import type { PoolClient } from "pg";
import { maskOf } from "./candidates.ts";
import type { SearchPlan } from "./plan.ts";
import { spaceConditions, type SearchSpace } from "./space.ts";
import { inTitle } from "./tsquery.ts";

/** What a result says of its document. Dates are ISO 8601. */
export interface DocumentFacts {
  readonly id: string;
  readonly connectionId: string | null;
  readonly customId: string | null;
  readonly provider: string | null;
  readonly type: string;
  readonly title: string | null;
  readonly summary: string | null;
  readonly url: string | null;
  readonly filepath: string | null;
  readonly containerTags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly language: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface SeenDocument {
  readonly facts: DocumentFacts;
  /** bits of the plan's terms in the title, and anywhere in the document (0 unless it was asked for) */
  readonly title: number;
  readonly anywhere: number;
}

interface Row {
  id: string;
  connection_id: string | null;
  custom_id: string | null;
  provider: string | null;
  type: string;
  title: string | null;
  summary: string | null;
  url: string | null;
  filepath: string | null;
  container_tags: string[];
  metadata: Record<string, unknown>;
  language: string | null;
  created_at: Date;
  updated_at: Date;
  in_title: number;
  anywhere: number;
}

/** Chunks of one document that are looked through for terms its best chunk lacks. */
const chunksMax = 200;

/**
 * Those of the documents that the caller can see. Titles are indexed with a document's first chunk.
 * @param thorough also look through all their chunks, for the terms they have anywhere
 */
export async function readDocuments(
  client: PoolClient,
  space: SearchSpace,
  { terms, excluded }: SearchPlan,
  documentIds: readonly string[],
  thorough: boolean,
): Promise<ReadonlyMap<string, SeenDocument>> {
  if (documentIds.length === 0) return new Map();
  const where = spaceConditions(space);
  where.and("d.id = any(?::text[])", documentIds);
  // What has nearly the same meaning may have the unwanted word.
  if (excluded !== undefined)
    where.and("not exists (select 1 from chunks x where x.document_id = d.id and x.vector @@ ?::tsquery)", excluded);
  const queries = terms.map((term) => term.query);
  const titleMask = maskOf("t.vector", queries.map(inTitle), where);
  const anywhere = thorough
    ? `(select coalesce(bit_or(mask), 0) from (select ${maskOf("x.vector", queries, where)} as mask from chunks x
         where x.document_id = d.id order by x.position limit ${chunksMax}) few)`
    : "0";
  const { rows } = await client.query<Row>(
    `select d.id, d.connection_id, d.custom_id, d.provider, d.type, d.title, d.summary, d.url, d.filepath,
            d.container_tags, d.metadata, d.language, d.created_at, d.updated_at,
            coalesce(${titleMask}, 0) as in_title, ${anywhere} as anywhere
       from documents d left join chunks t on t.document_id = d.id and t.position = 0
      where ${where}`,
    where.values,
  );
  return new Map(
    rows.map((row) => [row.id, { facts: factsOf(row, where.removed), title: row.in_title, anywhere: row.anywhere }]),
  );
}

/** By id or the application's own id; what the caller cannot see is not there. */
export async function idsOf(client: PoolClient, space: SearchSpace, docId: string): Promise<readonly string[]> {
  const where = spaceConditions({ ...space, filter: {} });
  where.and("(d.id = ? or d.custom_id = ?)", docId);
  const { rows } = await client.query<{ id: string }>(
    `select d.id from documents d where ${where} limit 100`,
    where.values,
  );
  return rows.map((row) => row.id);
}

function factsOf(row: Row, removed: ReadonlySet<string>): DocumentFacts {
  return {
    id: row.id,
    connectionId: row.connection_id !== null && removed.has(row.connection_id) ? null : row.connection_id,
    customId: row.custom_id,
    provider: row.provider,
    type: row.type,
    title: row.title,
    summary: row.summary,
    url: row.url,
    filepath: row.filepath,
    containerTags: row.container_tags,
    metadata: row.metadata,
    language: row.language ?? "simple",
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
