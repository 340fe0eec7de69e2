import type { PoolClient } from "pg";
import type { Coverage, Json } from "#lib/connectors/types.ts";
import { transaction } from "#lib/db/tx.ts";
import { queueIndexing } from "#lib/search/queue-indexing.ts";
import { addCounts, type Batch, type Counts, type DocumentWrite, type Segment } from "./batch.ts";
import { endRun, type Claim } from "./claim.ts";
import type { StoredCursor } from "./cursor.ts";
import { applyGuard, markUnseen, Missing } from "./deletions.ts";
import type { Failpoint } from "./failpoint.ts";
import { printable, storable } from "./key.ts";
import * as write from "./statements.ts";

/** Somebody else has the connection now, or it was paused or deleted: this run must stop without any effect. */
export class LostClaim extends Error {
  constructor() {
    super("this run is not ours any more");
  }
}

/** What a run knows that is not in a batch. */
export interface RunFacts {
  readonly listed: number;
  readonly notes: readonly string[];
  /** since the last commit */
  readonly bytesRead: number;
  readonly requests: number;
  readonly waitingUntil: Date | null;
  /** progress in cautious mode does not prove that the item that crashed us is behind: the next attempt is cautious, too */
  readonly cautious: boolean;
}

export interface CommitContext {
  readonly claim: Claim;
  readonly customId: (id: string) => string;
  /** tags and metadata of unchanged items are compared in this run */
  readonly compare: boolean;
  readonly failpoint: Failpoint;
}

export interface Committed {
  readonly segments: readonly Segment[];
  readonly counts: Counts;
}

/** The first segments of which nothing stays outstanding once `batch` is stored. */
export function covered(segments: readonly Segment[], batch: Batch): Segment[] {
  const done: Segment[] = [];
  for (const segment of segments) {
    if (segment.end === null || segment.outstanding > (batch.segments.get(segment) ?? 0)) break;
    done.push(segment);
  }
  return done;
}

function storedCursor(context: CommitContext, end: NonNullable<Segment["end"]>): StoredCursor {
  return {
    at: end.cursor,
    run: context.claim.run.id,
    position: end.position?.toString("base64") ?? null,
    listed: end.listed,
    config: context.claim.connection.config_version,
    ordered: end.ordered,
    compare: context.compare,
  };
}

/** Stores a batch, the counters and the cursor that covers it: all of it or nothing, and only while the fence is ours. */
export async function commitBatch(
  context: CommitContext,
  batch: Batch,
  segments: readonly Segment[],
  facts: RunFacts,
): Promise<Committed> {
  const done = covered(segments, batch);
  const end = done.at(-1)?.end ?? null;
  await context.failpoint("before commit");
  const counts = await transaction(async (client) => {
    const stored = await applyBatch(client, context, batch, end ? storedCursor(context, end) : null);
    for (const segment of done) addCounts(stored, segment.quiet);
    await context.failpoint("inside commit");
    await updateRun(client, context.claim, stored, facts, batch.empty && end === null);
    return stored;
  });
  await context.failpoint("after commit");
  return { segments: done, counts };
}

async function applyBatch(
  client: PoolClient,
  context: CommitContext,
  whole: Batch,
  cursor: StoredCursor | null,
): Promise<Counts> {
  const { connection, run } = context.claim;
  // The lock comes first: a zombie waits here and then finds another fence.
  const { rowCount } = await client.query({
    name: "commit_connection",
    text: `update connections set cursor = coalesce($3::jsonb, cursor), document_count = document_count + $4
           where id = $1 and fence = $2 and state = 'active'`,
    values: [
      connection.id,
      context.claim.fence,
      cursor === null ? null : JSON.stringify(cursor),
      whole.documents.filter((d) => d.fresh).length + whole.revivals.length,
    ],
  });
  if (rowCount !== 1) throw new LostClaim();

  const batch = await withoutExcluded(client, connection.id, whole);
  const counts: Counts = { ...batch.counts };
  const rows = [...batch.rows];
  const { rewritten, unchanged } = await splitByHash(client, context, batch, counts, rows);
  await write.writeDocuments(client, connection, run.id, context.customId, rewritten);
  await write.writeContents(client, connection.organization_id, rewritten);
  await write.updateVersions(client, connection.id, run.id, unchanged);
  const retagged = await refresh(client, context, batch, counts, rows);
  const revived = await write.refreshDocuments(client, connection, run.id, context.customId, batch.revivals);
  await write.markSeen(client, connection.id, run.id, batch.seen);
  await write.writeMemos(client, connection.id, batch.memos);
  await write.dropIssues(client, connection.id, batch.droppedIssues);
  await write.writeIssues(client, connection, run.id, batch.issues);
  await write.markIssuesSeen(client, connection.id, run.id, batch.seenIssues);
  await write.markIssuesSeen(client, connection.id, missingIssue(run.id), batch.missingIssues);
  await write.clearMissing(client, connection.id, batch.found);
  await write.markMissing(client, connection.id, run.id, batch.missing, Missing.explicit);
  await write.writeRows(client, connection.organization_id, run.id, rows);
  await queueIndexing(client, connection.organization_id, [
    ...rewritten.map((document) => document.id),
    ...retagged,
    ...revived,
  ]);
  return counts;
}

