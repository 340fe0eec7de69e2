import { env } from "#lib/env.ts";
import { transaction } from "#lib/db/tx.ts";
import { sendSync } from "#lib/jobs/queue.ts";
import { enqueueSync } from "#lib/runs/enqueue.ts";
import { endRun } from "./claim.ts";

/** The schedule is a column: a connection is due when the database's clock passes its next_sync_at. */

const dueAtOnce = 100;
/** With this many runs waiting, more would only wait longer. */
const mostQueued = 500;

/**
 * Queues a sync for connections that are due, at most 100 a call; several workers share the work (SKIP LOCKED). The next
 * time is set a little earlier or later, so that connections made together drift apart.
 */
export async function enqueueDue(everySeconds: ReadonlyMap<string, number>): Promise<number> {
  return transaction(async (client) => {
    const { rows } = await client.query<{ id: string; organization_id: string }>(
      `with due as (
         select id from connections
         where state = 'active' and next_sync_at <= now()
           and (select count(*) from sync_runs where status = 'queued') < $1
         order by next_sync_at limit $2 for update skip locked
       )
       update connections c set next_sync_at = now() + make_interval(secs =>
         coalesce(c.interval_seconds::float8, $3::float8, ($4::jsonb ->> c.provider)::float8, 86400)
           * (0.95 + random() * 0.1))
       from due where c.id = due.id
       returning c.id, c.organization_id`,
      [mostQueued, dueAtOnce, env().SYNC_INTERVAL_S ?? null, JSON.stringify(Object.fromEntries(everySeconds))],
    );
    for (const row of rows) {
      await enqueueSync(client, {
        organizationId: row.organization_id,
        connectionId: row.id,
        trigger: "cron",
        requestedBy: null,
      });
    }
    return rows.length;
  });
}

/**
 * Sends for runs that nobody works on and that have no job any more (a queue that lost jobs, a restored backup).
 * A job too many does no harm: what is to be done is decided from the run's row.
 */
export async function enqueueLost(): Promise<number> {
  return transaction(async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select r.id from sync_runs r
       where (r.status = 'queued' and r.queued_at < now() - interval '60 seconds' and not exists (
               select 1 from sync_runs o where o.connection_id = r.connection_id and o.status = 'running'))
          or (r.status = 'running' and greatest(r.heartbeat_at, r.waiting_until, r.started_at)
               < now() - make_interval(secs => $1))
       order by r.queued_at limit 200`,
      [env().LEASE_S * 4],
    );
    for (const { id } of rows) await sendSync(client, id);
    return rows.length;
  });
}

/** The queue gave a job up: its run must not stay "running" for ever. */
export async function failDead(runId: string): Promise<void> {
  await transaction(async (client) => {
    const { rows } = await client.query<{ id: string }>(
      "select id from connections where id = (select connection_id from sync_runs where id = $1) for update",
      [runId],
    );
    const connectionId = rows[0]?.id;
    if (!connectionId) return;
    const { rowCount } = await client.query(
      "select 1 from sync_runs where id = $1 and status in ('queued', 'running')",
      [runId],
    );
    if (rowCount !== 1) return;
    await client.query("update connections set fence = fence + 1, failure_kind = 'internal' where id = $1", [
      connectionId,
    ]);
    await endRun(client, connectionId, runId, {
      status: "failed",
      errorCode: "internal",
      failureKind: "internal",
      error: "The sync was tried again and again and never ended. The next sync tries again.",
    });
  });
}
