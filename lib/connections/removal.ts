import { record } from "#lib/audit/record.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { env } from "#lib/env.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { connectionNotFound, requireConnection, viewOf } from "./find.ts";
import type { DeleteConnectionInput } from "./inputs.ts";
import * as repo from "./repo.ts";
import { needsSelection } from "./selection.ts";
import { enqueueFor } from "./sync.ts";

/**
 * Removing a connection takes two steps: it and its documents vanish from every view at once, in one short transaction;
 * the rows leave later, in the background (lib/sync/maintenance.ts). In between it can be brought back.
 */

export interface Removed {
  readonly id: string;
  readonly provider: string;
  /** null = it cannot be brought back */
  readonly undoUntil: string | null;
}

/**
 * For `undoSeconds` (UNDO_S by default) it can be restored. `alongside` runs in the same transaction.
 * @throws AppError not_found
 */
export async function deleteConnection(
  principal: Principal,
  connectionId: string,
  input: DeleteConnectionInput,
  alongside?: (tx: Prisma.TransactionClient, removed: Removed) => Promise<void>,
): Promise<Removed> {
  requireWriter(principal);
  await requireConnection(principal, connectionId);
  const undoSeconds = input.undoSeconds ?? env().UNDO_S;
  return inTransaction(async (tx) => {
    const row = await repo.lockConnection(tx, principal.organizationId, connectionId);
    if (!row || row.state === "deleting") throw connectionNotFound();
    await repo.endRuns(tx, row.organizationId, row.id);
    // nextSyncAt stays: nothing is scheduled in this state, and it tells restoring whether it was paused.
    const until = await repo.markDeleting(tx, row.organizationId, row.id, undoSeconds, input.deleteDocuments);
    await repo.updateConnection(tx, row.organizationId, row.id, {
      // A run under way loses its right to write in this very moment, whatever it is doing.
      fence: { increment: 1 },
      // What cannot be undone needs its credentials no more.
      ...(undoSeconds === 0 ? { secrets: null } : {}),
    });
    await record(tx, principal, "connection.delete", `connection:${row.id}`, {
      provider: row.provider,
      account: row.accountLabel,
      deleteDocuments: input.deleteDocuments,
    });
    const undoUntil = undoSeconds === 0 ? null : (until?.toISOString() ?? null);
    const removed = { id: row.id, provider: row.provider, undoUntil };
    await alongside?.(tx, removed);
    return removed;
  });
}

/** Undo: as it was, and synced again at once unless it was paused before. @throws AppError not_found when it is too late */
export async function restoreConnection(principal: Principal, connectionId: string): Promise<ConnectionView> {
  requireWriter(principal);
  await prepareQueue();
  await inTransaction(async (tx) => {
    const row = await repo.lockConnection(tx, principal.organizationId, connectionId);
    if (!row?.restorable) throw connectionNotFound();
    // Not scheduled: it was paused, unless it waited for somebody to choose what is synced.
    const unchosen = needsSelection(row);
    const paused = row.nextSyncAt === null && !unchosen;
    await repo.updateConnection(tx, row.organizationId, row.id, {
      state: paused ? "paused" : "active",
      deleteAfter: null,
      deleteDocuments: true,
    });
    if (!paused && !unchosen) await enqueueFor(tx, principal, row.id);
    await record(tx, principal, "connection.restore", `connection:${row.id}`);
  });
  return viewOf(principal, await requireConnection(principal, connectionId));
}
