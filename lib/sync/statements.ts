import type { PoolClient, QueryConfig } from "pg";
import type { Json } from "#lib/connectors/types.ts";
import type { ConnectionRow } from "./claim.ts";
import type { DocumentWrite, IssueWrite, ItemRow, MissingMark, RefreshWrite } from "./batch.ts";
import { printable, storable } from "./key.ts";

/**
 * The bulk statements of a commit: one per table and batch. Documents and texts go as multi-row VALUES, which is what
 * PostgreSQL takes fastest; the narrow ones as arrays. Statements of the usual sizes are prepared once per connection.
 */

/** Sizes that come up again and again; others are not worth a prepared statement each. */
const prepared = new Set([250, 128, 64, 32, 16, 8, 4, 2, 1]);

function named(name: string, rows: number, text: string, values: unknown[]): QueryConfig {
  return prepared.has(rows) ? { name: `${name}_${rows}`, text, values } : { text, values };
}

const texts = new Map<string, string>();

function valuesText(name: string, rows: number, row: (first: number) => string, shared: number, width: number): string {
  const key = `${name}_${rows}`;
  const known = texts.get(key);
  if (known) return known;
  const made = Array.from({ length: rows }, (_, i) => row(shared + i * width + 1)).join(",");
  if (prepared.has(rows)) texts.set(key, made);
  return made;
}

/** JSON that jsonb accepts: no NUL and no lone surrogate in any string. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return text;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "string" ? storable(part) : part));
}

/** The caller's own metadata wins over the connector's facts. */
export const metadataOf = (item: { metadata?: object }, connection: ConnectionRow): string =>
  json({ ...item.metadata, ...connection.metadata });

export const tagsOf = (item: { tags?: readonly string[] }, connection: ConnectionRow): readonly string[] =>
  item.tags ?? connection.container_tags;

const optional = (text: string | undefined): string | null => (text === undefined ? null : storable(text));

const documentWidth = 14;
const documentRow = (n: number): string =>
  `($${n},$1,$2,$${n + 1},$${n + 2},$3,$${n + 3},$${n + 4},$${n + 5},$${n + 6},$${n + 7},$${n + 8}::bigint,$${n + 9}::text[],$${n + 10}::jsonb,$${n + 11},$${n + 12},$5::jsonb,$4,$${n + 13}::timestamptz,'indexing')`;
const documentRowWithMemo = (n: number): string =>
  `($${n},$1,$2,$${n + 1},$${n + 2},$3,$${n + 3},$${n + 4},$${n + 5},$${n + 6},$${n + 7},$${n + 8}::bigint,$${n + 9}::text[],$${n + 10}::jsonb,$${n + 11},$${n + 12},$${n + 14}::jsonb,$4,$${n + 13}::timestamptz,'indexing')`;

export async function writeDocuments(
  client: PoolClient,
  connection: ConnectionRow,
  runId: string,
  customId: (id: string) => string,
  documents: readonly DocumentWrite[],
): Promise<void> {
  if (documents.length === 0) return;
  const withMemo = documents.some((d) => d.memo !== undefined);
  const width = withMemo ? documentWidth + 1 : documentWidth;
  const shared = withMemo ? 4 : 5;
  const values: unknown[] = [connection.organization_id, connection.id, connection.provider, runId];
  if (!withMemo) values.push(null);
  for (const d of documents) {
    values.push(
      d.id,
      d.key,
      storable(customId(d.item.id)),
      d.type,
      storable(d.title),
      optional(d.item.url),
      storable(d.item.filepath ?? printable(d.item.id)),
      d.mime,
      d.item.bytes ?? Buffer.byteLength(d.text),
      tagsOf(d.item, connection),
      metadataOf(d.item, connection),
      storable(d.item.version),
      d.hash,
      d.item.updatedAt ?? null,
    );
    if (withMemo) values.push(d.memo === undefined ? null : json(d.memo));
  }
  const name = withMemo ? "documents_memo" : "documents";
  const rows = valuesText(name, documents.length, withMemo ? documentRowWithMemo : documentRow, shared, width);
  await client.query(
    named(
      name,
      documents.length,
      `insert into documents (id, organization_id, connection_id, key, custom_id, provider, type, title, url, filepath, mime,
         bytes, container_tags, metadata, version, content_hash, memo, seen_run_id, source_updated_at, status)
       values ${rows}
       on conflict (connection_id, key) do update set custom_id = excluded.custom_id, type = excluded.type,
         title = excluded.title, url = excluded.url, filepath = excluded.filepath, mime = excluded.mime,
         bytes = excluded.bytes, container_tags = excluded.container_tags, metadata = excluded.metadata,
         version = excluded.version, content_hash = excluded.content_hash, memo = coalesce(excluded.memo, documents.memo),
         seen_run_id = excluded.seen_run_id, source_updated_at = excluded.source_updated_at, status = 'indexing',
         failure = null, missing_run_id = null, missing_strikes = 0, deleted_at = null, deleted_reason = null,
         updated_at = now()`,
      values,
    ),
  );
}

