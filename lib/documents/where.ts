import type { MetadataFilter } from "#lib/contract/filters.ts";
import { containerOf, type Principal } from "#lib/contract/principal.ts";
import type { DocumentStatus } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";
import { metadataSql } from "./metadata-condition.ts";

/** Which documents: what every listing, count, look-up and search of them has in common. */

export interface DocumentFilter {
  readonly connectionId?: string;
  /** of any of these */
  readonly connectionIds?: readonly string[];
  readonly provider?: string;
  /** documents that have all of these; empty = no filter */
  readonly containerTags?: readonly string[];
  /** processing = whatever comes before done or failed */
  readonly status?: DocumentStatus | "processing";
  /** the API's document type, e.g. "pdf" */
  readonly type?: string;
  /** changed at or after; ISO 8601 */
  readonly updatedAfter?: string;
  /** changed before; ISO 8601 */
  readonly updatedBefore?: string;
  /** part of the title or path, any case */
  readonly query?: string;
  /** exact, or everything below it when it ends with "/" */
  readonly filepath?: string;
  readonly metadata?: MetadataFilter;
  /** only these */
  readonly ids?: readonly string[];
}

/** What a caller can see at all: an organization's documents, or those of one container of it. */
export interface DocumentScope {
  readonly organizationId: string;
  readonly container: string | undefined;
}

export function scopeOf(principal: Principal): DocumentScope {
  return { organizationId: principal.organizationId, container: containerOf(principal) };
}

/** Conditions and their values over `documents d`; `$1` is the organization. */
export class Where {
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

/** Connections that are being deleted, by id; true = together with their documents. */
export type Removals = ReadonlyMap<string, boolean>;

/**
 * Documents of a connection that is being deleted together with them are gone for everyone at once, and those that are
 * kept belong to no connection any more, although the rows follow later. There are few such connections, so their ids
 * travel with the query instead of a join for every row.
 */
export async function removalsOf(organizationId: string): Promise<Removals> {
  const { rows } = await pool().query<{ id: string; delete_documents: boolean }>({
    name: "connections_being_removed",
    text: "select id, delete_documents from connections where organization_id = $1 and state = 'deleting'",
    values: [organizationId],
  });
  return new Map(rows.map((row) => [row.id, row.delete_documents]));
}

/** What a filter means now. */
export async function conditionsOf(scope: DocumentScope, filter: DocumentFilter): Promise<Where> {
  return whereOf(scope, filter, await removalsOf(scope.organizationId));
}

/** The same for callers that know the removals already, because they ask more than once. */
export function whereOf(scope: DocumentScope, filter: DocumentFilter, removals: Removals): Where {
  const { organizationId, container } = scope;
  const where = new Where(organizationId, new Set(removals.keys()));
  const leaving = [...removals].filter(([, withDocuments]) => withDocuments).map(([id]) => id);
  if (leaving.length > 0) where.and("(d.connection_id is null or d.connection_id <> all(?::text[]))", leaving);
  if (container !== undefined) where.and("d.container_tags @> ?::text[]", [container]);
  if (filter.ids !== undefined) where.and("d.id = any(?::text[])", filter.ids);
  if (filter.connectionId !== undefined) {
    where.and("d.connection_id = ?", filter.connectionId);
    if (where.removed.has(filter.connectionId)) where.and("?::boolean", false);
  }
  if (filter.connectionIds !== undefined) {
    // One of them is told apart: then the index gives them in order.
    const [only, ...more] = filter.connectionIds;
    if (only !== undefined && more.length === 0) where.and("d.connection_id = ?", only);
    else where.and("d.connection_id = any(?::text[])", filter.connectionIds);
  }
  if (filter.provider !== undefined) where.and("d.provider = ?", filter.provider);
  if (filter.containerTags?.length) where.and("d.container_tags @> ?::text[]", filter.containerTags);
  // Said this way because an index holds just what is not done.
  if (filter.status === "processing") where.add("d.status <> 'done' and d.status not in ('failed', 'unknown')");
  else if (filter.status !== undefined) where.and("d.status = ?::document_status", filter.status);
  if (filter.type !== undefined) where.and("d.type = ?", filter.type);
  if (filter.updatedAfter !== undefined) where.and("d.updated_at >= ?::timestamptz", filter.updatedAfter);
  if (filter.updatedBefore !== undefined) where.and("d.updated_at < ?::timestamptz", filter.updatedBefore);
  if (filter.query) where.and("(d.title ilike ? or d.filepath ilike ?)", `%${escapeLike(filter.query)}%`);
  if (filter.filepath !== undefined) where.and(pathCondition(filter.filepath), filter.filepath);
  if (filter.metadata !== undefined) where.add(metadataSql(filter.metadata, (value) => where.value(value)));
  return where;
}

/** The first half is what the index on paths holds, the second decides. */
function pathCondition(filepath: string): string {
  return filepath.endsWith("/")
    ? "starts_with(left(d.filepath, 200), left(?, 200)) and starts_with(d.filepath, ?)"
    : "left(d.filepath, 200) = left(?, 200) and d.filepath = ?";
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}
