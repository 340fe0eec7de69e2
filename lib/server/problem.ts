import { AppError } from "#lib/contract/errors.ts";
import { isUnavailable } from "#lib/db/unavailable.ts";
import { log } from "#lib/log.ts";
import { faultOf } from "./fault.ts";

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

/** Nothing but the database throws these here: providers' faults arrive as Failure or EgressError. */
function databaseDown(error: unknown): AppError | undefined {
  if (!isUnavailable(error)) return undefined;
  return new AppError("unavailable", "The service is not available right now.", {
    details: "Try again in a few seconds.",
    retryAfterSeconds: 2,
    cause: error,
  });
}

/** Writes down what is our own fault. */
export function logProblem(error: unknown, requestId: string): void {
  if (error instanceof AppError && error.code !== "internal" && error.code !== "unavailable") return;
  log("error", "request failed", { requestId, ...faultOf(error) });
}
