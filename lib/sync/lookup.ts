import { pool } from "#lib/db/client.ts";
import type { ItemRef, Json } from "#lib/connectors/types.ts";
import { decodeKey } from "./key.ts";

/** What is stored for a key, as far as a verdict needs it. */
export interface StoredDocument {
  readonly key: Buffer;
  readonly version: string | null;
  /** not a tombstone */
  readonly live: boolean;
  /** written or marked by this run */
  readonly seen: boolean;
  /** marked as missing by some run */
  readonly missing: boolean;
  /** marked as missing by this run */
  readonly missingNow: boolean;
  readonly bytes: number | null;
  /** a tombstone for good: somebody deleted the document here */
  readonly excluded: boolean;
  /** only read in marked order */
  readonly memo: Json;
}

export interface StoredIssue {
  readonly key: Buffer;
  readonly verdict: "skipped" | "failed";
  readonly version: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly seen: boolean;
  readonly memo: Json;
  /** when it was written last */
  readonly lastAt: Date;
}

export interface Stored {
  /** by key, as latin1 */
  readonly documents: Map<string, StoredDocument>;
  readonly issues: Map<string, StoredIssue>;
}

export const keyText = (key: Buffer): string => key.toString("latin1");

const pageSize = 5_000;

type DocumentRow = [
  Buffer,
  string | null,
  boolean,
  boolean | null,
  boolean,
  boolean | null,
  string | null,
  boolean,
  Json,
];
type IssueRow = [Buffer, "skipped" | "failed", string | null, string, number, boolean | null, Json, Date];

const documentColumns = `key, version, deleted_at is null, seen_run_id = $2, missing_run_id is not null, missing_run_id = $2, bytes, excluded`;
const issueColumns = "key, verdict::text, version, reason, attempts, seen_run_id = $2, memo, last_at";

function toDocument(row: DocumentRow): StoredDocument {
  return {
    key: row[0],
    version: row[1],
    live: row[2],
    seen: row[3] === true,
    missing: row[4],
    missingNow: row[5] === true,
    bytes: row[6] === null ? null : Number(row[6]),
    excluded: row[7],
    memo: row[8] ?? null,
  };
}

function toIssue(row: IssueRow): StoredIssue {
  return {
    key: row[0],
    verdict: row[1],
    version: row[2],
    reason: row[3],
    attempts: row[4],
    seen: row[5] === true,
    memo: row[6] ?? null,
    lastAt: row[7],
  };
}

/** Everything stored for these keys. */
export async function lookup(connectionId: string, runId: string, keys: readonly Buffer[]): Promise<Stored> {
  if (keys.length === 0) return { documents: new Map(), issues: new Map() };
  const values = [connectionId, runId, keys];
  const [documents, issues] = await Promise.all([
    pool().query<DocumentRow>({
      name: "lookup_documents",
      rowMode: "array",
      text: `select ${documentColumns}, memo from documents where connection_id = $1 and key = any($3::bytea[])`,
      values,
    }),
    pool().query<IssueRow>({
      name: "lookup_issues",
      rowMode: "array",
      text: `select ${issueColumns} from item_issues where connection_id = $1 and key = any($3::bytea[])`,
      values,
    }),
  ]);
  return {
    documents: new Map(documents.rows.map((row) => [keyText(row[0]), toDocument(row)])),
    issues: new Map(issues.rows.map((row) => [keyText(row[0]), toIssue(row)])),
  };
}

const zero = Buffer.alloc(0);

/** Pages of documents with after < key ≤ upTo, in order of keys; upTo null = to the end. */
export async function* scanDocuments(
  connectionId: string,
  runId: string,
  after: Buffer | null,
  upTo: Buffer | null,
): AsyncGenerator<StoredDocument[]> {
  for (let from = after ?? zero; ;) {
    const { rows } = await pool().query<DocumentRow>({
      name: upTo ? "scan_documents" : "scan_documents_tail",
      rowMode: "array",
      text: `select ${documentColumns}, null from documents where connection_id = $1 and key > $3
             ${upTo ? "and key <= $4" : ""} order by key limit ${pageSize}`,
      values: upTo ? [connectionId, runId, from, upTo] : [connectionId, runId, from],
    });
    if (rows.length > 0) yield rows.map(toDocument);
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    from = last[0];
  }
}

export async function* scanIssues(
  connectionId: string,
  runId: string,
  after: Buffer | null,
  upTo: Buffer | null,
): AsyncGenerator<StoredIssue[]> {
  for (let from = after ?? zero; ;) {
    const { rows } = await pool().query<IssueRow>({
      name: upTo ? "scan_issues" : "scan_issues_tail",
      rowMode: "array",
      text: `select ${issueColumns} from item_issues where connection_id = $1 and key > $3
             ${upTo ? "and key <= $4" : ""} order by key limit ${pageSize}`,
      values: upTo ? [connectionId, runId, from, upTo] : [connectionId, runId, from],
    });
    if (rows.length > 0) yield rows.map(toIssue);
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    from = last[0];
  }
}

/** Up to when (last tried) skips of these reasons are among the `most` longest ago; null = there are fewer. */
export async function oldestSkips(
  organizationId: string,
  connectionId: string,
  reasons: readonly string[],
  most: number,
): Promise<Date | null> {
  const { rows } = await pool().query<{ last_at: Date }>(
    `select last_at from item_issues where organization_id = $1 and connection_id = $2 and verdict = 'skipped'
       and attempts > 0 and reason = any($3::text[]) order by last_at offset $4 limit 1`,
    [organizationId, connectionId, reasons, most - 1],
  );
  return rows[0]?.last_at ?? null;
}

/**
 * Items this run has not seen that are to be read again: those that failed in earlier runs, fewer than `attempts` times,
 * and those skipped for one of `passing`.
 */
export async function* failedBefore(
  connectionId: string,
  runId: string,
  attempts: number,
  passing: readonly string[],
): AsyncGenerator<{ issue: StoredIssue; item: ItemRef }[]> {
  for (let from: Buffer = zero; ;) {
    const { rows } = await pool().query<[...IssueRow, StoredRef | null]>({
      rowMode: "array",
      text: `select ${issueColumns}, ref from item_issues
             where connection_id = $1 and key > $3
               and (verdict = 'failed' and attempts < $4
                 or verdict = 'skipped' and attempts > 0 and reason = any($5::text[]))
               and seen_run_id is distinct from $2 and ref is not null order by key limit ${pageSize}`,
      values: [connectionId, runId, from, attempts, passing],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.flatMap(([key, verdict, version, reason, tries, seen, memo, lastAt, ref]) => {
      if (!ref) return [];
      const { updatedAt, ...rest } = ref;
      // The key is exact; JSON cannot hold every id.
      const item: ItemRef = { ...rest, id: decodeKey(key), ...(updatedAt ? { updatedAt: new Date(updatedAt) } : {}) };
      return [{ issue: toIssue([key, verdict, version, reason, tries, seen, memo, lastAt]), item }];
    });
    from = last[0];
  }
}

type StoredRef = Omit<ItemRef, "updatedAt"> & { readonly updatedAt?: string };