export async function writeContents(
  client: PoolClient,
  organizationId: string,
  documents: readonly DocumentWrite[],
): Promise<void> {
  if (documents.length === 0) return;
  const values: unknown[] = [organizationId];
  for (const d of documents) values.push(d.id, d.text);
  const rows = valuesText("contents", documents.length, (n) => `($${n},$1,$${n + 1})`, 1, 2);
  await client.query(
    named(
      "contents",
      documents.length,
      `insert into contents (document_id, organization_id, text) values ${rows}
       on conflict (document_id) do update set text = excluded.text`,
      values,
    ),
  );
}

/** Which of these keys are tombstones for good, as latin1. An index holds just those, so asking costs next to nothing. */
export async function readExcluded(
  client: PoolClient,
  connectionId: string,
  keys: readonly Buffer[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await client.query<{ key: Buffer }>({
    name: "excluded",
    text: "select key from documents where connection_id = $1 and excluded and key = any($2::bytea[])",
    values: [connectionId, keys],
  });
  return new Set(rows.map(({ key }) => key.toString("latin1")));
}

/** What is stored of documents that may have changed, by key (latin1). */
export async function readStored(
  client: PoolClient,
  connectionId: string,
  keys: readonly Buffer[],
): Promise<Map<string, { hash: Buffer | null; title: string | null; facts: string }>> {
  if (keys.length === 0) return new Map();
  const { rows } = await client.query<{
    key: Buffer;
    content_hash: Buffer | null;
    title: string | null;
    facts: string;
  }>({
    name: "stored",
    text: `select key, content_hash, title,
             jsonb_build_array(container_tags, metadata, url, filepath, custom_id)::text as facts
           from documents where connection_id = $1 and key = any($2::bytea[]) and deleted_at is null`,
    values: [connectionId, keys],
  });
  return new Map(
    rows.map(({ key, content_hash: hash, title, facts }) => [key.toString("latin1"), { hash, title, facts }]),
  );
}

/** The same facts as PostgreSQL would write them, asked from PostgreSQL: jsonb has an order of its own. */
export async function factsOf(
  client: PoolClient,
  connection: ConnectionRow,
  customId: (id: string) => string,
  writes: readonly Pick<RefreshWrite, "item">[],
): Promise<string[]> {
  if (writes.length === 0) return [];
  const { rows } = await client.query<{ facts: string }>({
    name: "facts",
    text: `select jsonb_build_array(t->0, t->1, t->2, t->3, t->4)::text as facts
           from jsonb_array_elements($1::jsonb) with ordinality as e(t, n) order by n`,
    values: [
      json(
        writes.map(({ item }) => [
          tagsOf(item, connection),
          { ...item.metadata, ...connection.metadata },
          item.url ?? null,
          item.filepath ?? printable(item.id),
          customId(item.id),
        ]),
      ),
    ],
  });
  return rows.map((row) => row.facts);
}

/**
 * New tags, metadata and addresses for documents whose text stays; brings tombstones back. Returns the ids of those that
 * have to be indexed: with other tags, or hidden before their text was.
 */
export async function refreshDocuments(
  client: PoolClient,
  connection: ConnectionRow,
  runId: string,
  customId: (id: string) => string,
  writes: readonly RefreshWrite[],
): Promise<string[]> {
  if (writes.length === 0) return [];
  const { rows } = await client.query<{ id: string; indexing: boolean }>({
    name: "refresh",
    text: `update documents d set container_tags = v.tags, metadata = t->1,
             status = case when d.status = 'done' and d.container_tags <> v.tags then 'indexing' else d.status end,
             url = t->>2, filepath = t->>3, custom_id = t->>4, version = t->>5, seen_run_id = $3, missing_run_id = null,
             missing_strikes = 0, deleted_at = null, deleted_reason = null, updated_at = now()
           from (select decode(k, 'hex') as key, t, array(select jsonb_array_elements_text(t->0)) as tags
                 from unnest($2::text[]) with ordinality as a(k, n)
                 join jsonb_array_elements($4::jsonb) with ordinality as e(t, m) on n = m) v
           where d.connection_id = $1 and d.key = v.key
           returning d.id, d.status = 'indexing' as indexing`,
    values: [
      connection.id,
      writes.map((w) => w.key.toString("hex")),
      runId,
      json(
        writes.map(({ item }) => [
          tagsOf(item, connection),
          { ...item.metadata, ...connection.metadata },
          item.url ?? null,
          item.filepath ?? printable(item.id),
          customId(item.id),
          item.version,
        ]),
      ),
    ],
  });
  return rows.flatMap((row) => (row.indexing ? [row.id] : []));
}

/** Same text under a new version. */
export async function updateVersions(
  client: PoolClient,
  connectionId: string,
  runId: string,
  documents: readonly DocumentWrite[],
): Promise<void> {
  if (documents.length === 0) return;
  await client.query({
    name: "versions",
    text: `update documents d set version = v.version, bytes = coalesce(v.bytes, d.bytes),
             source_updated_at = coalesce(v.at, d.source_updated_at), memo = coalesce(v.memo, d.memo), seen_run_id = $2,
             missing_run_id = null, missing_strikes = 0
           from unnest($3::bytea[], $4::text[], $5::bigint[], $6::timestamptz[], $7::jsonb[]) as v(key, version, bytes, at, memo)
           where d.connection_id = $1 and d.key = v.key`,
    values: [
      connectionId,
      runId,
      documents.map((d) => d.key),
      documents.map((d) => storable(d.item.version)),
      documents.map((d) => d.item.bytes ?? null),
      documents.map((d) => d.item.updatedAt?.toISOString() ?? null),
      documents.map((d) => (d.memo === undefined ? null : json(d.memo))),
    ],
  });
}

export async function writeMemos(
  client: PoolClient,
  connectionId: string,
  memos: readonly { readonly key: Buffer; readonly memo: Json }[],
): Promise<void> {
  if (memos.length === 0) return;
  await client.query({
    name: "memos",
    text: `update documents d set memo = v.memo from unnest($2::bytea[], $3::jsonb[]) as v(key, memo)
           where d.connection_id = $1 and d.key = v.key`,
    values: [connectionId, memos.map((m) => m.key), memos.map((m) => json(m.memo))],
  });
}

export async function markSeen(
  client: PoolClient,
  connectionId: string,
  runId: string,
  keys: readonly Buffer[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: "seen",
    text: "update documents set seen_run_id = $2 where connection_id = $1 and key = any($3::bytea[])",
    values: [connectionId, runId, keys],
  });
}

