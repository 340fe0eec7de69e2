import { timingSafeEqual } from "node:crypto";
import { record } from "#lib/audit/record.ts";
import { accessScopes } from "#lib/contract/access.ts";
import { AppError } from "#lib/contract/errors.ts";
import { idPattern, newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { isStorable } from "#lib/contract/storable.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { prisma } from "#lib/db/client.ts";
import type { ApiKey } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { hashKey, keySuffix, newKey } from "./hash.ts";

/** API keys. The plaintext exists in one reply only. */

export interface CreateKeyInput {
  /** 1 to 100 characters */
  readonly name: string;
  /** 1 to 3,650; absent = does not expire */
  readonly expiresInDays?: number;
}

const daySeconds = 86_400;
/** How exact lastUsedAt is: one write a minute and key, however busy it is. */
const lastUsedGrainSeconds = 60;

/** `key` is the plaintext, shown once. @throws AppError */
export async function createKey(
  principal: Principal,
  input: CreateKeyInput,
): Promise<{ readonly key: string; readonly view: KeyView }> {
  requireWriter(principal);
  const name = input.name.trim();
  if (name.length < 1 || name.length > 100 || !isStorable(name)) throw invalid("name", "must be 1 to 100 characters");
  const days = input.expiresInDays;
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= 3_650))
    throw invalid("expiresInDays", "must be a whole number from 1 to 3650");
  const key = newKey();
  const row = await inTransaction(async (tx) => {
    const created = await tx.apiKey.create({
      data: {
        id: newId(),
        organizationId: principal.organizationId,
        name,
        hash: new Uint8Array(hashKey(key)),
        suffix: keySuffix(key),
        createdByUser: principal.kind === "user" ? principal.userId : null,
        expiresAt: days === undefined ? null : await databaseTime(tx, days * daySeconds),
      },
    });
    await record(tx, principal, "key.create", `key:${created.id}`, { name });
    return created;
  });
  return { key, view: keyView(row) };
}

/** Newest first, revoked ones included. */
export async function listKeys(principal: Principal): Promise<readonly KeyView[]> {
  const rows = await prisma().apiKey.findMany({
    where: { organizationId: principal.organizationId },
    orderBy: [{ createdAt: "desc" }, { id: "asc" }],
  });
  return rows.map(keyView);
}

/** Effective for every request that begins after this returns; revoking twice changes nothing. @throws AppError not_found */
export async function revokeKey(principal: Principal, keyId: string): Promise<KeyView> {
  requireWriter(principal);
  const where = { id: keyId, organizationId: principal.organizationId };
  const row = idPattern.test(keyId)
    ? await inTransaction(async (tx) => {
        const { count } = await tx.apiKey.updateMany({
          where: { ...where, revokedAt: null },
          data: { revokedAt: await databaseTime(tx) },
        });
        const found = await tx.apiKey.findFirst({ where });
        if (found && count) await record(tx, principal, "key.revoke", `key:${keyId}`, { name: found.name });
        return found;
      })
    : null;
  if (!row) throw new AppError("not_found", "Key not found");
  return keyView(row);
}

/**
 * The principal of a bearer key; null when it is unknown, revoked or expired. Asks the database each time (one unique
 * index look-up), so that a revocation counts from the next request on, in every process.
 */
export async function authenticateKey(key: string): Promise<(Principal & { kind: "key" }) | null> {
  const hash = hashKey(key);
  const [row] = await prisma().$queryRaw<Authenticating[]>`
    select id, organization_id, name, hash, scopes, container_tag, rate_max, rate_window_ms, revoked_at is null and coalesce(expires_at > now(), true) as valid,
           coalesce(last_used_at < now() - ${lastUsedGrainSeconds}::float8 * interval '1 second', true) as unnoticed
      from api_keys where hash = ${new Uint8Array(hash)}`;
  if (!row?.valid || row.hash.byteLength !== hash.byteLength || !timingSafeEqual(row.hash, hash)) return null;
  // Two requests at once both write the same minute: harmless.
  if (row.unnoticed) await prisma().$executeRaw`update api_keys set last_used_at = now() where id = ${row.id}`;
  return keyPrincipal({ ...row, organizationId: row.organization_id });
}

interface KeyFacts {
  id: string;
  name: string;
  scopes: string[];
  container_tag: string | null;
  rate_max: number | null;
  rate_window_ms: number | null;
}

/** What a key's row says about whoever bears it. */
function keyPrincipal(row: KeyFacts & { organizationId: string }): Principal & { kind: "key" } {
  const { rate_max: max, rate_window_ms: windowMs } = row;
  return {
    kind: "key",
    organizationId: row.organizationId,
    keyId: row.id,
    keyName: row.name,
    scopes: accessScopes.filter((scope) => row.scopes.includes(scope)),
    containerTag: row.container_tag,
    rate: max === null || windowMs === null ? null : { max, windowMs },
  };
}

/** The principal of a key that works now, by id: for what a key began and a browser finishes. */
export async function principalForKey(organizationId: string, keyId: string): Promise<Principal | null> {
  const [key] = await prisma().$queryRaw<KeyFacts[]>`
    select id, name, scopes, container_tag, rate_max, rate_window_ms from api_keys
     where id = ${keyId} and organization_id = ${organizationId}
       and revoked_at is null and coalesce(expires_at > now(), true)`;
  return key ? keyPrincipal({ ...key, organizationId }) : null;
}

interface Authenticating extends KeyFacts {
  organization_id: string;
  hash: Uint8Array;
  /** neither revoked nor expired, by the database's clock */
  valid: boolean;
  /** its last use was written down too long ago */
  unnoticed: boolean;
}

function keyView(row: ApiKey): KeyView {
  return {
    id: row.id,
    name: row.name,
    suffix: row.suffix,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdByUser,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}

function invalid(path: string, message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path, message }] });
}
