import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { takeToken } from "#lib/db/token-bucket.ts";
import { env } from "#lib/env.ts";

/** An organization may have several busy keys, yet not a thousand: together they get this many keys' worth. */
const keysWorth = 4;
const minuteMs = 60_000;

/**
 * One token of the key's bucket and one of its organization's. A key with a rate of its own may make that many requests
 * at once and gets them back evenly over its window, within what its organization has. @throws AppError rate_limited
 */
export async function requireRate({ keyId, organizationId, rate }: Principal & { kind: "key" }): Promise<void> {
  const { RATE_LIMIT_BURST: burst, RATE_LIMIT_PER_MINUTE: perMinute } = env();
  const own = rate ? { burst: rate.max, perMinute: (rate.max / rate.windowMs) * minuteMs } : { burst, perMinute };
  const { allowed, retryAfterSeconds } = await takeToken(
    { subject: `key:${keyId}`, ...own },
    {
      subject: `organization:${organizationId}`,
      burst: burst * keysWorth,
      perMinute: perMinute * keysWorth,
    },
  );
  if (allowed) return;
  throw new AppError("rate_limited", "Too many requests.", {
    details: `Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}
