import type { PoolClient } from "pg";
import { AppError } from "#lib/contract/errors.ts";
import { idPattern } from "#lib/contract/ids.ts";
import { decodeKeyset, encodeKeyset } from "#lib/contract/keyset.ts";
import { actorOf, type Principal } from "#lib/contract/principal.ts";
import type { KeysetPage, RunItemView, RunVerdict, RunView } from "#lib/contract/views.ts";
import { runView } from "#lib/connections/view.ts";
import { transaction } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { endRun } from "#lib/sync/claim.ts";
import { keepHeld, removeHeld } from "#lib/sync/deletions.ts";
import { enqueueSync } from "./enqueue.ts";
import * as repo from "./repo.ts";

/**
 * Looking at sync runs and steering them. Every verb takes who is calling first and sees only that caller's
 * organization: an unknown id and another organization's id are the same `not_found`.
 */

const clamp = (limit: number | undefined, fallback: number): number =>
  Math.min(Math.max(Math.trunc(limit ?? fallback), 1), 200);

export interface ListRunsInput {
  readonly connectionId?: string;
  /** `next` of the page before */
  readonly after?: string;
  /** 1 to 200; the default is 30 */
  readonly limit?: number;
}

/** Newest first. */
export async function listRuns(principal: Principal, input: ListRunsInput = {}): Promise<KeysetPage<RunView>> {
  const limit = clamp(input.limit, 30);
  const after = input.after === undefined ? undefined : decodeKeyset(input.after);
  const filter = input.connectionId === undefined ? {} : { connectionId: input.connectionId };
  const rows = await repo.pageOfRuns(principal.organizationId, filter, limit + 1, after);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(({ run }) => runView(run)),
    next: rows.length > limit && last ? encodeKeyset({ at: last.at, id: last.run.id }) : null,
  };
}

/** @throws AppError not_found */
export async function getRun(principal: Principal, runId: string): Promise<RunView> {
  return runView(await requireRun(principal, runId));
}

async function requireRun(principal: Principal, runId: string): Promise<repo.SyncRun> {
  const run = idPattern.test(runId) ? await repo.findRun(principal.organizationId, runId) : null;
  if (!run) throw new AppError("not_found", "Run not found");
  return run;
}

export interface ListRunItemsInput {
  readonly verdict?: RunVerdict;
  readonly after?: string;
  /** 1 to 200; the default is 50 */
  readonly limit?: number;
}

/**
 * What a run decided, in the order it decided it; then, asked for skipped or failed items, those that were so before and
 * have not changed. "same" is only counted. @throws AppError not_found
 */
export async function listRunItems(
  principal: Principal,
  runId: string,
  input: ListRunItemsInput = {},
): Promise<KeysetPage<RunItemView>> {
  const run = await requireRun(principal, runId);
  const limit = clamp(input.limit, 50);
  const { verdict, after } = input;
  const repeats = (verdict === "skipped" || verdict === "failed") && run.startedAt !== null ? verdict : null;
  if (repeats && after !== undefined && repeatedAfter.test(after)) return repeated(run, repeats, limit, after.slice(1));
  const from = after !== undefined && /^\d{1,18}$/.test(after) ? BigInt(after) : undefined;
  const rows = await repo.itemsOfRun(principal.organizationId, run.id, verdict, limit + 1, from);
  const items = rows.slice(0, limit).map(itemView);
  const last = items.at(-1);
  if (rows.length > limit && last) return { items, next: last.id };
  if (!repeats) return { items, next: null };
  if (items.length === limit) return { items, next: "k" };
  const rest = await repeated(run, repeats, limit - items.length, "");
  return { items: [...items, ...rest.items], next: rest.next };
}

/** "k" and the last key in hexadecimal */
const repeatedAfter = /^k(?:[0-9a-f]{2}){0,2048}$/;

async function repeated(
  run: repo.SyncRun,
  verdict: "skipped" | "failed",
  limit: number,
  afterKey: string,
): Promise<KeysetPage<RunItemView>> {
  const rows = await repo.repeatedIssues(run.organizationId, run, verdict, limit + 1, afterKey);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map((row) => ({
      id: `k${row.hex}`,
      runId: run.id,
      verdict,
      title: row.title,
      externalId: row.externalId,
      documentId: null,
      reason: row.reason,
      detail: row.detail,
      at: row.lastAt.toISOString(),
    })),
    next: rows.length > limit && last ? `k${last.hex}` : null,
  };
}

function itemView(row: repo.RunItem): RunItemView {
  return {
    id: String(row.id),
    runId: row.runId,
    verdict: row.verdict,
    title: row.title,
    externalId: row.externalId,
    documentId: row.documentId,
    reason: row.reason,
    detail: row.detail,
    at: row.at.toISOString(),
  };
}

