import type { PoolClient } from "pg";
import type { Json } from "#lib/connectors/types.ts";
import type { RunErrorCode } from "#lib/contract/views.ts";
import { transaction } from "#lib/db/tx.ts";
import { sendSync } from "#lib/jobs/queue.ts";

/** What the engine reads of a connection. */
export interface ConnectionRow {
  readonly id: string;
  readonly organization_id: string;
  readonly provider: string;
  readonly state: "active" | "paused" | "deleting";
  readonly container_tags: string[];
  readonly document_limit: number;
  readonly config: Record<string, Json>;
  readonly secrets: string | null;
  readonly metadata: Record<string, string | number | boolean>;
  readonly fence: string;
  readonly cursor: unknown;
  readonly config_version: number;
  readonly document_count: number;
  /** who it is connected as */
  readonly account_id: string | null;
}

/** What the engine reads of a run. */
export interface RunRow {
  readonly id: string;
  readonly status: "queued" | "running" | "completed" | "failed" | "canceled";
  readonly fence: string;
  readonly attempts: number;
  readonly crashes: number;
  readonly throttles: number;
  readonly cancel_requested: boolean;
  readonly count_new: number;
  readonly notes: string[];
}

export interface Claim {
  readonly run: RunRow;
  readonly connection: ConnectionRow;
  /** what every commit of this attempt compares (connections.fence) */
  readonly fence: string;
}

export type ClaimResult =
  | { readonly kind: "claimed"; readonly claim: Claim }
  /** nothing (more) to do for this job */
  | { readonly kind: "done"; readonly why: "gone" | "finished" | "canceled" | "busy" }
  /** somebody alive has this very run, or it waits for its provider: look again after so many seconds */
  | { readonly kind: "held"; readonly seconds: number };

/** A run whose heartbeat is younger than this is not taken from its holder; far below the shortest lease (10 s). */
const aliveSeconds = 5;

/**
 * Takes a run up: raises the connection's fence, so that whoever had it before cannot commit any more.
 * One transaction; the connection's row is always locked before its runs.
 */
export async function claimRun(runId: string): Promise<ClaimResult> {
  return transaction(async (client) => {
    const connections = await client.query<ConnectionRow>(
      `select c.id, c.organization_id, c.provider, c.state::text as state, c.container_tags, c.document_limit, c.config,
              c.secrets, c.metadata, c.fence, c.cursor, c.config_version, c.document_count, c.account_id
       from connections c where c.id = (select connection_id from sync_runs where id = $1) for update`,
      [runId],
    );
    const connection = connections.rows[0];
    if (!connection) return { kind: "done", why: "gone" };
    const runs = await client.query<RunRow & { alive: boolean; wait: number; other: string | null }>(
      `select r.id, r.status::text as status, r.fence, r.attempts, r.crashes, r.throttles, r.cancel_requested,
              r.count_new, r.notes,
              coalesce(r.heartbeat_at > now() - make_interval(secs => $2), false) as alive,
              coalesce(extract(epoch from r.waiting_until - now()), 0)::float8 as wait,
              (select o.id from sync_runs o where o.connection_id = r.connection_id and o.status = 'running' and o.id <> r.id) as other
       from sync_runs r where r.id = $1 for update of r`,
      [runId, aliveSeconds],
    );
    const run = runs.rows[0];
    if (!run) return { kind: "done", why: "gone" };
    if (run.status !== "queued" && run.status !== "running") return { kind: "done", why: "finished" };
    // The running one sends for this one when it ends (finishRun).
    if (run.status === "queued" && run.other) return { kind: "done", why: "busy" };
    if (run.status === "running" && run.alive) return { kind: "held", seconds: 3 };
    if (run.cancel_requested || connection.state !== "active") {
      await endRun(client, connection.id, runId, { status: "canceled" });
      return { kind: "done", why: "canceled" };
    }
    if (run.wait > 1) return { kind: "held", seconds: run.wait };
    const claimed = await client.query<RunRow>(
      `update sync_runs set status = 'running', fence = $2::bigint + 1, attempts = attempts + 1,
              crashes = case when status = 'running' and heartbeat_at is not null then crashes + 1 else crashes end,
              started_at = coalesce(started_at, now()), heartbeat_at = now(), waiting_until = null, phase = 'listing'
       where id = $1
       returning id, status::text as status, fence, attempts, crashes, throttles, cancel_requested, count_new, notes`,
      [runId, connection.fence],
    );
    await client.query("update connections set fence = fence + 1 where id = $1", [connection.id]);
    const taken = claimed.rows[0];
    if (!taken) return { kind: "done", why: "gone" };
    return { kind: "claimed", claim: { run: taken, connection, fence: taken.fence } };
  });
}

