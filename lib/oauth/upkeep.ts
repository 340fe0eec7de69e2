import type { Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { purgeFlows } from "./flow-repo.ts";
import { keepAlive } from "./keep-alive.ts";
import { takeBackOrphans } from "./orphans.ts";

/** What is done about OAuth in the background, by every worker, again and again. */
export async function tendGrants(connectors: ReadonlyMap<string, Connector>, signal: AbortSignal): Promise<void> {
  await closeFlows();
  await takeBackOrphans(connectors, signal);
  if (!signal.aborted) await keepAlive(connectors, signal);
}

/**
 * Flows whose process is gone have failed, and say so; what is sealed in flows that nobody may finish any more is not
 * kept. Old ones are removed.
 */
export async function closeFlows(): Promise<void> {
  await pool().query(
    `update connect_flows set status = 'failed', error = 'interrupted', verifier = null, code = null, finished_at = now(),
       error_detail = 'The server was interrupted on the way. Nothing was connected; start again.'
     where status = 'exchanging' and coalesce(consumed_at, created_at) < now() - interval '60 seconds'`,
  );
  await pool().query(
    `update connect_flows set verifier = null, code = null
     where status in ('pending', 'confirming') and expires_at < now() and (verifier is not null or code is not null)`,
  );
  await purgeFlows();
}
