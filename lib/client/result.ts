import type { FieldProblem } from "#lib/contract/errors.ts";

/** What a server action answers: a value, or one sentence (with the way out) and the fields it is about. */
export type ActionResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly error: string;
      readonly fix?: string | undefined;
      readonly fields: readonly FieldProblem[];
    };

/**
 * Calls a server action and never throws: a lost network, an ended session and a broken server each become a sentence.
 * Gives up after 30 s (or as long as it is told), so that nothing spins for ever.
 */
export async function settle<Value>(
  call: Promise<ActionResult<Value>>,
  longestMs = 30_000,
): Promise<ActionResult<Value>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ActionResult<Value>>((resolve) => {
    timer = setTimeout(
      () =>
        resolve({
          ok: false,
          error: `No answer after ${longestMs / 1_000} seconds.`,
          fix: "Check the server, then try again.",
          fields: [],
        }),
      longestMs,
    );
  });
  try {
    return await Promise.race([call, late]);
  } catch (error) {
    return { ok: false, fields: [], ...explain(error) };
  } finally {
    clearTimeout(timer);
  }
}

function explain(error: unknown): { error: string; fix: string } {
  const digest = typeof error === "object" && error !== null && "digest" in error ? String(error.digest) : "";
  if (digest.includes(";403") || digest.includes(";401")) {
    return { error: "Your session has ended.", fix: "Sign in again, then repeat this." };
  }
  if (typeof navigator !== "undefined" && !navigator.onLine) {
    return { error: "You are offline.", fix: "Connect to the network, then try again." };
  }
  return { error: "The server could not be reached.", fix: "Nothing was changed as far as we know. Try again." };
}
