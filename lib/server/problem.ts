import { AppError } from "#lib/contract/errors.ts";
import { isDatabaseUnavailable } from "#lib/db/tx.ts";
import { log } from "#lib/log.ts";

/** Turns whatever was thrown into what the caller sees: always `{ error, details? }`, never a stack or a foreign text. */

export interface Problem {
  readonly status: number;
  readonly body: { readonly error: string; readonly details?: string };
  readonly headers: Readonly<Record<string, string>>;
}

export function problemOf(error: unknown, requestId: string): Problem {
  const known = error instanceof AppError ? error : databaseDown(error);
  if (!known) {
    return {
      status: 500,
      body: { error: "Internal server error", details: `Something went wrong on our side. Request id: ${requestId}` },
      headers: {},
    };
  }
  return {
    status: known.status,
    body: known.details === undefined ? { error: known.message } : { error: known.message, details: known.details },
    headers: {
      ...known.headers,
      ...(known.retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(known.retryAfterSeconds)) }),
    },
  };
}

/** Prisma's own ways to say that the database did not answer (P…) and what waits too long for a lock or a slow query. */
const notNow = /^(?:P1001|P1002|P1008|P1017|P2024|P2028|P2037|55P03|57014)$/;

/** Nothing but the database throws these here: providers' faults arrive as Failure or EgressError. */
function databaseDown(error: unknown): AppError | undefined {
  for (const cause of causes(error)) {
    if (isDatabaseUnavailable(cause) || notNow.test(String(cause.code)))
      return new AppError("unavailable", "The service is not available right now.", {
        details: "Try again in a few seconds.",
        retryAfterSeconds: 2,
        cause: error,
      });
  }
  return undefined;
}

/** The error, what caused it, and what a driver hung onto it, at most five deep. */
function* causes(error: unknown): Generator<Error & { code?: unknown }> {
  let current = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    yield current;
    current = current.cause;
  }
}

/**
 * Writes down what is our own fault: where it happened and of which kind it is, never the message, which may quote a row,
 * a setting or a secret.
 */
export function logProblem(error: unknown, requestId: string): void {
  if (error instanceof AppError && error.code !== "internal" && error.code !== "unavailable") return;
  const frames =
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n")
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 8)
          .map((line) => line.trim())
      : [];
  log("error", "request failed", {
    requestId,
    error: error instanceof Error ? error.name : typeof error,
    code: error instanceof Error && "code" in error ? String(error.code).slice(0, 40) : undefined,
    at: frames,
  });
}
