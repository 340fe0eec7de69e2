import {
  Failure,
  type Account,
  type Authorized,
  type Connector,
  type Ctx,
  type FailureKind,
  type Known,
} from "#lib/connectors/types.ts";
import { AppError, type ErrorCode } from "#lib/contract/errors.ts";
import { createHttp } from "#lib/egress/http.ts";
import { EgressError, type EgressErrorKind, type Http } from "#lib/egress/types.ts";
import { sharedExtractor } from "#lib/extract/pool.ts";
import { apiOf } from "#lib/oauth/endpoints.ts";
import { reachOf } from "#lib/oauth/reach.ts";

/** Asking a source whether settings work: cheap, read-only, bounded. */

/** A person waits for the answer; the official client would wait a minute. */
const checkMs = 10_000;

/** What went wrong, in the words of a form. */
export interface Refusal {
  readonly kind: FailureKind;
  readonly message: string;
  readonly fix: string;
  readonly field: string | null;
  readonly cause: unknown;
}

export type Checked =
  { readonly ok: true; readonly account: Account } | { readonly ok: false; readonly refusal: Refusal };

export interface CheckOptions {
  /** the default is 10 s */
  readonly timeoutMs?: number;
  /** OAuth: adds the access token to requests */
  readonly authorize?: (http: Http) => Promise<Authorized>;
}

/** Calls the connector's check with these settings. A refusal is an answer; only faults of our own are thrown. */
export async function checkSettings(
  connector: Connector,
  config: Readonly<Record<string, unknown>>,
  options: CheckOptions = {},
): Promise<Checked> {
  const checked = await withSource(connector, config, options, (ctx) => connector.check(ctx));
  return checked.ok ? { ok: true, account: checked.value } : checked;
}

/** Asks the source something small while a person waits: bounded in time, with refusals as answers. */
export async function withSource<Value>(
  connector: Connector,
  config: Readonly<Record<string, unknown>>,
  options: CheckOptions,
  ask: (ctx: Ctx<Record<string, unknown>>) => Promise<Value>,
): Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: Refusal }> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? checkMs);
  const http = createHttp({ ...reachOf(connector, config), signal });
  try {
    const work = async () => {
      const authorized = (await options.authorize?.(http)) ?? { http, grant: {} };
      return ask(contextOf(connector, config, authorized, signal));
    };
    return { ok: true, value: await Promise.race([work(), rejected(signal)]) };
  } catch (error) {
    const refusal = refusalOf(error, signal);
    if (!refusal) throw error;
    return { ok: false, refusal };
  } finally {
    await http.close();
  }
}

/** The refusal as what the API answers: the documented statuses of a source that says no. */
export function refusalError(refusal: Refusal): AppError {
  const { code, status } = statusOf(refusal);
  const where = refusal.field === null ? "" : `${refusal.field}: `;
  return new AppError(code, refusal.message, {
    status,
    details: `${where}${refusal.fix}`,
    fields: refusal.field === null ? [] : [{ path: refusal.field, message: refusal.fix }],
    // Asking the same thing again at once changes nothing, but the official client would, twice.
    headers: status >= 500 ? { "x-should-retry": "false" } : {},
    cause: refusal.cause,
  });
}

const statuses: Readonly<Record<FailureKind, { readonly code: ErrorCode; readonly status: number }>> = {
  reauth: { code: "invalid_request", status: 401 },
  denied: { code: "invalid_request", status: 403 },
  missing: { code: "invalid_request", status: 404 },
  throttled: { code: "provider_unreachable", status: 502 },
  cursor_expired: { code: "invalid_request", status: 400 },
  transient: { code: "provider_unreachable", status: 502 },
  blocked: { code: "invalid_request", status: 400 },
  permanent: { code: "invalid_request", status: 400 },
};

function statusOf(refusal: Refusal): { readonly code: ErrorCode; readonly status: number } {
  // A name nobody knows is a wrong setting more often than a broken resolver.
  const unknownName = [refusal.cause, causeOf(refusal.cause)].some((e) => e instanceof EgressError && e.kind === "dns");
  return unknownName ? statuses.permanent : statuses[refusal.kind];
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

const egressRefusals: Readonly<Record<EgressErrorKind, { readonly kind: FailureKind; readonly fix: string }>> = {
  bad_url: { kind: "permanent", fix: "Correct the address." },
  blocked_address: {
    kind: "blocked",
    fix: "Use a public address, or ask an operator to allow this one with EGRESS_ALLOW.",
  },
  dns: { kind: "transient", fix: "Check the host name." },
  connect: { kind: "transient", fix: "Check that the host is right and accepts connections." },
  tls: { kind: "permanent", fix: "Check the host's certificate and that the address is the right one." },
  timeout: { kind: "transient", fix: "Check the address; the host may be down or behind a firewall." },
  reset: { kind: "transient", fix: "Try again in a while." },
  truncated: { kind: "transient", fix: "Try again in a while." },
  too_large: { kind: "permanent", fix: "Check that the address is the one of the service itself." },
  bad_encoding: { kind: "permanent", fix: "Check that the address is the one of the service itself." },
  redirect: { kind: "permanent", fix: "Use the address it redirects to." },
  throttled: { kind: "throttled", fix: "Try again in a while." },
  aborted: { kind: "transient", fix: "Try again in a while." },
};

function refusalOf(error: unknown, signal: AbortSignal): Refusal | undefined {
  if (signal.aborted)
    return {
      kind: "transient",
      message: "The source did not answer in time.",
      fix: "Check the address; the host may be down or behind a firewall.",
      field: error instanceof Failure ? (error.field ?? null) : null,
      cause: error,
    };
  if (error instanceof Failure)
    return { kind: error.kind, message: error.message, fix: error.fix, field: error.field ?? null, cause: error };
  if (error instanceof EgressError)
    return { ...egressRefusals[error.kind], message: error.message, field: null, cause: error };
  return undefined;
}

/** Never resolves: only its rejection counts. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

const nothingKnown: Known = {
  get: () => Promise.resolve(new Map()),
  async *seenThisRun() {},
  async *unseen() {},
};

function contextOf(
  connector: Connector,
  config: Readonly<Record<string, unknown>>,
  { http, grant }: Authorized,
  signal: AbortSignal,
): Ctx<Record<string, unknown>> {
  return {
    config,
    http,
    api: apiOf(connector),
    grant,
    page: (input) => sharedExtractor().page(input, signal),
    known: nothingKnown,
    resuming: false,
    limit: 0,
    signal,
    now: () => new Date(),
    note: () => {},
    log: () => {},
  };
}