type BatchParts = Omit<Batch, "settle" | "full" | "empty">;

/**
 * The batch less what somebody deleted here since it was decided: the connection is locked, and so does whoever deletes,
 * so it cannot happen in between.
 */
async function withoutExcluded(client: PoolClient, connectionId: string, whole: Batch): Promise<BatchParts> {
  const keys = [...whole.documents, ...whole.refreshes].map(({ key }) => key);
  const excluded = await write.readExcluded(client, connectionId, keys);
  if (excluded.size === 0) return whole;
  const isWanted = ({ key }: { readonly key: Buffer }) => !excluded.has(key.toString("latin1"));
  const dropped = [...whole.documents, ...whole.refreshes].filter((one) => !isWanted(one));
  return {
    ...whole,
    documents: whole.documents.filter(isWanted),
    refreshes: whole.refreshes.filter(isWanted),
    counts: { ...whole.counts, skipped: whole.counts.skipped + dropped.length },
    rows: [
      ...whole.rows,
      ...dropped.map(({ item }): Batch["rows"][number] => ({
        verdict: "skipped",
        title: item.title,
        externalId: printable(item.id),
        documentId: null,
        reason: "excluded",
        detail: null,
      })),
    ],
  };
}

/** seen_run_id of an issue whose item a keyed listing left out; it goes when the listing turns out complete. */
export const missingIssue = (runId: string): string => `missing:${runId}`;

/** Same text as stored: only the version moves, and the verdict is "same". */
async function splitByHash(
  client: PoolClient,
  context: CommitContext,
  batch: BatchParts,
  counts: Counts,
  rows: Batch["rows"],
): Promise<{ rewritten: DocumentWrite[]; unchanged: DocumentWrite[] }> {
  const changed = batch.documents.filter((d) => !d.fresh);
  const rewritten = batch.documents.filter((d) => d.fresh);
  const unchanged: DocumentWrite[] = [];
  const stored = await write.readStored(
    client,
    context.claim.connection.id,
    changed.map((d) => d.key),
  );
  const facts = await write.factsOf(client, context.claim.connection, context.customId, changed);
  for (const [i, document] of changed.entries()) {
    const now = stored.get(document.key.toString("latin1"));
    const sameText = now?.hash?.equals(document.hash) === true && now.title === storable(document.title);
    if (sameText && now.facts === facts[i]) {
      unchanged.push(document);
      counts.same++;
    } else {
      rewritten.push(document);
      counts.changed++;
      rows.push(row("changed", document));
    }
  }
  for (const document of batch.documents) {
    if (!document.fresh) continue;
    counts.new++;
    rows.push(row("new", document));
  }
  return { rewritten, unchanged };
}

const row = (verdict: "new" | "changed", document: DocumentWrite): Batch["rows"][number] => ({
  verdict,
  title: document.title,
  externalId: printable(document.item.id),
  documentId: document.id,
  reason: null,
  detail: null,
});

/** Returns the ids of those that have to be indexed again. */
async function refresh(
  client: PoolClient,
  context: CommitContext,
  batch: BatchParts,
  counts: Counts,
  rows: Batch["rows"],
): Promise<string[]> {
  if (batch.refreshes.length === 0) return [];
  const { connection, run } = context.claim;
  const stored = await write.readStored(
    client,
    connection.id,
    batch.refreshes.map((r) => r.key),
  );
  const facts = await write.factsOf(client, connection, context.customId, batch.refreshes);
  const differing = batch.refreshes.filter((r, i) => stored.get(r.key.toString("latin1"))?.facts !== facts[i]);
  const equal = batch.refreshes.filter((r, i) => stored.get(r.key.toString("latin1"))?.facts === facts[i]);
  const retagged = await write.refreshDocuments(client, connection, run.id, context.customId, differing);
  await write.markSeen(
    client,
    connection.id,
    run.id,
    equal.map((r) => r.key),
  );
  await write.clearMissing(
    client,
    connection.id,
    equal.map((r) => r.key),
  );
  counts.same += equal.length;
  counts.changed += differing.length;
  for (const { item, id } of differing) {
    rows.push({
      verdict: "changed",
      title: item.title,
      externalId: printable(item.id),
      documentId: id,
      reason: null,
      detail: "tags or details changed",
    });
  }
  return retagged;
}

