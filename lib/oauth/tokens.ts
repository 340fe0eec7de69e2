import { setTimeout as delay } from "node:timers/promises";
import { Failure, type Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { isDatabaseUnavailable, transaction } from "#lib/db/tx.ts";
import { log } from "#lib/log.ts";
import { appAccepted, appFailed } from "./app-verdict.ts";
import { appOf } from "./apps.ts";
import { endLease, keepLease, takeLease, type Lease } from "./lease.ts";
import {
  grantColumns,
  grantOf,
  over,
  readGrant,
  sealTokens,
  secondsLeft,
  type GrantRef,
  type StoredGrant,
} from "./stored-grant.ts";
import { TokenError } from "./token-error.ts";
import { refreshTokens } from "./token-endpoint.ts";
import type { TokenReply } from "./token-reply.ts";

/**
 * New tokens for a grant, one refresh at a time in all processes together: within a process callers share one flight,
 * between processes a lease on the grant's row decides. No transaction is open while the provider is asked.
 */

export interface RefreshTimes {
  /** how long a holder that says nothing is believed; with the pauses of those who wait, less than 15 s */
  readonly leaseMs: number;
  /** how long the token endpoint is waited for; the lease is kept meanwhile */
  readonly answerMs: number;
  /** how long somebody else's refresh is waited for */
  readonly patienceMs: number;
  /** after a refresh that failed, callers of this process get the same failure for so long */
  readonly calmMs: number;
}

export const refreshTimes: RefreshTimes = { leaseMs: 12_000, answerMs: 90_000, patienceMs: 120_000, calmMs: 5_000 };

/** What a provider said is written down even if the database is away for so long. */
const keepTryingMs = 60_000;

interface Flight {
  readonly stale: number;
  readonly landed: Promise<StoredGrant>;
}

const flights = new Map<string, Flight>();
/** refreshes of this process for which a provider was or is being asked */
const asking = new Set<Promise<unknown>>();

/**
 * The grant with tokens newer than those of version `stale`: somebody else's if there are some, else from the provider.
 * @throws Failure reauth (the grant is over, or its OAuth app is not known any more), transient, permanent (the provider
 * does not accept the OAuth app)
 */
export function renewed(
  ref: GrantRef,
  connector: Connector,
  stale: number,
  times: RefreshTimes = refreshTimes,
): Promise<StoredGrant> {
  const current = flights.get(ref.id);
  if (current && current.stale >= stale) return current.landed;
  const flight: Flight = { stale, landed: fly(ref, connector, stale, times) };
  flights.set(ref.id, flight);
  void forget(ref.id, flight, times.calmMs);
  return flight.landed;
}

/** A token endpoint in trouble is not asked once for each of a thousand requests that want to be sent. */
async function forget(id: string, flight: Flight, calmMs: number): Promise<void> {
  try {
    await flight.landed;
  } catch (error) {
    const passing = error instanceof Failure && error.kind !== "reauth";
    if (passing && calmMs > 0) await delay(calmMs, undefined, { ref: false });
  }
  if (flights.get(id) === flight) flights.delete(id);
}

/** Like `renewed`, but leaves a grant alone that somebody else is renewing: null. */
export async function renewedUnlessTaken(
  ref: GrantRef,
  connector: Connector,
  stale: number,
): Promise<StoredGrant | null> {
  const lease = await takeLease(ref, stale, refreshTimes.leaseMs);
  return lease ? ask(lease, connector, refreshTimes) : null;
}

/** Before a process ends: the answers that are on their way hold the only copies of new refresh tokens. */
export async function refreshesDone(): Promise<void> {
  while (asking.size > 0) await Promise.allSettled(asking);
}

async function fly(ref: GrantRef, connector: Connector, stale: number, times: RefreshTimes): Promise<StoredGrant> {
  const giveUpAt = performance.now() + times.patienceMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 500)) {
    const grant = await readGrant(ref, connector);
    if (grant.version > stale) return grant;
    if (!grant.refreshable || grant.tokens.refreshToken === null) {
      await condemn(ref, stale, "no refresh token");
      throw over(connector);
    }
    const lease = await takeLease(ref, stale, times.leaseMs);
    if (lease) return ask(lease, connector, times);
    if (performance.now() > giveUpAt) {
      throw new Failure("transient", `${connector.name} is slow to renew the access to this account.`, {
        fix: "The next sync tries again.",
      });
    }
    await delay(pauseMs * (0.75 + Math.random() / 2));
  }
}

