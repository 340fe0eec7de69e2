import { setTimeout as delay } from "node:timers/promises";
import { prisma } from "./client.ts";
import type { Prisma } from "./generated/client.ts";
import { isConflict } from "./unavailable.ts";

/** A burst of callers waits for its turn on the pool; the work itself, once begun, is quick or stuck. */
const turnMs = 15_000;
const workMs = 15_000;

/**
 * Runs `work` in one transaction. Conflicts between transactions (deadlock, serialization) are tried again with jitter:
 * nothing happened, so `work` must not have effects outside of the database. No network call belongs in here.
 */
export async function inTransaction<T>(work: (tx: Prisma.TransactionClient) => Promise<T>, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await prisma().$transaction(work, { maxWait: turnMs, timeout: workMs });
    } catch (error) {
      if (attempt >= attempts || !isConflict(error)) throw error;
      await delay(Math.random() * 10 * 2 ** attempt);
    }
  }
}
