import { setTimeout as delay } from "node:timers/promises";
import type { PoolClient } from "pg";
import { pool } from "./client.ts";

/** Anything that runs SQL: a pg Pool, a PoolClient inside a transaction, or a Prisma transaction (fromPrisma). */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount?: number | null }>;
}

interface PrismaTransaction {
  $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T>;
}

/** Lets code written for pg take part in a Prisma interactive transaction. Statements must return rows or nothing. */
export function fromPrisma(tx: PrismaTransaction): Queryable {
  return {
    async query(text, values = []) {
      const rows = await tx.$queryRawUnsafe<Record<string, unknown>[]>(text, ...values);
      return { rows, rowCount: rows.length };
    },
  };
}

/** serialization_failure, deadlock_detected: nothing happened, the same transaction may be tried again. */
const retryable = new Set(["40001", "40P01"]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/**
 * The database did not answer, or cannot work for now (down, restarting, out of connections, disk or memory, read-only).
 * The outcome of what was under way is unknown: start again from what is stored.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|53|57P)/.test(code) || code === "25006") return true;
  if (["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return typeof error === "object" && error !== null && "syscall" in error;
  }
  return (
    error instanceof Error &&
    /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}

/**
 * Runs `work` in one transaction on one connection of the pool. Conflicts between transactions (40001, 40P01) are tried
 * again with jitter, so `work` must not have effects outside of the database. No network call belongs in here.
 */
export async function transaction<T>(work: (client: PoolClient) => Promise<T>, attempts = 6): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(work);
    } catch (error) {
      if (attempt >= attempts || !retryable.has(codeOf(error))) throw error;
      await delay(Math.random() * 10 * 2 ** attempt);
    }
  }
}

async function once<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool().connect();
  let broken: Error | undefined;
  // The pool takes its own listener off a connection in use; without one a dropped connection would end the process.
  const onError = (error: Error) => {
    broken = error;
  };
  client.on("error", onError);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    if (isDatabaseUnavailable(error)) broken ??= error instanceof Error ? error : new Error("database unavailable");
    if (!broken) {
      await client.query("rollback").catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error("rollback failed");
      });
    }
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}
