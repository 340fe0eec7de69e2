import { EgressError } from "#lib/egress/types.ts";

/** The promise, or an EgressError "aborted" as soon as the signal says so; what was under way goes on for the others. */
export async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () =>
    reject(new EgressError("aborted", "The request was stopped before it was sent.", { cause: signal.reason }));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