async function ask(lease: Lease, connector: Connector, times: RefreshTimes): Promise<StoredGrant> {
  const release = keepLease(lease, times.leaseMs);
  const asked = answered(lease, connector, times);
  asking.add(asked);
  try {
    return await asked;
  } catch (error) {
    await endLease(lease).catch(() => {});
    throw error;
  } finally {
    release();
    asking.delete(asked);
  }
}

async function answered(lease: Lease, connector: Connector, times: RefreshTimes): Promise<StoredGrant> {
  const { ref, grant } = lease;
  const app = await appOf(ref.organizationId, connector, grant.clientId);
  if (!app) {
    throw new Failure("reauth", `The OAuth app this ${connector.name} account was connected with is not set up here.`, {
      fix: "Set it up again in Settings → OAuth apps, or reconnect the account with the present one.",
    });
  }
  const refreshToken = grant.tokens.refreshToken ?? "";
  try {
    const reply = await refreshTokens(connector, app, refreshToken, times.answerMs).catch((error: unknown) => {
      if (!(error instanceof TokenError && error.lost)) throw error;
      // Acted upon or not, the same question is the only one there is. It is asked once more.
      log("warn", "the answer to a token refresh was lost; asking once more", { grant: ref.id });
      return refreshTokens(connector, app, refreshToken, times.answerMs);
    });
    const kept = await keep(lease, connector, reply);
    await appAccepted(ref.organizationId, connector.id, app);
    return kept;
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    await appFailed(ref.organizationId, connector.id, app, error);
    if (error.kind !== "invalid_grant") throw failureOf(connector, error);
    // Somebody may have been quicker: then it is their answer that counts. readGrant throws if it is over already.
    const now = await readGrant(ref, connector);
    if (now.version > grant.version) return now;
    await condemn(ref, grant.version, "invalid_grant", lease.fence);
    throw over(connector, error);
  }
}

function failureOf(connector: Connector, error: TokenError): Failure {
  if (error.kind === "invalid_client")
    return new Failure("permanent", error.message, {
      fix: `Check ${connector.name}'s client id and secret in Settings → OAuth apps; no account has to be reconnected.`,
      cause: error,
    });
  const kind = error.kind === "unreachable" || error.kind === "nonsense" ? "transient" : "permanent";
  return new Failure(kind, error.message, {
    fix: kind === "transient" ? "The next sync tries again." : error.fix,
    cause: error,
  });
}

/**
 * Writes new tokens and ends the lease in one statement. Whoever lost the lease meanwhile may still write if nobody has
 * stored anything newer: at a provider that rotates, these are then the only tokens that work.
 */
async function keep({ ref, fence, grant }: Lease, connector: Connector, reply: TokenReply): Promise<StoredGrant> {
  const tokens = sealTokens(ref, {
    accessToken: reply.accessToken,
    refreshToken: reply.refreshToken ?? grant.tokens.refreshToken,
  });
  const until = performance.now() + keepTryingMs;
  for (;;) {
    try {
      const { rows } = await pool().query(
        `update grants set tokens = $5, version = version + 1, refreshed_at = clock_timestamp(),
                expires_at = clock_timestamp() + make_interval(secs => $6::float8),
                scopes = coalesce($7, scopes), facts = facts || $8::jsonb, dead_at = null, dead_reason = null,
                lease_owner = case when lease_fence = $3 then null else lease_owner end,
                lease_until = case when lease_fence = $3 then null else lease_until end
         where id = $1 and organization_id = $2 and (lease_fence = $3 or version = $4)
         returning ${grantColumns}`,
        [
          ref.id,
          ref.organizationId,
          fence,
          grant.version,
          tokens,
          secondsLeft(reply),
          reply.scopes,
          JSON.stringify(reply.facts),
        ],
      );
      return rows[0] ? grantOf(rows[0]) : await readGrant(ref, connector);
    } catch (error) {
      if (!isDatabaseUnavailable(error) || performance.now() > until) throw error;
      await delay(250);
    }
  }
}

/** The grant is over: it says so itself, and so does the connection that uses it. */
async function condemn(ref: GrantRef, version: number, reason: string, fence?: string): Promise<void> {
  await transaction(async (client) => {
    const { rowCount } = await client.query(
      `update grants set dead_at = clock_timestamp(), dead_reason = $4, lease_owner = null, lease_until = null
       where id = $1 and organization_id = $2 and version = $3 and dead_at is null
         and ($5::bigint is null or lease_fence = $5)`,
      [ref.id, ref.organizationId, version, reason, fence ?? null],
    );
    if (rowCount === 0) return;
    await client.query(
      `update connections set failure_kind = 'reauth', updated_at = now()
       where organization_id = $2 and grant_id = $1 and state <> 'deleting'`,
      [ref.id, ref.organizationId],
    );
  });
}
