import { createHash, randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import type { Client, ClientBase, Pool } from "pg";
import { StartupError } from "./startup-error.ts";

/**
 * Applies prisma/migrations without the Prisma command line: the same table, checksums and lock as
 * `prisma migrate deploy`, so that either can follow the other.
 */

/** The advisory lock that Prisma Migrate takes. */
const prismaLock = 72_707_369;

const historyTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`;

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** hex SHA-256 of migration.sql */
  readonly checksum: string;
}

/** The migrations in a folder, oldest first. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

interface Applied {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/** Names of the migrations that this database still lacks. */
export async function pendingMigrations(
  client: ClientBase | Pool,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const { rows: tables } = await client.query<{ present: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present",
  );
  if (!tables[0]?.present) return migrations.map((migration) => migration.name);
  const { rows } = await client.query<Applied>(
    "SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL",
  );
  const done = new Set(rows.flatMap((row) => (row.finished_at ? [row.migration_name] : [])));
  return migrations.flatMap((migration) => (done.has(migration.name) ? [] : [migration.name]));
}

/**
 * Brings the database up to date; several processes may do so at once. Each migration and its mark in the history are
 * one transaction, so a process killed half-way leaves nothing behind and the next start carries on.
 * @returns the names of those applied now
 * @throws StartupError when a migration fails or when `prisma migrate` left a failed one behind
 */
export async function migrate(
  client: Client,
  migrations: readonly Migration[],
  warn: (message: string) => void = () => {},
): Promise<readonly string[]> {
  await client.query("SELECT pg_advisory_lock($1)", [prismaLock]);
  try {
    await client.query(historyTable);
    const { rows } = await client.query<Applied>(
      "SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL",
    );
    const failed = rows.find((row) => row.finished_at === null);
    if (failed) throw new StartupError(unresolved(failed.migration_name));
    const done = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    for (const name of done.keys()) {
      if (!migrations.some((migration) => migration.name === name)) {
        warn(`The database has had migration ${name}, which this version does not know: is this an older version?`);
      }
    }
    const applied: string[] = [];
    for (const migration of migrations) {
      const checksum = done.get(migration.name);
      if (checksum === undefined) {
        await apply(client, migration);
        applied.push(migration.name);
      } else if (checksum !== migration.checksum) {
        warn(`Migration ${migration.name} was changed after it had been applied.`);
      }
    }
    return applied;
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [prismaLock]).catch(() => {});
  }
}

async function apply(client: Client, migration: Migration): Promise<void> {
  try {
    await client.query("BEGIN");
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), migration.checksum, migration.name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    const { message } = error as Error;
    throw new StartupError(
      `Migration ${migration.name} failed and was undone: ${message}. Nothing was changed.${remedy(message)}`,
      { cause: error },
    );
  }
}

/** Said where somebody else than the reader has to do something: with the database of a provider, say. */
function remedy(message: string): string {
  if (!/\bextension\b/.test(message)) return "";
  return (
    " Search needs unaccent, pg_trgm and btree_gin, which come with PostgreSQL (on some systems in a package named " +
    "postgresql-contrib). Let the user of DATABASE_URL create them (`GRANT CREATE ON DATABASE … TO …`), or have an " +
    "administrator run `CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin` in this database; " +
    "then start again."
  );
}

const unresolved = (name: string): string =>
  `Migration ${name} was begun by \`prisma migrate\` and did not finish: repair the database, then run ` +
  `\`npm run prisma -- migrate resolve --rolled-back ${name}\`.`;
