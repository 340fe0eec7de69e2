import { PrismaPg } from "@prisma/adapter-pg";
import { Pool } from "pg";
import { env } from "#lib/env.ts";
import { PrismaClient } from "./generated/client.ts";

/**
 * One pool and one Prisma client per process, both on the same PostgreSQL. Bulk statements and row-value keyset
 * queries use the pool; everything else uses Prisma. Next loads a module several times in one process, so both
 * live on `globalThis`.
 */
interface Database {
  pool: Pool;
  prisma: PrismaClient;
}

const shared = globalThis as { tributaryDatabase?: Database };

function open(): Database {
  const url = env().DATABASE_URL;
  if (!url) throw new Error("DATABASE_URL is not set: start the product with `npm start`, which provides it");
  const pool = new Pool({
    connectionString: url,
    max: 12,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 60_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: "tributary",
  });
  // An idle connection that dies is replaced on next use; without a listener it would end the process.
  pool.on("error", () => {});
  return { pool, prisma: new PrismaClient({ adapter: new PrismaPg(pool) }) };
}

function database(): Database {
  shared.tributaryDatabase ??= open();
  return shared.tributaryDatabase;
}

export const pool = (): Pool => database().pool;
export const prisma = (): PrismaClient => database().prisma;

/** Closes both; the process can end. */
export async function closeDatabase(): Promise<void> {
  const current = shared.tributaryDatabase;
  delete shared.tributaryDatabase;
  await current?.prisma.$disconnect();
  if (current && !current.pool.ended) await current.pool.end();
}
