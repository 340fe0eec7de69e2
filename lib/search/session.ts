import type { PoolClient, QueryResult } from "pg";
import { AppError } from "#lib/contract/errors.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";

/** Longest a search may take in the database, and any one statement of it. */
const searchMs = 5_000;

/**
 * Sequential scans are never the way to a few chunks of many, whatever the planner thinks of common words; parallel
 * workers and compiling cost more than they save here, and would make the order of equals a matter of luck.
 */
const settings = (milliseconds: number) => `
  set transaction isolation level repeatable read, read only;
  set local statement_timeout = ${milliseconds};
  set local enable_seqscan = off;
  set local max_parallel_workers_per_gather = 0;
  set local jit = off;
  set local pg_trgm.similarity_threshold = 0.25;
  select pg_backend_pid() as pid`;

/**
 * One search: everything it reads is of one moment, and neither a statement nor all of them can occupy the database.
 * @throws AppError unavailable when it took too long
 */
export async function inOneSearch<T>(
  work: (client: PoolClient) => Promise<T>,
  longestMs: number = searchMs,
): Promise<T> {
  try {
    return await transaction(async (client) => {
      // Several statements at once have several results, which the driver's types do not say.
      const results = (await client.query(settings(longestMs))) as unknown as QueryResult<{ pid: number }>[];
      return beforeLong(results.at(-1)?.rows[0]?.pid, longestMs, () => work(client));
    });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new AppError("unavailable", "The search took too long.", {
      details: "Search for fewer or rarer words, or narrow it down by a container tag or a filter.",
      retryAfterSeconds: 10,
      // The same again would take as long again, and the official client would repeat it at once.
      headers: { "x-should-retry": "false" },
      cause: error,
    });
  }
}

/** Ends whatever statement is running when the time for all of them is over. */
async function beforeLong<T>(pid: number | undefined, milliseconds: number, work: () => Promise<T>): Promise<T> {
  let ending: Promise<unknown> | undefined;
  const timer = setTimeout(() => {
    ending = pool()
      .query("select pg_cancel_backend($1)", [pid])
      .catch(() => {});
  }, milliseconds);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    // Not to end the first statement of whoever has the connection next.
    await ending;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "57014";
}
