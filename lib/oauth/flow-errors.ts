import type { FlowError } from "#lib/contract/connect-page.ts";

/** A connect flow that ends without a connection. All texts are ours: what a provider says is never repeated. */
export class FlowFailure extends Error {
  readonly error: FlowError;
  constructor(error: FlowError, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = "FlowFailure";
    this.error = error;
  }
}

/** Headings for people. */
const flowTitles: Readonly<Record<FlowError, string>> = {
  access_denied: "Nothing was connected",
  account_mismatch: "That is another account",
  connection_gone: "This connection is gone",
  interrupted: "This was interrupted",
  invalid_client: "The set-up is not right",
  invalid_grant: "This took too long",
  invalid_scope: "A permission is missing",
  link_expired: "This link has expired",
  not_allowed: "This link does not work any more",
  server_error: "That did not work",
  temporarily_unavailable: "The provider did not answer",
};

/** Heading of a flow that failed. */
export function flowTitle(error: FlowError, reconnect: boolean): string {
  return error === "access_denied" && reconnect ? "Nothing was changed" : flowTitles[error];
}

/** What the provider's `error` means (RFC 6749 4.1.2.1). Codes nobody knows are never passed on. */
export function failureOfCallback(error: string, provider: string): FlowFailure {
  switch (error) {
    case "access_denied":
      return new FlowFailure("access_denied", `No access to ${provider} was given, so nothing was connected.`);
    case "temporarily_unavailable":
    case "server_error":
      return new FlowFailure(
        "temporarily_unavailable",
        `${provider} could not do it just now. Try again in a few minutes.`,
      );
    case "invalid_scope":
      return new FlowFailure(
        "invalid_scope",
        `${provider} does not let this app ask for what is needed. Whoever runs this server has to look at the app's set-up.`,
      );
    case "unauthorized_client":
    case "invalid_client":
      return new FlowFailure(
        "invalid_client",
        `${provider} does not know this app. Whoever runs this server has to look at the app's set-up.`,
      );
    default:
      return new FlowFailure("server_error", `${provider} refused. Nothing was connected.`);
  }
}

interface Ended {
  readonly standing: string;
  readonly reconnect: boolean;
  readonly error: string | null;
  readonly errorDetail: string | null;
}

/** Why there will be no connection, of a flow that has come to an end; null for one that has not. */
export function failureOfStanding(flow: Ended): FlowFailure | null {
  const failure = failureOf(flow);
  if (!failure || !flow.reconnect || failure.error === "connection_gone") return failure;
  // Our messages speak of connecting; here there was a connection before, and it still is what it was.
  const message = failure.message.replace(
    /(n)othing was connected/i,
    "$1othing was changed: the connection is as it was",
  );
  return new FlowFailure(failure.error, message);
}

function failureOf(flow: Ended): FlowFailure | null {
  if (flow.standing === "expired")
    return new FlowFailure("link_expired", "A link like this works for a few minutes only. Nothing was connected.");
  if (flow.standing !== "failed") return null;
  if (flow.error === null || !(flow.error in flowTitles))
    return new FlowFailure("interrupted", "The server was interrupted on the way. Nothing was connected; start again.");
  return new FlowFailure(flow.error as FlowError, flow.errorDetail ?? "Nothing was connected.");
}
