import path from "node:path";
import { Pool } from "pg";
import { pendingMigrations, readMigrations, type Migration } from "#lib/db/migrate.ts";
import { env } from "#lib/env.ts";
import { sealedColumns } from "#lib/vault/reseal.ts";
import { parseSealingKeys } from "#lib/vault/seal.ts";

/** Is this installation able to do its work? Each reason is one sentence for an operator, without secrets. */

const workerSilenceSeconds = 60;
const patienceMs = 2_500;

interface Probe {
  /** Its own connection, so that an exhausted pool is not mistaken for a lost database. */
  pool: Pool;
  migrations: Promise<readonly Migration[]>;
}

const shared = globalThis as { tributaryReadiness?: Probe };

function probe(): Probe {
  if (shared.tributaryReadiness) return shared.tributaryReadiness;
  const pool = new Pool({
    connectionString: env().DATABASE_URL,
    max: 1,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
    application_name: "tributary readiness",
  });
  pool.on("error", () => {});
  shared.tributaryReadiness = { pool, migrations: readMigrations(path.join(process.cwd(), "prisma", "migrations")) };
  return shared.tributaryReadiness;
}

interface Facts {
  durable: string;
  read_only: string;
  replica: boolean;
}

let asking: Promise<readonly string[]> | undefined;

/** What keeps this installation from working; empty = ready. Never throws. All who ask at once get one answer. */
export function reasonsNotReady(): Promise<readonly string[]> {
  asking ??= ask().finally(() => {
    asking = undefined;
  });
  return asking;
}

async function ask(): Promise<readonly string[]> {
  const { pool, migrations } = probe();
  try {
    const { rows } = await pool.query<Facts>(
      `select current_setting('synchronous_commit') as durable, current_setting('transaction_read_only') as read_only,
              pg_is_in_recovery() as replica`,
    );
    const facts = rows[0];
    const reasons: string[] = [];
    if (facts?.replica || facts?.read_only === "on") reasons.push("The database is read-only.");
    if (facts?.durable === "off")
      reasons.push("The database acknowledges before it stores (synchronous_commit is off).");
    const pending = await pendingMigrations(pool, await migrations);
    if (pending.length > 0) return [...reasons, `The database lacks migrations: ${pending.join(", ")}.`];
    return [...reasons, ...(await sealingReasons(pool)), ...(await workerReasons(pool))];
  } catch {
    return ["The database does not answer."];
  }
}

/** Nothing sealed with a lost key is ever overwritten; the operator has to bring the key back. */
async function sealingReasons(pool: Pool): Promise<readonly string[]> {
  let known: readonly string[];
  try {
    known = parseSealingKeys(env().SEALING_KEYS ?? "").map((key) => key.id);
  } catch {
    return ["SEALING_KEYS is missing or cannot be read."];
  }
  const { rows } = await pool.query<{ place: string; key_id: string; count: number }>(
    sealedColumns
      .map(
        ({ table, column }) =>
          `select '${table}' as place, split_part(${column}, '.', 2) as key_id, count(*)::int as count
             from ${table} where ${column} <> '' group by 2`,
      )
      .join(" union all "),
  );
  return rows
    .filter((row) => !known.includes(row.key_id))
    .map(
      ({ place, key_id, count }) =>
        `${count} ${place.replaceAll("_", " ")} are sealed with the key ${key_id}, which is not in SEALING_KEYS.`,
    );
}

async function workerReasons(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ seen: Date | null; recent: boolean | null }>(
    `select max(seen_at) as seen, max(seen_at) > now() - make_interval(secs => $1) as recent from worker_heartbeats`,
    [workerSilenceSeconds],
  );
  const { seen, recent } = rows[0] ?? {};
  if (recent) return [];
  return [seen ? `No worker has been seen since ${seen.toISOString()}.` : "No worker has been seen yet."];
}
