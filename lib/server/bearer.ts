import { createHash } from "node:crypto";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { authenticateKey } from "#lib/keys/authenticate.ts";
import { networkOf } from "#lib/organizations/network.ts";

/**
 * Who calls the API: the bearer of a key and nobody else. Cookies are never looked at, so a signed-in browser has no
 * power here. Whatever is wrong with the credentials, the answer is one and the same.
 */

/**
 * Failures one network address may cause before it is refused unseen. Keys have 256 bits, so this is not about guessing
 * but about load: wide enough for an office that shares an address and has an old key in some script.
 */
const failuresBurst = 600;
const failuresPerMinute = 600;
const addressesMax = 10_000;
const knownKeysMax = 10_000;

interface Failures {
  tokens: number;
  at: number;
}

/** In memory and per process on purpose: it only has to be cheaper than the look-up it saves. */
const failures = new Map<string, Failures>();
/** Hashes of keys that were good lately: they are looked up (and can be refused) even from a noisy address. */
const knownKeys = new Set<string>();

/** @throws AppError unauthenticated; rate_limited after too many failures from one address */
export async function authenticate(request: Request): Promise<Principal & { kind: "key" }> {
  const address = addressOf(request);
  const network = networkOf(address);
  const key = bearerKey(request.headers);
  const digest = key && createHash("sha256").update(key).digest("base64");
  if (!digest || !knownKeys.has(digest)) requireFewFailures(network);
  const principal = key === undefined ? null : await authenticateKey(key);
  if (!principal || !digest) {
    if (digest) knownKeys.delete(digest);
    countFailure(network);
    throw unauthenticated();
  }
  remember(digest);
  return { ...principal, address };
}

function unauthenticated(): AppError {
  return new AppError("unauthenticated", "Unauthorized", {
    details: "Send a valid API key as Authorization: Bearer <key>.",
    headers: { "www-authenticate": 'Bearer realm="tributary"' },
  });
}

/** For tests: forgets who failed. */
export function forgetFailures(): void {
  failures.clear();
  knownKeys.clear();
}

/**
 * The network address the request came from, as the front server (lib/server/front.ts) saw it: it replaces whatever a
 * client sent under this name, and believes X-Forwarded-For only behind TRUST_PROXY proxies.
 */
function addressOf(request: Request): string {
  return request.headers.get("x-tributary-address") ?? "unknown";
}

/** Undefined unless there is exactly one well-formed header: repeated ones arrive joined by a comma, which no key has. */
function bearerKey(headers: Headers): string | undefined {
  return /^Bearer ([\x21-\x2b\x2d-\x7e]{1,512})$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function requireFewFailures(network: string): void {
  const entry = failures.get(network);
  if (!entry) return;
  refill(entry);
  if (entry.tokens >= 1) return;
  const retryAfterSeconds = Math.max(1, Math.ceil(((1 - entry.tokens) / failuresPerMinute) * 60));
  throw new AppError("rate_limited", "Too many requests with wrong credentials.", {
    details: `Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}

function countFailure(network: string): void {
  const entry = failures.get(network) ?? { tokens: failuresBurst, at: performance.now() };
  refill(entry);
  entry.tokens = Math.max(0, entry.tokens - 1);
  failures.delete(network);
  failures.set(network, entry);
  dropOldest(failures, addressesMax);
}

function refill(entry: Failures): void {
  const now = performance.now();
  entry.tokens = Math.min(failuresBurst, entry.tokens + ((now - entry.at) / 60_000) * failuresPerMinute);
  entry.at = now;
}

function remember(digest: string): void {
  knownKeys.delete(digest);
  knownKeys.add(digest);
  dropOldest(knownKeys, knownKeysMax);
}

/** Maps and sets keep the order of insertion: the first is the one not touched for longest. */
function dropOldest(collection: Map<string, unknown> | Set<string>, most: number): void {
  while (collection.size > most) {
    const oldest = collection.keys().next().value;
    if (oldest === undefined) return;
    collection.delete(oldest);
  }
}
