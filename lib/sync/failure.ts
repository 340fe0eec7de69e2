import { Failure, type FailureKind } from "#lib/connectors/types.ts";
import type { RunErrorCode } from "#lib/contract/views.ts";
import { EgressError, type EgressErrorKind } from "#lib/egress/types.ts";

/** What stopped a run, read from the type of the error and never from its text. */
export interface Stop {
  readonly kind: FailureKind | "internal";
  readonly errorCode: RunErrorCode;
  /**
   * fail: at once. backoff: a few tries within the run. wait: as long as the provider says, then go on.
   * restart: once more from the beginning, without the cursor.
   */
  readonly policy: "fail" | "backoff" | "wait" | "restart";
  readonly retryAfterSeconds: number | undefined;
  /** for people: what happened, then what to do */
  readonly text: string;
}

const policies: Readonly<Record<FailureKind | "internal", Pick<Stop, "errorCode" | "policy">>> = {
  reauth: { errorCode: "auth_expired", policy: "fail" },
  denied: { errorCode: "auth_expired", policy: "fail" },
  missing: { errorCode: "provider_unavailable", policy: "fail" },
  throttled: { errorCode: "rate_limited", policy: "wait" },
  cursor_expired: { errorCode: "provider_unavailable", policy: "restart" },
  transient: { errorCode: "provider_unavailable", policy: "backoff" },
  blocked: { errorCode: "provider_unavailable", policy: "fail" },
  permanent: { errorCode: "provider_unavailable", policy: "fail" },
  internal: { errorCode: "internal", policy: "fail" },
};

const egress: Readonly<Record<EgressErrorKind, { kind: FailureKind; fix: string }>> = {
  bad_url: { kind: "permanent", fix: "Correct the address in the connection's settings." },
  blocked_address: { kind: "blocked", fix: "Use a public address, or ask an operator to allow it with EGRESS_ALLOW." },
  dns: { kind: "transient", fix: "Check the host name in the settings; the next sync tries again." },
  connect: { kind: "transient", fix: "Check that the host can be reached; the next sync tries again." },
  tls: { kind: "permanent", fix: "Check the host's certificate and that the address is the right one." },
  timeout: { kind: "transient", fix: "The next sync tries again." },
  reset: { kind: "transient", fix: "The next sync tries again." },
  truncated: { kind: "transient", fix: "The next sync tries again." },
  too_large: { kind: "permanent", fix: "Check that the address is the one of the service itself." },
  bad_encoding: { kind: "transient", fix: "The next sync tries again." },
  redirect: { kind: "permanent", fix: "Use the address it redirects to." },
  throttled: { kind: "throttled", fix: "It goes on by itself when the provider allows it." },
  aborted: { kind: "transient", fix: "The next sync tries again." },
};

function stop(kind: FailureKind | "internal", message: string, fix: string, retryAfterSeconds?: number): Stop {
  const sentence = /[.!?]$/.test(message) ? message : `${message}.`;
  return { kind, ...policies[kind], retryAfterSeconds, text: fix ? `${sentence} ${fix}` : sentence };
}

/** An error's own words may hold anything; what is shown of an unexpected one is only that it happened. */
const internalText = "Something went wrong inside Tributary.";

export function classify(error: unknown): Stop {
  if (error instanceof Failure) return stop(error.kind, error.message, error.fix, error.retryAfterSeconds);
  if (error instanceof EgressError) {
    const { kind, fix } = egress[error.kind];
    return stop(kind, error.message, fix, error.retryAfterSeconds);
  }
  return stop("internal", internalText, "The next sync tries again; the worker's log says more.");
}
