import type { DocumentListItem, DocumentStatus, DocumentView, Metadata } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";
import { conditionsOf, type DocumentScope, type Where } from "./where.ts";

/**
 * Queries on documents; the organization always comes first. Raw SQL, because paging compares row values and page
 * queries pick ids from an index before they touch wide rows.
 */

export interface Order {
  readonly sort: "createdAt" | "updatedAt";
  readonly order: "asc" | "desc";
}

export interface Place {
  /** the sort key, ISO 8601 */
  readonly at: string;
  readonly id: string;
}

/** Documents after a place (or from the beginning). */
export async function pageAfter(
  where: Where,
  order: Order,
  limit: number,
  after: Place | undefined,
): Promise<DocumentListItem[]> {
  const column = columnOf(order);
  const comparison = order.order === "desc" ? "<" : ">";
  const start = after
    ? ` and (d.${column}, d.id) ${comparison} (${where.value(after.at)}::timestamptz, ${where.value(after.id)})`
    : "";
  return select(where, `${where}${start}`, order, `limit ${where.value(limit)}`);
}

/**
 * Documents by their number, from `start` (0 = the first) to before `end`, of `total`. Those skipped are still walked
 * over, so what lies in the second half is reached from the other end.
 */
export async function pageAt(
  where: Where,
  order: Order,
  { start, end, total }: { readonly start: number; readonly end: number; readonly total: number },
): Promise<DocumentListItem[]> {
  if (start >= total) return [];
  const backwards = start > total / 2;
  const last = backwards ? Math.min(end, total) : end;
  const slice = `limit ${where.value(last - start)} offset ${where.value(backwards ? total - last : start)}`;
  if (!backwards) return select(where, `${where}`, order, slice);
  const turned: Order = { ...order, order: order.order === "desc" ? "asc" : "desc" };
  return (await select(where, `${where}`, turned, slice)).toReversed();
}

export async function findDocument(scope: DocumentScope, documentId: string): Promise<DocumentView | undefined> {
  const conditions = await conditionsOf(scope, {});
  conditions.and("d.id = ?", documentId);
  const { rows } = await pool().query<
    DocumentColumns & { content: string | null; task_type: DocumentView["taskType"]; file: boolean; chunks: string }
  >(
    `select ${columns}, d.task_type, d.file_id is not null as file, c.text as content,
            (select count(*) from chunks k where k.document_id = d.id) as chunks
       from documents d left join contents c on c.document_id = d.id where ${conditions}`,
    conditions.values,
  );
  const row = rows[0];
  return (
    row && {
      ...item(row, conditions.removed),
      content: row.content,
      taskType: row.task_type,
      file: row.file,
      chunks: Number(row.chunks),
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
  failure: string | null;
  added: boolean;
}

const columns = `d.id, d.connection_id, d.custom_id, d.provider, d.type, d.status, d.title, d.summary, d.url, d.filepath,
  d.mime, d.bytes, d.content_hash, d.container_tags, d.metadata, d.source_updated_at, d.created_at, d.updated_at, d.failure, d.added`;

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
    failure: row.failure,
    added: row.added,
  };
}

function columnOf(order: Order): "created_at" | "updated_at" {
  return order.sort === "updatedAt" ? "updated_at" : "created_at";
}