export interface IssueView {
  readonly externalId: string;
  readonly verdict: "skipped" | "failed";
  readonly title: string;
  /** key into lib/contract/reasons.ts */
  readonly reason: string;
  readonly detail: string | null;
  /** how often reading it failed */
  readonly attempts: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** What a connection has seen but does not store now, at most 200, the newest first. */
export async function listIssues(
  principal: Principal,
  connectionId: string,
  input: { readonly verdict?: "skipped" | "failed"; readonly limit?: number } = {},
): Promise<readonly IssueView[]> {
  const rows = await repo.issuesOf(principal.organizationId, connectionId, input.verdict, clamp(input.limit, 50));
  return rows.map((row) => ({
    externalId: row.externalId,
    verdict: row.verdict === "failed" ? "failed" : "skipped",
    title: row.title,
    reason: row.reason,
    detail: row.detail,
    attempts: row.attempts,
    firstAt: row.firstAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
  }));
}

/** Ends a run: at once if nobody works on it, else within about two seconds. @throws AppError not_found, conflict */
export async function cancelRun(principal: Principal, runId: string): Promise<RunView> {
  requireWriter(principal);
  const run = await requireRun(principal, runId);
  await prepareQueue();
  await transaction(async (client) => {
    await client.query("select 1 from connections where id = $1 and organization_id = $2 for update", [
      run.connectionId,
      principal.organizationId,
    ]);
    const { rows } = await client.query<{ status: string; held: boolean }>(
      `update sync_runs set cancel_requested = true
       where id = $1 and organization_id = $2 and status in ('queued', 'running')
       returning status::text as status, coalesce(heartbeat_at > now() - interval '10 seconds', false) as held`,
      [run.id, principal.organizationId],
    );
    const row = rows[0];
    if (!row) throw new AppError("conflict", "This run is over already.");
    if (!row.held) {
      // Whoever may still believe to have it cannot commit any more.
      await client.query("update connections set fence = fence + 1 where id = $1", [run.connectionId]);
      await endRun(client, run.connectionId, run.id, { status: "canceled" });
    }
    await audit(client, principal, "run.cancel", `run:${run.id}`);
  });
  return getRun(principal, runId);
}

/** Forgets how often items of a connection failed, and queues a sync that tries them again. @throws AppError */
export async function retryFailed(
  principal: Principal,
  connectionId: string,
): Promise<{ readonly runId: string; readonly items: number }> {
  requireWriter(principal);
  await prepareQueue();
  return transaction(async (client) => {
    await lockConnection(client, principal, connectionId);
    const { rowCount } = await client.query(
      `update item_issues set attempts = 0, version = null
       where connection_id = $1 and organization_id = $2 and verdict = 'failed'`,
      [connectionId, principal.organizationId],
    );
    const { runId } = await enqueueSync(client, {
      organizationId: principal.organizationId,
      connectionId,
      trigger: "manual",
      requestedBy: principal.kind === "key" ? principal.keyId : principal.userId,
    });
    if (runId === null) throw new AppError("conflict", "This connection is paused.", { details: "Resume it first." });
    await audit(client, principal, "connection.retry", `connection:${connectionId}`);
    return { runId, items: rowCount ?? 0 };
  });
}

/** Removes the documents the deletion guard held back. @throws AppError not_found */
export async function applyHeldDeletions(principal: Principal, connectionId: string): Promise<number> {
  return decide(principal, connectionId, "connection.remove-held", removeHeld);
}

/** Keeps the documents the deletion guard held back; if they stay missing, a later sync may ask again. @throws AppError */
export async function dismissHeldDeletions(principal: Principal, connectionId: string): Promise<number> {
  return decide(principal, connectionId, "connection.keep-held", keepHeld);
}

async function decide(
  principal: Principal,
  connectionId: string,
  action: string,
  act: (client: PoolClient, organizationId: string, connectionId: string) => Promise<number>,
): Promise<number> {
  requireWriter(principal);
  return transaction(async (client) => {
    await lockConnection(client, principal, connectionId);
    const count = await act(client, principal.organizationId, connectionId);
    await client.query(
      `update connections set held_deletions = 0, updated_at = now(), document_count = (
         select count(*) from documents where connection_id = $1 and deleted_at is null)
       where id = $1`,
      [connectionId],
    );
    await audit(client, principal, action, `connection:${connectionId}`);
    return count;
  });
}

/** How many workers report now, and when the last one did. */
export async function workerState(): Promise<{ readonly alive: number; readonly lastSeenAt: string | null }> {
  const { alive, lastSeenAt } = await repo.workers(30);
  return { alive, lastSeenAt: lastSeenAt?.toISOString() ?? null };
}

async function lockConnection(client: PoolClient, principal: Principal, connectionId: string): Promise<void> {
  const { rowCount } = await client.query(
    "select 1 from connections where id = $1 and organization_id = $2 and state <> 'deleting' for update",
    [connectionId, principal.organizationId],
  );
  if (rowCount !== 1) throw new AppError("not_found", "Connection not found");
}

async function audit(client: PoolClient, principal: Principal, action: string, target: string): Promise<void> {
  await client.query(
    "insert into audit_events (organization_id, actor, action, target, address) values ($1, $2, $3, $4, $5)",
    [principal.organizationId, actorOf(principal), action, target, principal.address ?? null],
  );
}
