import { hostname } from "node:os";
import process from "node:process";
import { pool } from "#lib/db/client.ts";
import type { GrantRef, StoredGrant } from "./stored-grant.ts";
import { grantColumns, grantOf } from "./stored-grant.ts";

/**
 * Who may renew a grant: one process at a time, by a lease on the grant's row. It is believed for a while by the
 * database's clock and has a number that only grows, so that whoever lost it can be told from whoever has it.
 */
export interface Lease {
  readonly ref: GrantRef;
  readonly fence: string;
  /** the grant as it was when the lease began */
  readonly grant: StoredGrant;
}

const owner = `${hostname()}:${process.pid}`;

/** Null = somebody else has it, or the tokens are not those of `version` any more, or the grant is over. */
export async function takeLease(ref: GrantRef, version: number, leaseMs: number): Promise<Lease | null> {
  const { rows } = await pool().query<{ lease_fence: string }>(
    `update grants set lease_owner = $3, lease_fence = lease_fence + 1,
            lease_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
     where id = $1 and organization_id = $2 and version = $5 and dead_at is null
       and (lease_until is null or lease_until <= clock_timestamp())
     returning lease_fence::text, ${grantColumns}`,
    [ref.id, ref.organizationId, owner, leaseMs, version],
  );
  const row = rows[0];
  return row ? { ref, fence: row.lease_fence, grant: grantOf({ ...row }) } : null;
}

/**
 * Keeps a lease alive until the returned function is called. Silence of the database is no reason to stop. A lease that
 * was given back meanwhile is not revived.
 */
export function keepLease({ ref, fence }: Lease, leaseMs: number): () => void {
  const timer = setInterval(() => {
    pool()
      .query(
        `update grants set lease_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
         where id = $1 and organization_id = $2 and lease_fence = $3 and lease_owner is not null`,
        [ref.id, ref.organizationId, fence, leaseMs],
      )
      .catch(() => {});
  }, leaseMs / 4);
  return () => clearInterval(timer);
}

/** Gives it back before its time. */
export async function endLease({ ref, fence }: Lease): Promise<void> {
  await pool().query(
    `update grants set lease_owner = null, lease_until = null
     where id = $1 and organization_id = $2 and lease_fence = $3`,
    [ref.id, ref.organizationId, fence],
  );
}
