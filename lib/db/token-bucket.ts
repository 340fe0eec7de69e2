import { pool } from "./client.ts";

/** A token bucket in PostgreSQL, so that all web processes share it. The database's clock fills it. */
export interface Bucket {
  /** whose it is, e.g. `key:<id>` */
  readonly subject: string;
  /** the most it holds */
  readonly burst: number;
  readonly perMinute: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** whole seconds until one more token is there, at least 1; 0 when allowed */
  readonly retryAfterSeconds: number;
  /** the bucket that had none, and the milliseconds until it has one; undefined when allowed */
  readonly empty?: { readonly subject: string; readonly waitMs: number };
}

/**
 * Takes one token from each bucket, in the order given, as long as every one has some: who is refused at the first does
 * not use up the others, so that one noisy key cannot lock its whole organization out.
 */
export async function takeToken(...buckets: readonly Bucket[]): Promise<Taken> {
  for (const bucket of buckets) {
    const { rowCount } = await pool().query({
      name: "take-token",
      text: `
        insert into rate_buckets as bucket (subject, tokens, updated_at) values ($1, $2::float8 - 1, clock_timestamp())
        on conflict (subject) do update set tokens = ${refilled} - 1, updated_at = clock_timestamp()
          where ${refilled} >= 1`,
      values: [bucket.subject, bucket.burst, bucket.perMinute],
    });
    if (rowCount !== 1) return refusal(await tokensNow(bucket), bucket);
  }
  return { allowed: true, retryAfterSeconds: 0 };
}

/** Whether a token is there, without taking it. */
export async function hasToken(bucket: Bucket): Promise<Taken> {
  const tokens = await tokensNow(bucket);
  if (tokens >= 1) return { allowed: true, retryAfterSeconds: 0 };
  return refusal(tokens, bucket);
}

/** What is in it by now; `$2` is its burst, `$3` tokens a minute. */
const refilled = `least($2::float8, bucket.tokens
  + greatest(0, extract(epoch from clock_timestamp() - bucket.updated_at)) / 60 * $3::float8)`;

async function tokensNow({ subject, burst, perMinute }: Bucket): Promise<number> {
  const { rows } = await pool().query<{ tokens: number }>(
    `select ${refilled} as tokens from rate_buckets bucket where subject = $1`,
    [subject, burst, perMinute],
  );
  return rows[0]?.tokens ?? burst;
}

function refusal(tokens: number, { subject, perMinute }: Bucket): Taken {
  const waitMs = Math.max(0, (1 - tokens) / perMinute) * 60_000;
  return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)), empty: { subject, waitMs } };
}
