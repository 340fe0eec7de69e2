import { pool } from "#lib/db/client.ts";
import { removalsOf, Where, whereOf, type DocumentFilter, type DocumentScope, type Removals } from "./where.ts";

/**
 * How many documents there are. Exact. By connection, provider and status it takes the same time for ten documents and
 * for ten million, because those who write keep count: the engine in connections.document_count, a trigger in
 * document_tallies for what belongs to no connection. With any other condition the documents are counted.
 */
export async function countDocuments(
  scope: DocumentScope,
  filter: DocumentFilter,
  removals?: Removals,
): Promise<number> {
  const known = removals ?? (await removalsOf(scope.organizationId));
  return isKept(scope, filter) ? countKept(scope, filter, known) : countRows(scope, filter, known);
}

/** Conditions whose counts are kept; what is not done yet is few, and has an index of its own. */
const kept: Readonly<Record<keyof DocumentFilter, boolean>> = {
  connectionId: true,
  connectionIds: false,
  provider: true,
  status: true,
  containerTags: false,
  type: false,
  updatedAfter: false,
  updatedBefore: false,
  query: false,
  filepath: false,
  metadata: false,
  ids: false,
};

function isKept(scope: DocumentScope, filter: DocumentFilter): boolean {
  if (scope.container !== undefined || (filter.status !== undefined && filter.status !== "done")) return false;
  const asked = (Object.keys(kept) as (keyof DocumentFilter)[]).filter((name) => isCondition(name, filter));
  return asked.every((name) => kept[name]);
}

/** No tags and an empty text ask for nothing. */
function isCondition(name: keyof DocumentFilter, filter: DocumentFilter): boolean {
  if (name === "containerTags") return Boolean(filter.containerTags?.length);
  return name === "query" ? Boolean(filter.query) : filter[name] !== undefined;
}

async function countRows(scope: DocumentScope, filter: DocumentFilter, removals: Removals): Promise<number> {
  const where = whereOf(scope, filter, removals);
  return single(`select count(*) as count from documents d where ${where}`, where.values);
}

/**
 * One statement, so one moment: documents that a removed connection leaves behind move from its counter to those that
 * belong to none, in batches; such a connection is counted row by row.
 */
async function countKept(scope: DocumentScope, filter: DocumentFilter, removals: Removals): Promise<number> {
  const { status, ...others } = filter;
  const done = status === "done";
  const where = done ? whereOf(scope, others, removals) : new Where(scope.organizationId, new Set());
  const unfinished = done ? `- (select count(*) from documents d where ${where} and d.status <> 'done')` : "";
  const connection = `${where.value(filter.connectionId ?? null)}::text`;
  const provider = `${where.value(filter.provider ?? null)}::text`;
  return single(
    `select coalesce((
       select sum(case when c.state = 'deleting' then (
           select count(*) from documents d
            where d.connection_id = c.id and d.organization_id = $1 and d.deleted_at is null) else c.document_count end)
         from connections c
        where c.organization_id = $1 and not (c.state = 'deleting' and (c.delete_documents or ${connection} is not null))
          and (${connection} is null or c.id = ${connection}) and (${provider} is null or c.provider = ${provider})), 0)
     + coalesce((
       select sum(t.change) from document_tallies t
        where ${connection} is null and t.organization_id = $1 and (${provider} is null or t.provider = ${provider})), 0)
     ${unfinished} as count`,
    where.values,
  );
}

async function single(text: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await pool().query<{ count: string }>(text, [...values]);
  return Number(rows[0]?.count ?? 0);
}

/** Sums of many changes become one row; done by maintenance, so that adding up stays quick. */
export async function foldTallies(signal: AbortSignal): Promise<void> {
  const { rows } = await pool().query<{ organization_id: string }>(
    "select organization_id from document_tallies group by organization_id having count(*) > 100",
  );
  for (const { organization_id: organizationId } of rows) {
    if (signal.aborted) return;
    await pool().query(
      `with folded as (delete from document_tallies where organization_id = $1 returning provider, change)
       insert into document_tallies (organization_id, provider, change)
       select $1, provider, sum(change) from folded group by provider having sum(change) <> 0`,
      [organizationId],
    );
  }
}
