import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { takeToken } from "#lib/db/token-bucket.ts";
import { env } from "#lib/env.ts";

/** An organization may have several busy keys, yet not a thousand: together they get this many keys' worth. */
const keysWorth = 4;

/** One token of the key's bucket and one of its organization's. @throws AppError rate_limited */
export async function requireRate(principal: Principal & { kind: "key" }): Promise<void> {
  const { RATE_LIMIT_BURST: burst, RATE_LIMIT_PER_MINUTE: perMinute } = env();
  const { allowed, retryAfterSeconds } = await takeToken(
    { subject: `key:${principal.keyId}`, burst, perMinute },
    {
      subject: `organization:${principal.organizationId}`,
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
