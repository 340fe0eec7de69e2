import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { fromPrisma } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { enqueueSync, type Enqueued } from "#lib/runs/enqueue.ts";
import { connectionNotFound, requireConnection } from "./find.ts";
import { requireProvider } from "./registry.ts";
import * as repo from "./repo.ts";
import { needsSelection, nothingChosen } from "./selection.ts";

/** Asking for a sync. */

/** Transactions under way at once: well below the size of the pool. */
const importsAtOnce = 4;

/** Queues a sync; while one is queued already, that one is answered. @throws AppError conflict when paused */
export async function requestSync(
  principal: Principal,
  connectionId: string,
): Promise<{ readonly runId: string; readonly coalesced: boolean }> {
  requireWriter(principal);
  const row = await requireConnection(principal, connectionId);
  if (row.state === "active" && needsSelection(row)) throw nothingChosen();
  await prepareQueue();
  const { state, runId, coalesced } = await enqueueOne(principal, connectionId);
  if (state === "paused")
    throw new AppError("conflict", "This connection is paused.", { details: "Resume it, then sync." });
  if (runId === null) throw connectionNotFound();
  return { runId, coalesced };
}

/**
 * Queues a sync of every active connection of a provider that has all of the tags. `connections`: how many, those with a
 * sync queued already included; `unchosen`: those left out because nobody has chosen yet what to sync. @throws AppError not_found for an unknown provider
 */
export async function importProvider(
  principal: Principal,
  provider: string,
  containerTags: readonly string[],
): Promise<{ readonly connections: number; readonly paused: number; readonly unchosen: number }> {
  requireWriter(principal);
  const filter = { provider: requireProvider(provider), containerTags };
  const rows = await repo.findConnections(principal.organizationId, filter);
  const unpaused = rows.filter((row) => row.state === "active");
  const active = unpaused.filter((row) => !needsSelection(row));
  const waiting = await repo.withQueuedRun(
    principal.organizationId,
    active.map((row) => row.id),
  );
  const idle = active.filter((row) => !waiting.has(row.id));
  if (idle.length > 0) await prepareQueue();
  for (let i = 0; i < idle.length; i += importsAtOnce) {
    // One transaction each: a thousand connections must not be locked together.
    await Promise.all(idle.slice(i, i + importsAtOnce).map(({ id }) => enqueueOne(principal, id)));
  }
  return {
    connections: active.length,
    paused: rows.length - unpaused.length,
    unchosen: unpaused.length - active.length,
  };
}

function enqueueOne(
  principal: Principal,
  connectionId: string,
): Promise<Enqueued & { readonly state: repo.Connection["state"] | undefined }> {
  return inTransaction(async (tx) => {
    // Everybody locks the connection before its runs: two who did it the other way round would wait for each other.
    const row = await repo.lockConnection(tx, principal.organizationId, connectionId);
    const queued = await enqueueFor(tx, principal, connectionId);
    if (queued.runId && !queued.coalesced) await record(tx, principal, "connection.sync", `connection:${connectionId}`);
    return { ...queued, state: row?.state };
  });
}

/** Queues a sync in the caller's transaction. */
export async function enqueueFor(
  tx: Prisma.TransactionClient,
  principal: Principal,
  connectionId: string,
): Promise<Enqueued> {
  return enqueueSync(fromPrisma(tx), {
    organizationId: principal.organizationId,
    connectionId,
    trigger: "manual",
    requestedBy: principal.kind === "key" ? principal.keyId : principal.userId,
  });
}
