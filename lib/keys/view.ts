import { accessScopes, type AccessScope } from "#lib/contract/access.ts";
import type { KeyView } from "#lib/contract/views.ts";
import type { ApiKey } from "#lib/db/generated/client.ts";

/** A key as people and programs see it: nothing of its secrets but their last four characters. `now` by the database. */
export function keyView(row: ApiKey, now: Date): KeyView {
  return {
    id: row.id,
    name: row.name,
    suffix: row.suffix,
    state: stateOf(row, now),
    scopes: scopesOf(row.scopes),
    containerTag: row.containerTag,
    rate: rateOf(row.rateMax, row.rateWindowMs),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdByUser,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    rotatedAt: row.rotatedAt?.toISOString() ?? null,
    previousUntil: row.previousUntil && row.previousUntil > now ? row.previousUntil.toISOString() : null,
  };
}

function stateOf(row: ApiKey, now: Date): KeyView["state"] {
  if (row.revokedAt) return "revoked";
  return row.expiresAt && row.expiresAt <= now ? "expired" : "working";
}

/** In the order they are always named; what an older or newer version wrote and this one does not know grants nothing. */
export function scopesOf(stored: readonly string[]): readonly AccessScope[] {
  return accessScopes.filter((scope) => stored.includes(scope));
}

export function rateOf(max: number | null, windowMs: number | null): KeyView["rate"] {
  return max === null || windowMs === null ? null : { max, windowMs };
}
