import { record } from "#lib/audit/record.ts";
import type { AccessScope } from "#lib/contract/access.ts";
import { AppError } from "#lib/contract/errors.ts";
import { idPattern, newId } from "#lib/contract/ids.ts";
import { decodeKeyset, encodeKeyset } from "#lib/contract/keyset.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { KeysetPage, KeyView } from "#lib/contract/views.ts";
import { prisma } from "#lib/db/client.ts";
import type { ApiKey, Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { hashKey, keySuffix, newKey } from "./hash.ts";
import { powersOf, requireManager, requireWithin } from "./reach.ts";
import { checkedContainer, checkedDays, checkedName, checkedRate, checkedScopes, invalid } from "./settings.ts";
import { keyView, rateOf, scopesOf } from "./view.ts";

/** API keys: making, changing, ending and listing them. The plaintext exists in one reply only. */

export interface CreateKeyInput {
  /** 1 to 100 characters */
  readonly name: string;
  /** at least one; absent = all it can have */
  readonly scopes?: readonly AccessScope[];
  /** the only container it reaches, which leaves out the scope connections; absent or null = all of the organization */
  readonly containerTag?: string | null;
  /** `max` 1 to 10,000, `windowMs` 1 to 3,600,000; absent or null = as many as any key */
  readonly rate?: KeyView["rate"];
  /** 1 to 3,650; absent = does not expire, or when the key that makes it does */
  readonly expiresInDays?: number;
}

/** Only what is named changes. What a key's container is stays: for another one make another key. */
interface UpdateKeyInput {
  readonly name?: string;
  readonly scopes?: readonly AccessScope[];
  readonly rate?: KeyView["rate"];
}

/** `key` is the plaintext, shown once. */
export interface MadeKey {
  readonly key: string;
  readonly view: KeyView;
}

/** Keeps what is answered in the transaction that made it, so that a repetition of the request finds it. */
export type RememberKey = (tx: Prisma.TransactionClient, made: MadeKey) => Promise<void>;

const daySeconds = 86_400;
const graceSecondsMost = 604_800;

/** @throws AppError invalid_request; forbidden when the caller may not, or would give more than it has */
export async function createKey(principal: Principal, input: CreateKeyInput, remember?: RememberKey): Promise<MadeKey> {
  requireManager(principal);
  const name = checkedName(input.name);
  const containerTag = checkedContainer(input.containerTag ?? null);
  const all: readonly AccessScope[] = containerTag === null ? ["read", "write", "connections"] : ["read", "write"];
  const scopes = checkedScopes(input.scopes ?? all, containerTag);
  const rate = checkedRate(input.rate ?? null);
  const days = checkedDays(input.expiresInDays);
  const key = newKey();
  return inTransaction(async (tx) => {
    const { maker } = await locked(tx, principal);
    const expiresAt = days === undefined ? (maker?.expiresAt ?? null) : await databaseTime(tx, days * daySeconds);
    if (maker) requireWithin(powersOf(maker), { scopes, containerTag, rate, expiresAt });
    const row = await tx.apiKey.create({
      data: {
        id: newId(),
        organizationId: principal.organizationId,
        name,
        scopes,
        containerTag,
        rateMax: rate?.max ?? null,
        rateWindowMs: rate?.windowMs ?? null,
        hash: new Uint8Array(hashKey(key)),
        suffix: keySuffix(key),
        createdByUser: principal.kind === "user" ? principal.userId : null,
        expiresAt,
      },
    });
    await record(tx, principal, "key.create", `key:${row.id}`, {
      name,
      scopes,
      containerTag,
      rate: rate && { ...rate },
      expiresAt: expiresAt?.toISOString() ?? null,
    });
    const made = { key, view: keyView(row, await databaseTime(tx)) };
    await remember?.(tx, made);
    return made;
  });
}

/**
 * Gives a key a new secret; everything else about it stays. The old one works for `graceSeconds` more by the database's
 * clock (0 to 604,800; 0 = it stops at once), one from an earlier rotation stops now.
 * @throws AppError not_found for no such key and revoked ones; invalid_request; forbidden
 */
export async function rotateKey(
  principal: Principal,
  keyId: string,
  { graceSeconds }: { readonly graceSeconds: number },
  remember?: RememberKey,
): Promise<MadeKey> {
  if (!Number.isInteger(graceSeconds) || graceSeconds < 0 || graceSeconds > graceSecondsMost)
    throw invalid("graceSeconds", `must be a whole number from 0 to ${graceSecondsMost}`);
  const key = newKey();
  return change(principal, keyId, async (tx, old) => {
    const now = await databaseTime(tx);
    if (old.expiresAt && old.expiresAt <= now)
      throw new AppError("invalid_request", "This key has expired.", { details: "Make a new one." });
    const row = await tx.apiKey.update({
      where: { id: old.id },
      data: {
        hash: new Uint8Array(hashKey(key)),
        suffix: keySuffix(key),
        previousHash: graceSeconds > 0 ? old.hash : null,
        previousUntil: graceSeconds > 0 ? await databaseTime(tx, graceSeconds) : null,
        rotatedAt: now,
      },
    });
    await tx.retiredSecret.create({
      data: { hash: old.hash, organizationId: old.organizationId, keyId: old.id },
    });
    await record(tx, principal, "key.rotate", `key:${row.id}`, { name: row.name, graceSeconds });
    const made = { key, view: keyView(row, now) };
    await remember?.(tx, made);
    return made;
  });
}

/** Effective for every request that begins after this returns. @throws AppError not_found; invalid_request; forbidden */
export async function updateKey(principal: Principal, keyId: string, input: UpdateKeyInput): Promise<KeyView> {
  return change(principal, keyId, async (tx, old, maker) => {
    const name = input.name === undefined ? old.name : checkedName(input.name);
    const scopes = checkedScopes(input.scopes ?? scopesOf(old.scopes), old.containerTag);
    const rate = checkedRate(input.rate === undefined ? rateOf(old.rateMax, old.rateWindowMs) : input.rate);
    if (maker) requireWithin(powersOf(maker), { ...powersOf(old), scopes, rate });
    const row = await tx.apiKey.update({
      where: { id: old.id },
      data: { name, scopes, rateMax: rate?.max ?? null, rateWindowMs: rate?.windowMs ?? null },
    });
    await record(tx, principal, "key.update", `key:${row.id}`, { name, scopes, rate: rate && { ...rate } });
    return keyView(row, await databaseTime(tx));
  });
}

/**
 * Ends a key with all its secrets, for every request that begins after this returns, for good.
 * @throws AppError not_found, also for one that is revoked already; forbidden
 */
export async function revokeKey(principal: Principal, keyId: string): Promise<KeyView> {
  return change(principal, keyId, async (tx, old) => {
    const now = await databaseTime(tx);
    const row = await tx.apiKey.update({
      where: { id: old.id },
      data: { revokedAt: now, previousHash: null, previousUntil: null },
    });
    await record(tx, principal, "key.revoke", `key:${row.id}`, { name: row.name });
    return keyView(row, now);
  });
}

/** Does `work` on a key that is not revoked and that the caller may change; nobody else changes it meanwhile. */
async function change<T>(
  principal: Principal,
  keyId: string,
  work: (tx: Prisma.TransactionClient, key: ApiKey, maker: ApiKey | undefined) => Promise<T>,
): Promise<T> {
  requireManager(principal);
  return inTransaction(async (tx) => {
    const { maker, target } = await locked(tx, principal, keyId);
    if (!target || target.revokedAt)
      throw new AppError("not_found", "Key not found", { details: "There is no such key, or it was revoked." });
    if (maker) requireWithin(powersOf(maker), powersOf(target));
    return work(tx, target, maker);
  });
}

interface Locked {
  /** the key that calls, as it is now; undefined when a person does */
  readonly maker: ApiKey | undefined;
  readonly target: ApiKey | undefined;
}

/**
 * The calling key and the one that is to be changed, kept as they are until the end of the transaction: what a key may
 * is decided by what its row says now, not by what it said when the request came in. In one order, so that two keys that
 * change each other cannot wait for each other.
 */
async function locked(tx: Prisma.TransactionClient, principal: Principal, keyId?: string): Promise<Locked> {
  const { organizationId } = principal;
  const makerId = principal.kind === "key" ? principal.keyId : undefined;
  const ids = [makerId, keyId].filter((id) => id !== undefined && idPattern.test(id)) as string[];
  if (ids.length === 0) return { maker: undefined, target: undefined };
  await tx.$queryRaw`
    select 1 as locked from api_keys
     where organization_id = ${organizationId} and id = any(${ids}) order by id for no key update`;
  const rows = await tx.apiKey.findMany({ where: { organizationId, id: { in: ids } } });
  const maker = rows.find(({ id }) => id === makerId);
  if (makerId !== undefined && (!maker || maker.revokedAt))
    throw new AppError("forbidden", "This API key was revoked meanwhile.");
  return { maker, target: rows.find(({ id }) => id === keyId) };
}

interface BrowseKeysInput {
  /** `next` of the page before */
  readonly after?: string | undefined;
  /** 1 to 200; the default is 50 */
  readonly limit?: number;
  /** true = those that are revoked instead of all others */
  readonly revoked?: boolean;
  /** keys for this container alone */
  readonly containerTag?: string | undefined;
}

/** Newest first, by keyset. */
export async function browseKeys(principal: Principal, input: BrowseKeysInput = {}): Promise<KeysetPage<KeyView>> {
  const limit = Math.min(Math.max(Math.trunc(input.limit ?? 50), 1), 200);
  const after = input.after === undefined ? undefined : decodeKeyset(input.after);
  const at = after && new Date(after.at);
  const [now, rows] = await Promise.all([
    databaseTime(prisma()),
    prisma().apiKey.findMany({
      where: {
        organizationId: principal.organizationId,
        revokedAt: input.revoked ? { not: null } : null,
        ...(input.containerTag !== undefined && { containerTag: input.containerTag }),
        // The first bound is implied by the others, and lets the index begin where the page does.
        ...(after && at && { createdAt: { lte: at }, OR: [{ createdAt: { lt: at } }, { id: { lt: after.id } }] }),
      },
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      take: limit + 1,
    }),
  ]);
  const items = rows.slice(0, limit).map((row) => keyView(row, now));
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? encodeKeyset({ at: last.createdAt, id: last.id }) : null };
}

/** All that work, newest first, in batches: there may be a key for each end user. */
export async function* workingKeys(
  principal: Principal,
  input: Pick<BrowseKeysInput, "containerTag">,
): AsyncGenerator<readonly KeyView[], void, void> {
  let after: string | undefined;
  do {
    const page = await browseKeys(principal, { ...input, after, limit: 200 });
    yield page.items.filter(({ state }) => state === "working");
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** How many there are that are not revoked, and that are. */
export async function countKeys(principal: Principal): Promise<{ readonly kept: number; readonly revoked: number }> {
  const { organizationId } = principal;
  const [kept, revoked] = await Promise.all([
    prisma().apiKey.count({ where: { organizationId, revokedAt: null } }),
    prisma().apiKey.count({ where: { organizationId, revokedAt: { not: null } } }),
  ]);
  return { kept, revoked };
}