/** The newest facts of a claim that is still ours; null if it is not. */
export async function refreshClaim(claim: Claim): Promise<Claim | null> {
  return transaction(async (client) => {
    const connections = await client.query<ConnectionRow>(
      `select id, organization_id, provider, state::text as state, container_tags, document_limit, config, secrets, metadata,
              fence, cursor, config_version, document_count, account_id
       from connections where id = $1 and fence = $2 and state = 'active'`,
      [claim.connection.id, claim.fence],
    );
    const runs = await client.query<RunRow>(
      `select id, status::text as status, fence, attempts, crashes, throttles, cancel_requested, count_new, notes
       from sync_runs where id = $1 and status = 'running' and fence = $2`,
      [claim.run.id, claim.fence],
    );
    const [connection, run] = [connections.rows[0], runs.rows[0]];
    return connection && run ? { connection, run, fence: claim.fence } : null;
  });
}

export interface Ending {
  readonly status: "completed" | "failed" | "canceled";
  readonly errorCode?: RunErrorCode;
  readonly failureKind?: string;
  readonly error?: string;
}

/** What a run saw since its last commit; facts about the network, not about documents. */
export interface Remainder {
  readonly notes: readonly string[];
  readonly bytesRead: number;
  readonly requests: number;
}

async function addRemainder(client: PoolClient, runId: string, rest: Remainder): Promise<void> {
  await client.query(
    "update sync_runs set notes = $2::jsonb, bytes_read = bytes_read + $3, requests = requests + $4 where id = $1",
    [runId, JSON.stringify(rest.notes), rest.bytesRead, rest.requests],
  );
}

/** Ends a run and sends for the connection's queued one, if there is one. The connection's row must be locked. */
export async function endRun(client: PoolClient, connectionId: string, runId: string, ending: Ending): Promise<void> {
  await client.query(
    `update sync_runs set status = $2::run_status, completed_at = now(), heartbeat_at = null, waiting_until = null,
            phase = null, error_code = $3, failure_kind = $4, error = $5
     where id = $1 and status in ('queued', 'running')`,
    [runId, ending.status, ending.errorCode ?? null, ending.failureKind ?? null, ending.error ?? null],
  );
  const queued = await client.query<{ id: string }>(
    "select id from sync_runs where connection_id = $1 and status = 'queued'",
    [connectionId],
  );
  if (queued.rows[0]) await sendSync(client, queued.rows[0].id);
}

/** Locks the connection's row if the claim still holds; false = somebody else has it now, or it is paused or deleted. */
async function lock(client: PoolClient, claim: Claim): Promise<boolean> {
  const { rowCount } = await client.query("select 1 from connections where id = $1 and fence = $2 for update", [
    claim.connection.id,
    claim.fence,
  ]);
  return rowCount === 1;
}

/** Ends a run that failed or was canceled. Does nothing if the claim is lost. */
export async function finishRun(claim: Claim, ending: Ending, rest: Remainder): Promise<boolean> {
  return transaction(async (client) => {
    if (!(await lock(client, claim))) return false;
    await addRemainder(client, claim.run.id, rest);
    if (ending.status === "failed") {
      await client.query("update connections set failure_kind = $2, updated_at = now() where id = $1", [
        claim.connection.id,
        ending.failureKind ?? "internal",
      ]);
    }
    await endRun(client, claim.connection.id, claim.run.id, ending);
    return true;
  });
}

/**
 * Gives a run back to the queue: at once (worker stops, time slice over) or for later (the provider asked to wait).
 * It stays "running" for people; nobody holds it until its job is taken.
 */
export async function handBack(
  claim: Claim,
  rest: Remainder,
  later?: { readonly seconds: number; readonly throttled: boolean },
): Promise<boolean> {
  return transaction(async (client) => {
    if (!(await lock(client, claim))) return false;
    const { rowCount } = await client.query(
      `update sync_runs set heartbeat_at = null,
              waiting_until = case when $3::float8 is null then null else now() + make_interval(secs => $3::float8) end,
              throttles = throttles + $4::int
       where id = $1 and fence = $2 and status = 'running'`,
      [claim.run.id, claim.fence, later?.seconds ?? null, later?.throttled ? 1 : 0],
    );
    if (rowCount !== 1) return false;
    await addRemainder(client, claim.run.id, rest);
    await sendSync(client, claim.run.id, later?.seconds ?? 0);
    return true;
  });
}