async function updateRun(
  client: PoolClient,
  claim: Claim,
  counts: Counts,
  facts: RunFacts,
  nothing: boolean,
): Promise<void> {
  const { rowCount } = await client.query({
    name: "commit_run",
    text: `update sync_runs set count_new = count_new + $3, count_changed = count_changed + $4,
             count_same = count_same + $5, count_skipped = count_skipped + $6, count_failed = count_failed + $7,
             count_waiting = count_waiting + $8, count_removed = count_removed + $9, bytes_saved = bytes_saved + $10,
             listed = $11, bytes_read = bytes_read + $12, requests = requests + $13, notes = $14::jsonb,
             heartbeat_at = now(), waiting_until = $15, crashes = case when $17 then crashes when $16 then least(crashes, 2) else 0 end,
             throttles = case when $17 then throttles else 0 end
           where id = $1 and fence = $2 and status = 'running'`,
    values: [
      claim.run.id,
      claim.fence,
      counts.new,
      counts.changed,
      counts.same,
      counts.skipped,
      counts.failed,
      counts.waiting,
      counts.removed,
      counts.bytesSaved,
      facts.listed,
      facts.bytesRead,
      facts.requests,
      JSON.stringify(facts.notes),
      facts.waitingUntil,
      facts.cautious,
      nothing,
    ],
  });
  if (rowCount !== 1) throw new LostClaim();
}

export interface Completion {
  readonly coverage: Coverage;
  readonly cursor: Json;
  readonly ordered: boolean;
  readonly order: "keyed" | "marked";
  /** counted behind the last checkpoint */
  readonly quiet: Counts;
}

/** The last transaction of a run: judges what is missing, moves the cursor to its end, and completes the run. */
export async function completeRun(context: CommitContext, completion: Completion, facts: RunFacts): Promise<void> {
  const { claim } = context;
  const { connection, run } = claim;
  const full = completion.coverage === "full";
  const complete = full && completion.ordered;
  await context.failpoint("after last checkpoint");
  await transaction(async (client) => {
    const locked = await client.query<{ document_count: number }>(
      "select document_count from connections where id = $1 and fence = $2 and state = 'active' for update",
      [connection.id, claim.fence],
    );
    if (!locked.rows[0]) throw new LostClaim();
    if (complete && completion.order === "marked") await markUnseen(client, connection.id, run.id);
    const counted = await client.query<{ documents: string; added: number }>(
      `select (select count(*) from documents where connection_id = $1 and deleted_at is null) as documents,
              (select count_new from sync_runs where id = $2) as added`,
      [connection.id, run.id],
    );
    const documents = Number(counted.rows[0]?.documents ?? 0);
    const guard = await applyGuard(client, {
      organizationId: connection.organization_id,
      connectionId: connection.id,
      runId: run.id,
      complete,
      listed: facts.listed,
      before: Math.max(0, documents - (counted.rows[0]?.added ?? 0)),
    });
    if (complete) {
      await client.query(
        completion.order === "marked"
          ? "delete from item_issues where connection_id = $1 and seen_run_id is distinct from $2"
          : "delete from item_issues where connection_id = $1 and seen_run_id = $2",
        [connection.id, completion.order === "marked" ? run.id : missingIssue(run.id)],
      );
    }
    // Where a limit cut the visit short, what was not met may only not have been reached.
    if (completion.coverage === "visited" && completion.quiet.waiting === 0) {
      await client.query("delete from item_issues where connection_id = $1 and seen_run_id is distinct from $2", [
        connection.id,
        run.id,
      ]);
    }
    const notes = guard.note ? [...facts.notes, guard.note] : facts.notes;
    await updateRun(
      client,
      claim,
      { ...completion.quiet, removed: guard.removed },
      { ...facts, notes, cautious: false },
      false,
    );
    await client.query("update sync_runs set count_held = $2 where id = $1", [run.id, guard.held]);
    const cursor: StoredCursor = {
      at: completion.cursor,
      run: null,
      position: null,
      listed: 0,
      config: connection.config_version,
      ordered: true,
      compare: context.compare && !full,
    };
    await client.query(
      `update connections set cursor = $2::jsonb, last_synced_at = now(), failure_kind = null, held_deletions = $3,
         document_count = $4, updated_at = now() where id = $1`,
      [connection.id, JSON.stringify(cursor), guard.held, documents - guard.removed],
    );
    await endRun(client, connection.id, run.id, { status: "completed" });
  });
}
