/** When to ask again, and when not. Pure: http.ts waits, this file decides. */

/** A server that names a longer wait ends the request: the run pauses instead (EgressError throttled). */
const longestWaitSeconds = 120;
/** Nobody is believed who asks for more than a week. */
const longestBelievedSeconds = 7 * 86_400;
/** Waits a server asked for, per request; they do not use up the tries meant for faults. */
export const throttleWaits = 5;
const longestBackoffMs = 30_000;

/**
 * Seconds a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date); undefined if it says nothing usable.
 * A date that has passed gives 0.
 */
export function retryAfterSeconds(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text)), longestBelievedSeconds);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(0, Math.ceil((at - nowMs) / 1000)), longestBelievedSeconds);
}

/** Exponential with jitter: between half and all of base × 2^attempt, at most 30 s. */
export function backoffMs(baseMs: number, attempt: number, random: number): number {
  const full = Math.min(baseMs * 2 ** Math.min(attempt, 20), longestBackoffMs);
  return Math.round(full * (0.5 + random / 2));
}

/** GET, HEAD, PUT and DELETE may be repeated without harm (RFC 9110 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method !== "POST" && method !== "PATCH";
}

export type StatusAdvice =
  /** hand it to the caller */
  | { readonly kind: "reply" }
  /** a fault of the other side: worth one of the normal tries */
  | { readonly kind: "fault"; readonly waitMs: number | undefined }
  /** the other side says slow down */
  | { readonly kind: "throttled"; readonly waitMs: number | undefined }
  /** it says to stay away longer than we wait in place */
  | { readonly kind: "pause"; readonly seconds: number };

const reply: StatusAdvice = { kind: "reply" };

/** Reads a status and its Retry-After. Everything but 429, 529, 500, 502, 503 and 504 is simply the reply. */
export function readStatus(
  status: number,
  retryAfter: string | undefined,
  idempotent: boolean,
  nowMs: number,
): StatusAdvice {
  if (status < 429) return reply;
  const throttle = status === 429 || status === 529;
  if (!throttle && status !== 500 && status !== 502 && status !== 503 && status !== 504) return reply;
  const seconds = retryAfterSeconds(retryAfter, nowMs);
  const told = seconds === undefined || seconds === 0 ? undefined : seconds;
  if (throttle || (status === 503 && told !== undefined)) {
    if (told !== undefined && told > longestWaitSeconds) return { kind: "pause", seconds: told };
    return { kind: "throttled", waitMs: told === undefined ? undefined : told * 1000 };
  }
  if (!idempotent) return reply;
  return { kind: "fault", waitMs: told === undefined ? undefined : Math.min(told, longestWaitSeconds) * 1000 };
}
