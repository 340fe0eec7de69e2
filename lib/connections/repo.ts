import { pool, prisma } from "#lib/db/client.ts";
import type { Connection, Grant, Prisma, SyncRun } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import type { ListConnectionsInput } from "./inputs.ts";

/** Queries on connections; the organization always comes first. A connection being deleted is not there any more. */

type Db = Prisma.TransactionClient;

export type { Connection, SyncRun };
export type GrantFacts = Pick<Grant, "scopes" | "refreshable" | "deadAt" | "createdAt">;

export async function findConnection(
  organizationId: string,
  connectionId: string,
  db: Db = prisma(),
): Promise<Connection | null> {
  return db.connection.findFirst({ where: { organizationId, id: connectionId, state: { not: "deleting" } } });
}

/** What an account allows, without its tokens. */
export async function findGrant(organizationId: string, grantId: string): Promise<GrantFacts | null> {
  return prisma().grant.findFirst({
    where: { organizationId, id: grantId },
    select: { scopes: true, refreshable: true, deadAt: true, createdAt: true },
  });
}

/** Newest first. */
export async function findConnections(
  organizationId: string,
  filter: ListConnectionsInput,
  limit?: number,
): Promise<Connection[]> {
  return prisma().connection.findMany({
    where: {
      organizationId,
      state: { not: "deleting" },
      ...(filter.provider === undefined ? {} : { provider: filter.provider }),
      ...(filter.containerTags?.length ? { containerTags: { hasEvery: [...filter.containerTags] } } : {}),
    },
    orderBy: [{ createdAt: "desc" }, { id: "asc" }],
    ...(limit === undefined ? {} : { take: limit }),
  });
}

export interface LockedConnection extends Connection {
  /** being deleted, and not too late to bring it back, by the database's clock: the same that decides when rows go */
  readonly restorable: boolean;
}

/**
 * Locks the row until the transaction ends, so that a decision about its state still holds when it is written. Also
 * finds connections being deleted; the caller decides by `state`.
 */
export async function lockConnection(
  tx: Db,
  organizationId: string,
  connectionId: string,
): Promise<LockedConnection | undefined> {
  const [locked] = await tx.$queryRaw<{ restorable: boolean }[]>`
    select state = 'deleting' and coalesce(delete_after > clock_timestamp(), false) as restorable
      from connections where organization_id = ${organizationId} and id = ${connectionId} for update`;
  if (!locked) return undefined;
  const row = await tx.connection.findFirst({ where: { organizationId, id: connectionId } });
  return row ? { ...row, restorable: locked.restorable } : undefined;
}

/** Marks it as being deleted; answers until when it can be brought back. */
export async function markDeleting(
  tx: Db,
  organizationId: string,
  connectionId: string,
  undoSeconds: number,
  deleteDocuments: boolean,
): Promise<Date | undefined> {
  const [marked] = await tx.$queryRaw<{ until: Date }[]>`
    update connections
       set state = 'deleting', delete_after = clock_timestamp() + ${undoSeconds}::float8 * interval '1 second',
           delete_documents = ${deleteDocuments}, updated_at = clock_timestamp()
     where organization_id = ${organizationId} and id = ${connectionId}
    returning delete_after as until`;
  return marked?.until;
}

export async function updateConnection(
  tx: Db,
  organizationId: string,
  connectionId: string,
  data: Prisma.ConnectionUncheckedUpdateManyInput,
): Promise<void> {
  await tx.connection.updateMany({ where: { organizationId, id: connectionId }, data });
}

export async function countByProvider(organizationId: string): Promise<ReadonlyMap<string, number>> {
  const groups = await prisma().connection.groupBy({
    by: ["provider"],
    where: { organizationId, state: { not: "deleting" } },
    _count: true,
  });
  return new Map(groups.map(({ provider, _count: count }) => [provider, count]));
}

/**
 * The latest few runs of each connection, newest first: at most one is queued and one running, so three always hold the
 * last one that ended. A lateral join, because a connection may have thousands.
 */
export async function latestRuns(
  organizationId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SyncRun[]>> {
  if (connectionIds.length === 0) return new Map();
  const { rows } = await pool().query<{ id: string }>(
    `select latest.id from unnest($2::text[]) as wanted(id) cross join lateral (
       select r.id from sync_runs r where r.connection_id = wanted.id and r.organization_id = $1
        order by r.queued_at desc, r.id limit 3) latest`,
    [organizationId, connectionIds],
  );
  const runs = await prisma().syncRun.findMany({
    where: { organizationId, id: { in: rows.map((row) => row.id) } },
    orderBy: [{ queuedAt: "desc" }, { id: "asc" }],
  });
  const byConnection = new Map<string, SyncRun[]>();
  for (const run of runs) byConnection.set(run.connectionId, [...(byConnection.get(run.connectionId) ?? []), run]);
  return byConnection;
}

/**
 * The same rows, those read again whose run has ended since: a run's last documents are counted with its end, and a view
 * that says "synced" with the count from before it would stay like that.
 */
export async function asOfRuns(
  organizationId: string,
  rows: readonly Connection[],
  runs: ReadonlyMap<string, readonly SyncRun[]>,
): Promise<readonly Connection[]> {
  const overtaken = rows.filter((row) =>
    runs.get(row.id)?.some(({ completedAt }) => completedAt !== null && completedAt > row.updatedAt),
  );
  if (overtaken.length === 0) return rows;
  const fresh = await prisma().connection.findMany({
    where: { organizationId, id: { in: overtaken.map(({ id }) => id) } },
  });
  const byId = new Map(fresh.map((row) => [row.id, row]));
  return rows.map((row) => byId.get(row.id) ?? row);
}

/** Those of the connections that have a sync waiting. */
export async function withQueuedRun(
  organizationId: string,
  connectionIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await prisma().syncRun.findMany({
    where: { organizationId, connectionId: { in: [...connectionIds] }, status: "queued" },
    select: { connectionId: true },
  });
  return new Set(rows.map((row) => row.connectionId));
}

/** Items seen but not stored, by connection. */
export async function countIssues(
  organizationId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (connectionIds.length === 0) return new Map();
  const groups = await prisma().itemIssue.groupBy({
    by: ["connectionId"],
    where: { organizationId, connectionId: { in: [...connectionIds] } },
    _count: true,
  });
  return new Map(groups.map(({ connectionId, _count: count }) => [connectionId, count]));
}

/** What waits is canceled, what runs is told to stop at its next checkpoint. */
export async function stopRuns(tx: Db, organizationId: string, connectionId: string): Promise<void> {
  const where = { organizationId, connectionId };
  await tx.syncRun.updateMany({
    where: { ...where, status: "queued" },
    data: { status: "canceled", completedAt: await databaseTime(tx) },
  });
  await tx.syncRun.updateMany({ where: { ...where, status: "running" }, data: { cancelRequested: true } });
}

/** All runs are over in this moment; with the fence raised as well, whoever works on one cannot commit any more. */
export async function endRuns(tx: Db, organizationId: string, connectionId: string): Promise<void> {
  await tx.syncRun.updateMany({
    where: { organizationId, connectionId, status: { in: ["queued", "running"] } },
    data: {
      status: "canceled",
      completedAt: await databaseTime(tx),
      phase: null,
      waitingUntil: null,
      heartbeatAt: null,
    },
  });
}
