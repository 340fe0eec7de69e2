import type { DocumentMetadata } from "#lib/contract/document-metadata.ts";
import type { DocumentStatus } from "#lib/contract/views.ts";
import type { Queryable } from "#lib/db/tx.ts";
import { sendDocuments } from "#lib/jobs/queue.ts";
import { queueIndexing } from "#lib/search/queue-indexing.ts";
import type { Source } from "./source.ts";

/**
 * How documents that applications add are written: a few statements, however many they are. Rows travel as one JSON value;
 * everything in them was checked to be storable before (lib/server/json.ts).
 */

/** What a caller says about a document; what is not named is undefined. */
export interface Description {
  readonly metadata: DocumentMetadata | undefined;
  readonly filepath: string | undefined;
  readonly taskType: "memory" | "superrag" | undefined;
  /** when it was written, ISO 8601 */
  readonly documentDate: string | undefined;
}

export interface NewDocument extends Description {
  readonly id: string;
  readonly customId: string | undefined;
  readonly tags: readonly string[];
  readonly source: Source;
}

export interface Change extends Description {
  readonly id: string;
  /** undefined = as it is */
  readonly customId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly source?: Source | undefined;
}

export interface Held {
  readonly id: string;
  readonly customId: string;
  readonly tags: readonly string[];
  readonly status: DocumentStatus;
  /** Source.mark */
  readonly mark: string | null;
}

/** One customId in one set of tags: what makes two adds the same document. */
export interface Slot {
  readonly customId: string;
  readonly tags: readonly string[];
}

export function slotText({ customId, tags }: Slot): string {
  return JSON.stringify([customId, ...tags.toSorted()]);
}

/**
 * Nobody else adds or renames a document to one of these customIds before this transaction ends. Always in the same
 * order, so that two batches wait for each other instead of for ever.
 */
export async function lockSlots(client: Queryable, organizationId: string, slots: readonly Slot[]): Promise<void> {
  if (slots.length === 0) return;
  await client.query(
    `select pg_advisory_xact_lock(k)::text from (
       select distinct hashtextextended($1 || chr(1) || name, 743) as k
         from jsonb_array_elements_text($2::jsonb) as name order by k offset 0) keys`,
    [organizationId, JSON.stringify(slots.map((slot) => slot.customId))],
  );
}

/** The documents in these slots, by slotText, locked. */
export async function documentsIn(
  client: Queryable,
  organizationId: string,
  slots: readonly Slot[],
): Promise<ReadonlyMap<string, Held>> {
  const found = new Map<string, Held>();
  // Tags in the very order are found by the unique index; in another order, which is rare, by all with that customId.
  const inOrder =
    "hash_array_extended(d.container_tags, 0) = hash_array_extended(s.tags, 0) and d.container_tags = s.tags";
  for (const tags of [inOrder, "d.container_tags @> s.tags and d.container_tags <@ s.tags"]) {
    const missing = slots.filter((slot) => !found.has(slotText(slot)));
    const wanted = tags.includes("@>") ? missing.filter((slot) => slot.tags.length > 1) : missing;
    if (wanted.length === 0) continue;
    const { rows } = await client.query(
      `select d.id, d.custom_id, d.container_tags, d.status::text as status, d.version
         from (select name, array(select jsonb_array_elements_text(list)) as tags
                 from jsonb_to_recordset($2::jsonb) as x(name text, list jsonb)) s
         join documents d on d.organization_id = $1 and d.custom_id = s.name and ${tags}
        where d.added and d.custom_id is not null and d.deleted_at is null
          for update of d`,
      [organizationId, JSON.stringify(wanted.map((slot) => ({ name: slot.customId, list: slot.tags })))],
    );
    for (const row of rows as unknown as HeldRow[]) {
      const held = heldOf(row);
      found.set(slotText(held), held);
    }
  }
  return found;
}

interface HeldRow {
  readonly id: string;
  readonly custom_id: string;
  readonly container_tags: string[];
  readonly status: DocumentStatus;
  readonly version: string | null;
}

function heldOf(row: HeldRow): Held {
  return { id: row.id, customId: row.custom_id, tags: row.container_tags, status: row.status, mark: row.version };
}

const shape = `id text, custom_id text, tags jsonb, metadata jsonb, filepath text, task_type text, written timestamptz,
  kind text, mark text, title text, url text, file_id text, mime text, bytes bigint, hash text`;

