import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { vault, VaultError, type Place } from "#lib/vault/seal.ts";

/**
 * A request that is sent again has one effect and gets the first one's reply. Good for 24 hours, by API key; the worker's
 * maintenance drops older rows. Replies are stored sealed: a link to connect with holds its `state`.
 *
 * The first request claims its key with an insert; the others wait for its reply. An effect that stores its reply in
 * its own transaction (`remember`) survives a crash right after the commit; a claim whose process died can be taken
 * over when its lock has run out.
 */

const keptMs = 24 * 3_600_000;
/** Longer than any request with an effect takes (checking a source is cut off after 10 s). */
const lockMs = 30_000;
/** How long a second request waits for the first one's reply: longer than a lock, so that it can take a dead one over. */
const waitMs = 40_000;
/** The official client repeats a lost request by itself within this time. */
const retriedWithinMs = 120_000;

interface StoredReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Claim =
  | { readonly kind: "replay"; readonly reply: StoredReply }
  | {
      readonly kind: "mine";
      readonly remember: Remember;
      readonly finish: Finish;
      readonly release: () => Promise<void>;
    };

/** Stores the reply in the transaction of the effect itself. @throws AppError unavailable if the claim is lost */
export type Remember = (tx: Prisma.TransactionClient, reply: StoredReply) => Promise<void>;
/** Stores the reply after the effect; does nothing if it is stored already. */
type Finish = (reply: StoredReply) => Promise<void>;

export interface Attempt {
  readonly principal: Principal & { kind: "key" };
  readonly method: string;
  /** path and query as they came */
  readonly target: string;
  readonly body: Uint8Array;
  /** the Idempotency-Key header */
  readonly key: string | null;
  /** the X-Stainless-Retry-Count header: the official client's own count of repetitions */
  readonly retryCount: string | null;
}

/** Undefined when there is nothing to replay and nothing to keep. @throws AppError */
export async function claim(attempt: Attempt): Promise<Claim | undefined> {
  const hash = createHash("sha256").update(`${attempt.method} ${attempt.target}\n`).update(attempt.body).digest();
  const { organizationId, keyId } = attempt.principal;
  if (attempt.key !== null) {
    if (!/^[\x20-\x7e]{1,255}$/.test(attempt.key))
      throw new AppError("invalid_request", "The Idempotency-Key is not valid.", {
        details: "It must have 1 to 255 printable ASCII characters.",
      });
    // By API key: another one may not be allowed to see what this one was answered.
    return claimKey({ organizationId, key: `key:${keyId}:${attempt.key}`, hash, freshMs: keptMs });
  }
  if (attempt.retryCount === null) return undefined;
  // Without a key of its own a request is known by who sends what: a retry finds what its first try left.
  const key = `retry:${keyId}:${hash.toString("base64url")}`;
  const wanted = { organizationId, key, hash, freshMs: retriedWithinMs };
  if (/^[1-9]\d{0,2}$/.test(attempt.retryCount)) return claimKey(wanted);
  // A first try is new whatever was sent before; two at the same moment are two, and only one of them is kept track of.
  await prisma().idempotencyKey.deleteMany({ where: { organizationId, key, status: { not: null } } });
  return (await insert(wanted)) ? mine(wanted) : undefined;
}

interface Key {
  readonly organizationId: string;
  readonly key: string;
  readonly hash: Buffer;
  readonly freshMs: number;
}

async function claimKey(wanted: Key): Promise<Claim> {
  const deadline = performance.now() + waitMs;
  for (let wait = 20; ; wait = Math.min(wait * 1.5, 250)) {
    if (await insert(wanted)) return mine(wanted);
    const row = await prisma().idempotencyKey.findUnique({ where: idOf(wanted) });
    if (!row) continue;
    if (!wanted.hash.equals(row.requestHash))
      throw new AppError("invalid_request", "This Idempotency-Key was used for a different request.", {
        details: "Use a new key for each new request.",
      });
    if (row.status !== null && row.body !== null)
      return {
        kind: "replay",
        reply: {
          status: row.status,
          contentType: row.contentType ?? "application/json",
          body: opened(wanted, row.body),
        },
      };
    if (performance.now() > deadline)
      throw new AppError("unavailable", "The first request with this Idempotency-Key is still being worked on.", {
        details: "Try again in a few seconds.",
        retryAfterSeconds: 2,
      });
    await pause(wait);
  }
}

/** Takes the key if nobody has it, its time is over, or whoever had it died. The database's clock decides. */
async function insert({ organizationId, key, hash, freshMs }: Key): Promise<boolean> {
  const bytes = new Uint8Array(hash);
  const taken = await prisma().$executeRaw`
    insert into idempotency_keys as mine (organization_id, key, request_hash, created_at, locked_until)
    values (${organizationId}, ${key}, ${bytes}, now(), now() + ${lockMs} * interval '1 millisecond')
    on conflict (organization_id, key) do update
      set request_hash = excluded.request_hash, status = null, content_type = null, body = null,
          created_at = excluded.created_at, locked_until = excluded.locked_until
      where mine.created_at < now() - ${freshMs} * interval '1 millisecond'
         or (mine.status is null and mine.locked_until < now() and mine.request_hash = excluded.request_hash)`;
  return taken === 1;
}

function mine(key: Key): Claim {
  const store = async (db: Prisma.TransactionClient, reply: StoredReply): Promise<boolean> => {
    const { count } = await db.idempotencyKey.updateMany({
      where: { ...whereOf(key), status: null },
      data: {
        status: reply.status,
        contentType: reply.contentType,
        body: vault().seal(reply.body, placeOf(key)),
        lockedUntil: null,
      },
    });
    return count === 1;
  };
  return {
    kind: "mine",
    remember: async (tx, reply) => {
      if (await store(tx, reply)) return;
      // So slow that the lock ran out, and a repetition had the effect already: this one must not have it again.
      throw new AppError("unavailable", "A repetition of this request was quicker.", {
        details: "Send it again to get its reply.",
        retryAfterSeconds: 1,
      });
    },
    finish: async (reply) => void (await store(prisma(), reply)),
    release: async () => {
      await prisma().idempotencyKey.deleteMany({ where: { ...whereOf(key), status: null } });
    },
  };
}

/** Not sealed again when keys are rotated (lib/vault/reseal.ts): it is gone in two days. */
function placeOf({ organizationId, key }: Key): Place {
  return { table: "idempotency_keys", column: "body", rowId: key, organizationId };
}

/** @throws AppError invalid_request for a reply whose sealing key is gone: having the effect again would be worse */
function opened(key: Key, body: string): string {
  // Earlier versions stored replies as they are.
  if (!body.startsWith("v1.")) return body;
  try {
    return vault().open(body, placeOf(key));
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new AppError("invalid_request", "The reply to the first request of this kind cannot be read any more.", {
      details: "It was carried out. Look at what it did; for another one, use a new Idempotency-Key.",
      cause,
    });
  }
}

function whereOf({ organizationId, key }: Key) {
  return { organizationId, key };
}

function idOf(key: Key) {
  return { organizationId_key: whereOf(key) };
}
