import { AppError } from "#lib/contract/errors.ts";
import { prisma } from "#lib/db/client.ts";
import { hasToken, takeToken, type Bucket } from "#lib/db/token-bucket.ts";
import { createHash } from "node:crypto";
import { networkOf } from "./network.ts";

/**
 * Guessing passwords gets slow: each try pays one token of its account and of its network address, a success gives the
 * account's back. Ten quick tries are free, then one a minute. The address's bucket is wider, since an office shares one.
 */
interface Attempt {
  /** lower case */
  readonly email: string;
  readonly address: string | undefined;
}

/** @throws AppError rate_limited */
export async function requireSignInAllowed(attempt: Attempt): Promise<void> {
  const [account, address] = buckets(attempt);
  // Looked at first: a locked account must not use up the whole office's tries. Paid last: an address that has used up
  // its own must not lock more accounts.
  const locked = await hasToken(account);
  const taken = locked.allowed ? await takeToken(...(address ? [address, account] : [account])) : locked;
  if (taken.allowed) return;
  throw new AppError("rate_limited", "Too many attempts to sign in.", {
    details: `Try again in ${taken.retryAfterSeconds} s.`,
    retryAfterSeconds: taken.retryAfterSeconds,
  });
}

/** After a success: the account starts afresh. */
export async function forgiveSignIn(attempt: Attempt): Promise<void> {
  await prisma().rateBucket.deleteMany({ where: { subject: buckets(attempt)[0].subject } });
}

function buckets({ email, address }: Attempt): readonly [account: Bucket, address: Bucket | undefined] {
  return [
    // Hashed: the table of limits is no list of who tried to sign in.
    { subject: `sign-in:${createHash("sha256").update(email).digest("base64url")}`, burst: 10, perMinute: 1 },
    address === undefined ? undefined : { subject: `sign-in-from:${networkOf(address)}`, burst: 50, perMinute: 10 },
  ];
}
