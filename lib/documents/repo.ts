import type { MetadataFilter } from "#lib/contract/filters.ts";
import type { DocumentListItem, DocumentStatus, DocumentView, Metadata } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";
import { metadataSql } from "./metadata-condition.ts";

/**
 * Queries on documents; the organization always comes first. Raw SQL, because paging compares row values and page
 * queries pick ids from an index before they touch wide rows.
 */

export interface DocumentFilter {
  readonly connectionId?: string;
  readonly provider?: string;
  /** documents that have all of these; empty = no filter */
  readonly containerTags?: readonly string[];
  readonly status?: DocumentStatus;
  /** part of the title or path, any case */
  readonly query?: string;
  /** exact, or everything below it when it ends with "/" */
  readonly filepath?: string;
  readonly metadata?: MetadataFilter;
}

export interface Order {
  readonly sort: "createdAt" | "updatedAt";
  readonly order: "asc" | "desc";
}

/** Conditions and their values; `$1` is the organization. */
class Where {
  readonly values: unknown[];
  /** connections that are being deleted */
  readonly removed: ReadonlySet<string>;
  readonly #conditions: string[] = ["d.organization_id = $1", "d.deleted_at is null"];

  constructor(organizationId: string, removed: ReadonlySet<string>) {
    this.values = [organizationId];
    this.removed = removed;
  }

  /** `condition` names its value `?`. */
  and(condition: string, value: unknown): void {
    this.add(condition.replaceAll("?", this.value(value)));
  }

  /** `condition` has its values bound already. */
  add(condition: string): void {
    this.#conditions.push(condition);
  }

  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  toString(): string {
    return this.#conditions.join(" and ");
  }
}

/**
 * Documents of a connection that is being deleted together with them are gone for everyone at once, and those that are
 * kept belong to no connection any more, although the rows follow later. There are few such connections, so their ids
 * travel with the query instead of a join for every row.
 */
async function conditionsOf(organizationId: string, filter: DocumentFilter): Promise<Where> {
  const { rows } = await pool().query<{ id: string; delete_documents: boolean }>(
    `select id, delete_documents from connections where organization_id = $1 and state = 'deleting'`,
    [organizationId],
  );
  const where = new Where(organizationId, new Set(rows.map((row) => row.id)));
  const leaving = rows.filter((row) => row.delete_documents).map((row) => row.id);
  if (leaving.length > 0) where.and("(d.connection_id is null or d.connection_id <> all(?::text[]))", leaving);
  if (filter.connectionId !== undefined) {
    where.and("d.connection_id = ?", filter.connectionId);
    if (where.removed.has(filter.connectionId)) where.and("?::boolean", false);
  }
  if (filter.provider !== undefined) where.and("d.provider = ?", filter.provider);
  if (filter.containerTags?.length) where.and("d.container_tags @> ?::text[]", filter.containerTags);
  if (filter.status !== undefined) where.and("d.status = ?::document_status", filter.status);
  if (filter.query) where.and("(d.title ilike ? or d.filepath ilike ?)", `%${escapeLike(filter.query)}%`);
  if (filter.filepath !== undefined)
    where.and(filter.filepath.endsWith("/") ? "starts_with(d.filepath, ?)" : "d.filepath = ?", filter.filepath);
  if (filter.metadata !== undefined) where.add(metadataSql(filter.metadata, (value) => where.value(value)));
  return where;
}

/** One page after a keyset (or the first one). */
export async function pageAfter(
  organizationId: string,
  filter: DocumentFilter,
  order: Order,
  limit: number,
  after: { readonly at: string; readonly id: string } | undefined,
): Promise<DocumentListItem[]> {
  const conditions = await conditionsOf(organizationId, filter);
  const column = columnOf(order);
  const comparison = order.order === "desc" ? "<" : ">";
  const start = after
    ? ` and (d.${column}, d.id) ${comparison} (${conditions.value(after.at)}::timestamptz, ${conditions.value(after.id)})`
    : "";
  return select(conditions, `${conditions}${start}`, order, `limit ${conditions.value(limit)}`);
}

/** One page by number of rows to skip. */
export async function pageAt(
  organizationId: string,
  filter: DocumentFilter,
  order: Order,
  limit: number,
  offset: number,
): Promise<DocumentListItem[]> {
  const conditions = await conditionsOf(organizationId, filter);
  const slice = `limit ${conditions.value(limit)} offset ${conditions.value(offset)}`;
  return select(conditions, `${conditions}`, order, slice);
}

/**
 * Exact. Without a filter beyond connection and provider it adds up counters that the committing transactions keep
 * (connections.document_count), so it takes the same time for ten documents and for ten million; with one it counts.
 */
export async function countDocuments(organizationId: string, filter: DocumentFilter): Promise<number> {
  const { connectionId, provider, containerTags, status, query, filepath, metadata } = filter;
  if (!containerTags?.length && status === undefined && !query && filepath === undefined && metadata === undefined)
    return countByConnections(organizationId, connectionId, provider);
  const conditions = await conditionsOf(organizationId, filter);
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

export async function findDocument(organizationId: string, documentId: string): Promise<DocumentView | undefined> {
  const conditions = await conditionsOf(organizationId, {});
  conditions.and("d.id = ?", documentId);
  const { rows } = await pool().query<DocumentColumns & { content: string | null }>(
    `select ${columns}, c.text as content
       from documents d left join contents c on c.document_id = d.id where ${conditions}`,
    conditions.values,
  );
  const row = rows[0];
  return row && { ...item(row, conditions.removed), content: row.content };
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

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}
