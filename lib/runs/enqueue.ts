import { newId } from "#lib/contract/ids.ts";
import type { RunTrigger } from "#lib/contract/views.ts";
import type { Queryable } from "#lib/db/tx.ts";
import { sendSync } from "#lib/jobs/queue.ts";

export interface EnqueueInput {
  readonly organizationId: string;
  readonly connectionId: string;
  readonly trigger: RunTrigger;
  /** API key id or user id of whoever asked; null for the schedule */
  readonly requestedBy: string | null;
  /** the job is not taken before; one that is queued already keeps its time */
  readonly delaySeconds?: number;
}

export interface Enqueued {
  /** the queued run; null if the connection is not there, not active, or not this organization's */
  readonly runId: string | null;
  /** true = a run was queued already and this request joins it */
  readonly coalesced: boolean;
}

/**
 * Queues a sync: the run and its job appear together when the caller's transaction commits. However many ask at once,
 * a connection has at most one running and one queued run (partial unique indexes).
 * `client`: a PoolClient inside a transaction (lib/db/tx.ts), or `fromPrisma(tx)` inside a Prisma transaction.
 */
export async function enqueueSync(client: Queryable, input: EnqueueInput): Promise<Enqueued> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const inserted = await client.query(
      `insert into sync_runs (id, organization_id, connection_id, trigger, requested_by)
       select $1, c.organization_id, c.id, $4::run_trigger, $5 from connections c
       where c.id = $2 and c.organization_id = $3 and c.state = 'active'
       on conflict (connection_id) where status = 'queued' do nothing
       returning id`,
      [newId(), input.connectionId, input.organizationId, input.trigger, input.requestedBy],
    );
    const created = inserted.rows[0]?.["id"];
    if (typeof created === "string") {
      await sendSync(client, created, input.delaySeconds);
      return { runId: created, coalesced: false };
    }
    const waiting = await client.query(
      `select r.id, c.state::text as state from connections c
       left join sync_runs r on r.connection_id = c.id and r.status = 'queued'
       where c.id = $1 and c.organization_id = $2`,
      [input.connectionId, input.organizationId],
    );
    const runId = waiting.rows[0]?.["id"];
    if (typeof runId === "string") return { runId, coalesced: true };
    if (waiting.rows[0]?.["state"] !== "active") break;
    // The queued run was taken up between the two statements: ask for another.
  }
  return { runId: null, coalesced: false };
}
