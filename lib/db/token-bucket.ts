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
}

/**
 * Takes one token from each bucket in one statement; allowed only if every one had a token. A refused caller has still
 * paid at the buckets that had one, so that hammering never gets cheaper. Rows are locked in order of their subject:
 * two callers sharing buckets cannot deadlock.
 */
export async function takeToken(...buckets: readonly Bucket[]): Promise<Taken> {
  const sorted = [...buckets].sort((a, b) => (a.subject < b.subject ? -1 : 1));
  const { rows } = await pool().query<{ subject: string }>({
    name: "take-token",
    text: `
      insert into rate_buckets as bucket (subject, tokens, updated_at)
      select subject, burst - 1, clock_timestamp()
        from unnest($1::text[], $2::float8[], $3::float8[]) as given(subject, burst, per_minute)
      on conflict (subject) do update
        set tokens = least(${limitOf}, bucket.tokens + ${gained}) - 1, updated_at = clock_timestamp()
        where least(${limitOf}, bucket.tokens + ${gained}) >= 1
      returning subject`,
    values: [sorted.map((b) => b.subject), sorted.map((b) => b.burst), sorted.map((b) => b.perMinute)],
  });
  const taken = new Set(rows.map((row) => row.subject));
  const refused = sorted.filter((bucket) => !taken.has(bucket.subject));
  if (refused.length === 0) return { allowed: true, retryAfterSeconds: 0 };
  return { allowed: false, retryAfterSeconds: Math.max(...(await Promise.all(refused.map(secondsUntilToken)))) };
}

/** Whether a token is there, without taking it. */
export async function hasToken(bucket: Bucket): Promise<Taken> {
  const tokens = await tokensNow(bucket);
  if (tokens >= 1) return { allowed: true, retryAfterSeconds: 0 };
  return { allowed: false, retryAfterSeconds: waitFor(tokens, bucket) };
}

// The bucket's own limits come back from the insert's values: tokens there are burst - 1, so no second join is needed.
const limitOf = "(excluded.tokens + 1)";
const gained = `greatest(0, extract(epoch from clock_timestamp() - bucket.updated_at)) / 60
  * (select rate from unnest($1::text[], $3::float8[]) as rates(subject, rate) where rates.subject = bucket.subject)`;

async function tokensNow(bucket: Bucket): Promise<number> {
  const { rows } = await pool().query<{ tokens: number }>(
    `select least($2::float8, tokens + greatest(0, extract(epoch from clock_timestamp() - updated_at)) / 60 * $3::float8)
            as tokens from rate_buckets where subject = $1`,
    [bucket.subject, bucket.burst, bucket.perMinute],
  );
  return rows[0]?.tokens ?? bucket.burst;
}

async function secondsUntilToken(bucket: Bucket): Promise<number> {
  return waitFor(await tokensNow(bucket), bucket);
}

function waitFor(tokens: number, bucket: Bucket): number {
  return Math.max(1, Math.ceil(((1 - tokens) / bucket.perMinute) * 60));
}
