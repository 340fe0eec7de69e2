import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { takeToken } from "#lib/db/token-bucket.ts";
import { env } from "#lib/env.ts";

/** An organization may have several busy keys, yet not a thousand: together they get this many keys' worth. */
const keysWorth = 4;
const minuteMs = 60_000;

/**
 * A flood is refused from memory for this long at most before the bucket is asked again: by then it is known to be
 * empty still, or its limit was raised meanwhile.
 */
const rememberedMs = 250;
const subjectsMost = 10_000;

interface Refused {
  /** when the bucket is asked again */
  readonly until: number;
  /** when it will have a token */
  readonly fullAt: number;
}

/** Buckets that are empty just now, by the monotonic clock. Per process: it only saves asking. */
const refused = new Map<string, Refused>();

/** For tests: asks every bucket again. */
export function forgetRefusals(): void {
  refused.clear();
}

/**
 * One token of the key's bucket and one of its organization's. A key with a rate of its own may make that many requests
 * at once and gets them back evenly over its window, within what its organization has. @throws AppError rate_limited
 */
export async function requireRate({ keyId, organizationId, rate }: Principal & { kind: "key" }): Promise<void> {
  const { RATE_LIMIT_BURST: burst, RATE_LIMIT_PER_MINUTE: perMinute } = env();
  const own = rate ? { burst: rate.max, perMinute: (rate.max / rate.windowMs) * minuteMs } : { burst, perMinute };
  const buckets = [
    { subject: `key:${keyId}`, ...own },
    { subject: `organization:${organizationId}`, burst: burst * keysWorth, perMinute: perMinute * keysWorth },
  ];
  const asking = buckets.map(({ subject }) => refuseAgain(subject));
  const { allowed, retryAfterSeconds, empty } = await takeToken(...buckets);
  // What somebody else found out meanwhile is newer than this reply.
  for (const [i, { subject }] of buckets.entries())
    if (asking[i] && refused.get(subject) === asking[i]) refused.delete(subject);
  if (allowed) return;
  if (empty) remember(empty.subject, performance.now() + empty.waitMs);
  throw tooMany(retryAfterSeconds);
}

/**
 * Lets one request ask again; the others of a flood go on being refused until it knows. Answers what they are refused by
 * meanwhile; undefined when nothing is known of the bucket.
 */
function refuseAgain(subject: string): Refused | undefined {
  const known = refused.get(subject);
  if (!known) return undefined;
  const now = performance.now();
  if (now < known.until) throw tooMany(Math.max(1, Math.ceil((known.fullAt - now) / 1_000)));
  remember(subject, known.fullAt);
  return refused.get(subject);
}

function remember(subject: string, fullAt: number): void {
  const now = performance.now();
  refused.delete(subject);
  if (fullAt <= now) return;
  refused.set(subject, { until: Math.min(fullAt, now + rememberedMs), fullAt });
  const oldest = refused.size > subjectsMost ? refused.keys().next().value : undefined;
  if (oldest !== undefined) refused.delete(oldest);
}

function tooMany(retryAfterSeconds: number): AppError {
  return new AppError("rate_limited", "Too many requests.", {
    details: `Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}
