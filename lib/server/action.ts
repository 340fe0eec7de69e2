import { headers } from "next/headers";
import { unstable_rethrow } from "next/navigation";
import { safeParse, type core, type input as Input, type output as Output } from "zod/mini";
import { env } from "#lib/env.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { wordsFor } from "#lib/contract/invalid.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { logProblem, problemOf } from "./problem.ts";
import { currentPrincipal, type UserPrincipal } from "./session.ts";

/** Makes Next answer 403 without running or rendering anything further. */
class Forbidden extends Error {
  readonly digest = "NEXT_HTTP_ERROR_FALLBACK;403";
}

/**
 * The framework runs an action without an Origin, and compares a foreign one with headers a client may forge.
 * Ours runs only for pages of this very console.
 */
async function requireOwnOrigin(): Promise<void> {
  const origin = (await headers()).get("origin");
  if (origin !== env().APP_URL) throw new Forbidden("this action came from somewhere else");
}

async function attempt<Schema extends core.$ZodType, Value>(
  schema: Schema,
  raw: unknown,
  run: (input: Output<Schema>) => Promise<Value>,
): Promise<ActionResult<Value>> {
  const parsed = safeParse(schema, raw, { error: wordsFor });
  if (!parsed.success) {
    return {
      ok: false,
      error: "Some fields need another look.",
      fields: parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })),
    };
  }
  try {
    return { ok: true, value: await run(parsed.data) };
  } catch (error) {
    unstable_rethrow(error); // redirects and the like
    const requestId = newId();
    logProblem(error, requestId);
    const { body } = problemOf(error, requestId);
    const fields = error instanceof AppError ? error.fields : [];
    return { ok: false, error: body.error, fix: fields.length ? undefined : body.details, fields };
  }
}

/** A server action for signed-in people. Input is checked by `schema`; the services below audit what they do. */
export function action<Schema extends core.$ZodType, Value>(
  schema: Schema,
  run: (principal: UserPrincipal, input: Output<Schema>) => Promise<Value>,
): (raw: Input<Schema>) => Promise<ActionResult<Value>> {
  return async (raw) => {
    await requireOwnOrigin();
    const principal = await currentPrincipal();
    if (!principal) throw new Forbidden("signed out");
    return attempt(schema, raw, (input) => run(principal, input));
  };
}

/** A server action before anybody is signed in (set-up only). */
export function publicAction<Schema extends core.$ZodType, Value>(
  schema: Schema,
  run: (input: Output<Schema>) => Promise<Value>,
): (raw: Input<Schema>) => Promise<ActionResult<Value>> {
  return async (raw) => {
    await requireOwnOrigin();
    return attempt(schema, raw, run);
  };
}