function rowOf(document: NewDocument | Change) {
  const { id, customId, tags, metadata, filepath, taskType, documentDate, source } = document;
  return {
    id,
    custom_id: customId,
    tags,
    metadata,
    filepath,
    task_type: taskType,
    written: documentDate,
    kind: source?.kind,
    mark: source?.mark,
    title: source?.title,
    ...(source?.kind === "page" && { url: source.url }),
    ...(source?.kind === "file" && { file_id: source.fileId, mime: source.mime, bytes: source.bytes }),
    ...(source?.kind === "text" && { hash: source.hash.toString("hex"), bytes: Buffer.byteLength(source.text) }),
  };
}

const typeOf = "case x.kind when 'page' then 'webpage' else 'text' end";
const statusOf = "(case x.kind when 'text' then 'chunking' else 'queued' end)::document_status";
const tagsOf = "array(select jsonb_array_elements_text(x.tags))";

/** Stores new documents and what comes next for each: its text to be indexed, or a job that gets it. */
export async function insertDocuments(
  client: Queryable,
  organizationId: string,
  documents: readonly NewDocument[],
): Promise<void> {
  if (documents.length === 0) return;
  await client.query(
    `insert into documents (id, organization_id, added, custom_id, container_tags, metadata, filepath, task_type,
       source_updated_at, type, status, version, title, url, file_id, mime, bytes, content_hash)
     select x.id, $1, true, x.custom_id, ${tagsOf}, coalesce(x.metadata, '{}'), x.filepath, coalesce(x.task_type, 'memory'),
       x.written, ${typeOf}, ${statusOf}, x.mark, x.title, x.url, x.file_id, x.mime, x.bytes, decode(x.hash, 'hex')
     from jsonb_to_recordset($2::jsonb) as x(${shape})`,
    [organizationId, JSON.stringify(documents.map(rowOf))],
  );
  await followUp(client, organizationId, documents);
}

/**
 * Changes documents in place. With a source: the old text stays until the new one is there, and a failure is forgotten.
 * Without: only what is named.
 */
export async function changeDocuments(
  client: Queryable,
  organizationId: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return;
  await client.query(
    `update documents d set custom_id = coalesce(x.custom_id, d.custom_id), metadata = coalesce(x.metadata, d.metadata),
       container_tags = case when x.tags is null then d.container_tags else ${tagsOf} end,
       filepath = coalesce(x.filepath, d.filepath), task_type = coalesce(x.task_type, d.task_type),
       source_updated_at = coalesce(x.written, d.source_updated_at),
       type = case when x.kind is null then d.type else ${typeOf} end,
       status = case when x.kind is null then d.status else ${statusOf} end,
       version = coalesce(x.mark, d.version),
       title = case when x.kind is null or x.kind = 'page' and d.url = x.url then d.title else x.title end,
       url = case when x.kind is null then d.url else x.url end,
       file_id = case when x.kind is null then d.file_id else x.file_id end,
       mime = case when x.kind is null then d.mime else x.mime end,
       bytes = case when x.kind is null then d.bytes else x.bytes end,
       content_hash = coalesce(decode(x.hash, 'hex'), d.content_hash),
       failure = case when x.kind is null then d.failure end,
       memo = case when x.kind is null then d.memo end,
       updated_at = now()
     from jsonb_to_recordset($2::jsonb) as x(${shape})
     where d.organization_id = $1 and d.id = x.id`,
    [organizationId, JSON.stringify(changes.map(rowOf))],
  );
  await followUp(client, organizationId, changes);
}

async function followUp(
  client: Queryable,
  organizationId: string,
  documents: readonly (NewDocument | Change)[],
): Promise<void> {
  const texts = documents.flatMap(({ id, source }) => (source?.kind === "text" ? [{ id, text: source.text }] : []));
  if (texts.length > 0)
    await client.query(
      `insert into contents (document_id, organization_id, text)
       select x.id, $1, x.text from jsonb_to_recordset($2::jsonb) as x(id text, text text)
       on conflict (document_id) do update set text = excluded.text`,
      [organizationId, JSON.stringify(texts)],
    );
  const retagged = documents.flatMap(({ id, source, tags }) =>
    source === undefined && tags !== undefined ? [id] : [],
  );
  const indexed = [...texts.map(({ id }) => id), ...(await withText(client, organizationId, retagged))];
  if (indexed.length > 0) await queueIndexing(client, organizationId, indexed);
  await sendDocuments(
    client,
    documents.flatMap(({ id, source }) => (source !== undefined && source.kind !== "text" ? [id] : [])),
  );
}

/** Those that have something to be found by already. */
async function withText(client: Queryable, organizationId: string, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query(
    "select document_id from contents where organization_id = $1 and document_id = any($2::text[])",
    [organizationId, [...ids]],
  );
  return rows.map((row) => String(row["document_id"]));
}