export async function markIssuesSeen(
  client: PoolClient,
  connectionId: string,
  mark: string,
  keys: readonly Buffer[],
): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: "issues_seen",
    text: "update item_issues set seen_run_id = $2 where connection_id = $1 and key = any($3::bytea[])",
    values: [connectionId, mark, keys],
  });
}

export async function dropIssues(client: PoolClient, connectionId: string, keys: readonly Buffer[]): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: "issues_drop",
    text: "delete from item_issues where connection_id = $1 and key = any($2::bytea[])",
    values: [connectionId, keys],
  });
}

/** Postgres refuses two rows with one key in one statement: the last verdict counts. */
function lastPerKey(issues: readonly IssueWrite[]): readonly IssueWrite[] {
  const byKey = new Map(issues.map((issue) => [issue.key.toString("latin1"), issue]));
  return byKey.size === issues.length ? issues : [...byKey.values()];
}

export async function writeIssues(
  client: PoolClient,
  connection: ConnectionRow,
  runId: string | null,
  all: readonly IssueWrite[],
): Promise<void> {
  if (all.length === 0) return;
  const issues = lastPerKey(all);
  await client.query({
    name: "issues",
    text: `insert into item_issues (connection_id, organization_id, seen_run_id, key, verdict, title, external_id, version,
             reason, detail, attempts, ref, memo)
           select $1, $2, $3, * from unnest($4::bytea[], $5::verdict[], $6::text[], $7::text[], $8::text[], $9::text[],
             $10::text[], $11::int[], $12::jsonb[], $13::jsonb[])
           on conflict (connection_id, key) do update set seen_run_id = excluded.seen_run_id, verdict = excluded.verdict,
             title = excluded.title, version = excluded.version, reason = excluded.reason, detail = excluded.detail,
             attempts = excluded.attempts, ref = excluded.ref, memo = coalesce(excluded.memo, item_issues.memo),
             last_at = now(),
             first_at = case when item_issues.reason = excluded.reason then item_issues.first_at else now() end`,
    values: [
      connection.id,
      connection.organization_id,
      runId,
      issues.map((i) => i.key),
      issues.map((i) => i.verdict),
      issues.map((i) => storable(i.item.title)),
      issues.map((i) => printable(i.item.id)),
      issues.map((i) => storable(i.item.version)),
      issues.map((i) => i.reason),
      issues.map((i) => storable(i.detail).slice(0, 1_000)),
      issues.map((i) => i.attempts),
      issues.map((i) => json(i.item)),
      issues.map((i) => (i.memo === undefined ? null : json(i.memo))),
    ],
  });
}

