import { Failure, type Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { log } from "#lib/log.ts";
import { renewedUnlessTaken } from "./tokens.ts";

/**
 * Refresh tokens end when nobody uses them (Google: 6 months, Microsoft: 90 days). A connection that is paused or seldom
 * synced must not lose its access by that: its tokens are renewed once a day. This also finds out about a grant that
 * was withdrawn before the next sync does.
 */

const idleHours = 24;
const atOnce = 5;
/** One that could not be renewed is left alone by this process for so long. */
const laterMs = 3_600_000;
/** What comes after it in the background must not wait for long while a provider is slow. */
const roundMs = 60_000;

const failedAt = new Map<string, number>();

/**
 * Renews idle grants, a few at a time, until there are none or the time is over; those that another process is renewing
 * are left to it.
 */
export async function keepAlive(
  connectors: ReadonlyMap<string, Connector>,
  signal: AbortSignal,
  mostMs = roundMs,
): Promise<number> {
  const until = performance.now() + mostMs;
  for (const [id, at] of failedAt) if (performance.now() - at > laterMs) failedAt.delete(id);
  const tried: string[] = [];
  let renewed = 0;
  for (;;) {
    const { rows } = await pool().query<{ id: string; organization_id: string; provider: string; version: number }>(
      `select g.id, g.organization_id, g.provider, g.version from grants g
       where g.refreshed_at < now() - make_interval(hours => ${idleHours}) and g.refreshable and g.dead_at is null
         and (g.lease_until is null or g.lease_until <= clock_timestamp())
         and exists (select 1 from connections c where c.grant_id = g.id and c.state <> 'deleting')
         and g.id <> all($1::text[])
       order by g.refreshed_at limit ${atOnce}`,
      [[...tried, ...failedAt.keys()]],
    );
    if (rows.length === 0) return renewed;
    for (const { id, organization_id: organizationId, provider, version } of rows) {
      if (signal.aborted || performance.now() >= until) return renewed;
      tried.push(id);
      const connector = connectors.get(provider);
      if (!connector) continue;
      try {
        if (await renewedUnlessTaken({ id, organizationId }, connector, version)) renewed++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failedAt.set(id, performance.now());
        log("warn", "an idle grant could not be renewed", { grant: id, provider, kind: error.kind });
      }
    }
  }
}
