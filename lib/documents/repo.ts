import type { DocumentListItem, DocumentStatus, DocumentView, Metadata } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";
import { conditionsOf, type DocumentFilter, type DocumentScope, type Where } from "./where.ts";

/**
 * Queries on documents; the organization always comes first. Raw SQL, because paging compares row values and page
 * queries pick ids from an index before they touch wide rows.
 */

export interface Order {
  readonly sort: "createdAt" | "updatedAt";
  readonly order: "asc" | "desc";
}

/** One page after a keyset (or the first one). */
export async function pageAfter(
  scope: DocumentScope,
  filter: DocumentFilter,
  order: Order,
  limit: number,
  after: { readonly at: string; readonly id: string } | undefined,
): Promise<DocumentListItem[]> {
  const conditions = await conditionsOf(scope, filter);
  const column = columnOf(order);
  const comparison = order.order === "desc" ? "<" : ">";
  const start = after
    ? ` and (d.${column}, d.id) ${comparison} (${conditions.value(after.at)}::timestamptz, ${conditions.value(after.id)})`
    : "";
  return select(conditions, `${conditions}${start}`, order, `limit ${conditions.value(limit)}`);
}

/** One page by number of rows to skip. */
export async function pageAt(
  scope: DocumentScope,
  filter: DocumentFilter,
  order: Order,
  limit: number,
  offset: number,
): Promise<DocumentListItem[]> {
  const conditions = await conditionsOf(scope, filter);
  const slice = `limit ${conditions.value(limit)} offset ${conditions.value(offset)}`;
  return select(conditions, `${conditions}`, order, slice);
}

/**
 * Exact. Without a filter beyond connection and provider it adds up counters that the committing transactions keep
 * (connections.document_count), so it takes the same time for ten documents and for ten million; with one it counts.
 */
export async function countDocuments(scope: DocumentScope, filter: DocumentFilter): Promise<number> {
  const {
    connectionId,
    provider,
    containerTags,
    status,
    type,
    updatedAfter,
    updatedBefore,
    query,
    filepath,
    metadata,
  } = filter;
  const others = [scope.container, status, type, updatedAfter, updatedBefore, filepath, metadata];
  if (!containerTags?.length && !query && others.every((value) => value === undefined))
    return countByConnections(scope.organizationId, connectionId, provider);
  const conditions = await conditionsOf(scope, filter);
  const { rows } = await pool().query<{ count: string }>(
    `select count(*) as count from documents d where ${conditions}`,
    conditions.values,
  );
  return Number(rows[0]?.count ?? 0);
}

/**
 * One statement, so one moment: documents that a removed connection leaves behind move from its counter to those that
 * belong to none, in batches; such a connection is counted row by row.
 */
async function countByConnections(
  organizationId: string,
  connectionId: string | undefined,
  provider: string | undefined,
): Promise<number> {
  const { rows } = await pool().query<{ count: string }>(
    `select coalesce((
       select sum(case when c.state = 'deleting' then (
           select count(*) from documents d
            where d.connection_id = c.id and d.organization_id = $1 and d.deleted_at is null) else c.document_count end)
         from connections c
        where c.organization_id = $1 and not (c.state = 'deleting' and (c.delete_documents or $2::text is not null))
          and ($2::text is null or c.id = $2) and ($3::text is null or c.provider = $3)), 0)
     + (select count(*) from documents d
         where $2::text is null and d.connection_id is null and d.organization_id = $1 and d.deleted_at is null
           and ($3::text is null or d.provider = $3)) as count`,
    [organizationId, connectionId ?? null, provider ?? null],
  );
  return Number(rows[0]?.count ?? 0);
}

export async function findDocument(scope: DocumentScope, documentId: string): Promise<DocumentView | undefined> {
  const conditions = await conditionsOf(scope, {});
  conditions.and("d.id = ?", documentId);
  const { rows } = await pool().query<
    DocumentColumns & { content: string | null; task_type: DocumentView["taskType"]; failure: string | null }
  >(
    `select ${columns}, d.task_type, d.failure, c.text as content
       from documents d left join contents c on c.document_id = d.id where ${conditions}`,
    conditions.values,
  );
  const row = rows[0];
  return (
    row && {
      ...item(row, conditions.removed),
      content: row.content,
      taskType: row.task_type,
      failure: row.failure,
    }
  );
}

async function select(conditions: Where, condition: string, order: Order, slice: string): Promise<DocumentListItem[]> {
  const by = (alias: string) => `${alias}.${columnOf(order)} ${order.order}, ${alias}.id ${order.order}`;
  const { rows } = await pool().query<DocumentColumns>(
    `select ${columns}
       from (select d.id from documents d where ${condition} order by ${by("d")} ${slice}) page
       join documents d on d.id = page.id
      order by ${by("d")}`,
    conditions.values,
  );
  return rows.map((row) => item(row, conditions.removed));
}

/** How long the texts are, in bytes; documents without one are left out. */
export async function contentSizes(
  organizationId: string,
  documentIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool().query<{ id: string; size: number }>(
    `select document_id as id, octet_length(text) as size from contents
      where organization_id = $1 and document_id = any($2::text[])`,
    [organizationId, documentIds],
  );
  return new Map(rows.map((row) => [row.id, row.size]));
}

/** The texts themselves; documents without one are left out. */
export async function contentsOf(
  organizationId: string,
  documentIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool().query<{ id: string; text: string }>(
    "select document_id as id, text from contents where organization_id = $1 and document_id = any($2::text[])",
    [organizationId, documentIds],
  );
  return new Map(rows.map((row) => [row.id, row.text]));
}

interface DocumentColumns {
  id: string;
  connection_id: string | null;
  custom_id: string | null;
  provider: string | null;
  type: string;
  status: DocumentStatus;
  title: string | null;
  summary: string | null;
  url: string | null;
  filepath: string | null;
  mime: string | null;
  bytes: string | null;
  content_hash: Buffer | null;
  container_tags: string[];
  metadata: Metadata;
  source_updated_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const columns = `d.id, d.connection_id, d.custom_id, d.provider, d.type, d.status, d.title, d.summary, d.url, d.filepath,
  d.mime, d.bytes, d.content_hash, d.container_tags, d.metadata, d.source_updated_at, d.created_at, d.updated_at`;

function item(row: DocumentColumns, removed: ReadonlySet<string>): DocumentListItem {
  return {
    id: row.id,
    connectionId: row.connection_id !== null && removed.has(row.connection_id) ? null : row.connection_id,
    customId: row.custom_id,
    provider: row.provider,
    type: row.type,
    status: row.status,
    title: row.title,
    summary: row.summary,
    url: row.url,
    filepath: row.filepath,
    mime: row.mime,
    bytes: row.bytes === null ? null : Number(row.bytes),
    contentHash: row.content_hash?.toString("hex") ?? null,
    containerTags: row.container_tags,
    metadata: row.metadata,
    sourceUpdatedAt: row.source_updated_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function columnOf(order: Order): "created_at" | "updated_at" {
  return order.sort === "updatedAt" ? "updated_at" : "created_at";
}