export async function markMissing(
  client: PoolClient,
  connectionId: string,
  runId: string,
  marks: readonly MissingMark[],
  explicitStage: number,
): Promise<void> {
  if (marks.length === 0) return;
  await client.query({
    name: "missing",
    text: `update documents d set missing_run_id = $2, deleted_reason = v.reason,
             missing_strikes = case when v.explicit then $3 else d.missing_strikes end
           from unnest($4::bytea[], $5::boolean[], $6::text[]) as v(key, explicit, reason)
           where d.connection_id = $1 and d.key = v.key and d.deleted_at is null`,
    values: [
      connectionId,
      runId,
      explicitStage,
      marks.map((m) => m.key),
      marks.map((m) => m.explicit),
      marks.map((m) => m.reason),
    ],
  });
}

export async function clearMissing(client: PoolClient, connectionId: string, keys: readonly Buffer[]): Promise<void> {
  if (keys.length === 0) return;
  await client.query({
    name: "found",
    text: `update documents set missing_run_id = null, missing_strikes = 0, deleted_reason = null
           where connection_id = $1 and key = any($2::bytea[]) and deleted_at is null`,
    values: [connectionId, keys],
  });
}

export async function writeRows(
  client: PoolClient,
  organizationId: string,
  runId: string,
  rows: readonly ItemRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await client.query({
    name: "run_items",
    text: `insert into run_items (organization_id, run_id, verdict, title, external_id, document_id, reason, detail)
           select $1, $2, * from unnest($3::verdict[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])`,
    values: [
      organizationId,
      runId,
      rows.map((r) => r.verdict),
      rows.map((r) => storable(r.title)),
      rows.map((r) => r.externalId),
      rows.map((r) => r.documentId),
      rows.map((r) => r.reason),
      rows.map((r) => (r.detail === null ? null : storable(r.detail).slice(0, 1_000))),
    ],
  });
}
