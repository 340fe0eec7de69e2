import type { PoolClient } from "pg";
import { AppError } from "#lib/contract/errors.ts";
import { transaction } from "#lib/db/tx.ts";

/** Longest any one statement of a search may take. */
const statementMs = 5_000;

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
  set local pg_trgm.similarity_threshold = 0.25`;

/**
 * One search: everything it reads is of one moment, and no statement of it can occupy the database.
 * @throws AppError unavailable when a statement took too long
 */
export async function inOneSearch<T>(
  work: (client: PoolClient) => Promise<T>,
  longestMs: number = statementMs,
): Promise<T> {
  try {
    return await transaction(async (client) => {
      await client.query(settings(longestMs));
      return work(client);
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

function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "57014";
}
