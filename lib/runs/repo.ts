import { pool, prisma } from "#lib/db/client.ts";
import type { ItemIssue, RunItem, SyncRun, Verdict } from "#lib/db/generated/client.ts";
import type { Keyset } from "#lib/contract/keyset.ts";

/** Queries about runs. The organization always comes first. Runs of a connection that is being deleted are gone with it. */

export type { ItemIssue, RunItem, SyncRun };

/** A page of runs, newest first; `at` keeps the microseconds of the sort key. */
export async function pageOfRuns(
  organizationId: string,
  filter: { readonly connectionId?: string },
  limit: number,
  after: Keyset | undefined,
): Promise<readonly { readonly run: SyncRun; readonly at: string }[]> {
  const values: unknown[] = [organizationId, limit];
  const where = [
    "organization_id = $1",
    // There are few such connections: their ids are found once, not for every run.
    "connection_id <> all(array(select id from connections where organization_id = $1 and state = 'deleting'))",
  ];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  if (filter.connectionId !== undefined) where.push(`connection_id = ${bind(filter.connectionId)}`);
  if (after) {
    const [at, id] = [bind(after.at), bind(after.id)];
    // Newest first, ids ascending: not one row comparison, but the first bound lets the index begin at the right place.
    where.push(`queued_at <= ${at}::timestamptz and (queued_at < ${at}::timestamptz or id > ${id})`);
  }
  const { rows } = await pool().query<{ id: string; at: string }>(
    `select id, to_char(queued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from sync_runs
     where ${where.join(" and ")} order by queued_at desc, id limit $2`,
    values,
  );
  const runs = await prisma().syncRun.findMany({ where: { organizationId, id: { in: rows.map((row) => row.id) } } });
  const byId = new Map(runs.map((run) => [run.id, run]));
  return rows.flatMap(({ id, at }) => {
    const run = byId.get(id);
    return run ? [{ run, at }] : [];
  });
}

export function findRun(organizationId: string, runId: string): Promise<SyncRun | null> {
  return prisma().syncRun.findFirst({
    where: { organizationId, id: runId, connection: { state: { not: "deleting" } } },
  });
}

export function itemsOfRun(
  organizationId: string,
  runId: string,
  verdict: Verdict | undefined,
  limit: number,
  after: bigint | undefined,
): Promise<RunItem[]> {
  return prisma().runItem.findMany({
    where: {
      organizationId,
      runId,
      ...(verdict ? { verdict } : {}),
      ...(after === undefined ? {} : { id: { gt: after } }),
    },
    orderBy: { id: "asc" },
    take: limit,
  });
}

/** What a connection has seen but not stored, newest first. */
export function issuesOf(
  organizationId: string,
  connectionId: string,
  verdict: "skipped" | "failed" | undefined,
  limit: number,
): Promise<ItemIssue[]> {
  return prisma().itemIssue.findMany({
    where: { organizationId, connectionId, ...(verdict ? { verdict } : {}) },
    orderBy: { lastAt: "desc" },
    take: limit,
  });
}

/**
 * Items that were skipped or failed before `run` and that it met again unchanged: it counted them and wrote no row.
 * Nothing for a run that is not the connection's newest, because only the present is known.
 */
export async function repeatedIssues(
  organizationId: string,
  run: SyncRun,
  verdict: "skipped" | "failed",
  limit: number,
  afterKey: string,
): Promise<readonly (ItemIssue & { readonly hex: string })[]> {
  const { rows } = await pool().query<{ hex: string }>(
    `select encode(i.key, 'hex') as hex from item_issues i
     where i.connection_id = $1 and i.organization_id = $2 and i.verdict = $3::verdict and i.key > decode($4, 'hex')
       and i.last_at < $5 and not exists (
         select 1 from sync_runs n where n.connection_id = i.connection_id and n.started_at > $5)
     order by i.key limit $6`,
    [run.connectionId, organizationId, verdict, afterKey, run.startedAt, limit],
  );
  const issues = await prisma().itemIssue.findMany({
    where: {
      organizationId,
      connectionId: run.connectionId,
      key: { in: rows.map((row) => Uint8Array.from(Buffer.from(row.hex, "hex"))) },
    },
  });
  const byKey = new Map(issues.map((issue) => [Buffer.from(issue.key).toString("hex"), issue]));
  return rows.flatMap(({ hex }) => {
    const issue = byKey.get(hex);
    return issue ? [{ ...issue, hex }] : [];
  });
}

/** Workers heard of lately, by the database's clock. */
export async function workers(aliveSeconds: number): Promise<{ alive: number; lastSeenAt: Date | null }> {
  const { rows } = await pool().query<{ alive: string; last: Date | null }>(
    `select count(*) filter (where seen_at > now() - make_interval(secs => $1)) as alive, max(seen_at) as last
     from worker_heartbeats`,
    [aliveSeconds],
  );
  return { alive: Number(rows[0]?.alive ?? 0), lastSeenAt: rows[0]?.last ?? null };
}
