import type { ConsentView } from "./views.ts";

/** What the pages under /connect show to a person in the middle of connecting. Plain JSON, no secrets. */

/** Why a connect flow ended without a connection; also the `error` that goes back to the embedding application. */
export type FlowError =
  /** the person said no, at the provider or on our page */
  | "access_denied"
  /** reconnecting with another account than the connection's */
  | "account_mismatch"
  /** the connection was removed meanwhile */
  | "connection_gone"
  /** we stopped in the middle of it */
  | "interrupted"
  /** the OAuth app's id or secret is wrong, or there is none any more */
  | "invalid_client"
  /** the provider does not accept the code: too late, or used */
  | "invalid_grant"
  /** less was allowed than is needed */
  | "invalid_scope"
  | "link_expired"
  /** whoever began it may not do so any more */
  | "not_allowed"
  | "server_error"
  | "temporarily_unavailable";

/** Why there is nothing to show at all. */
export type ProblemReason =
  /** the address has no state, or one we never gave or have forgotten */
  | "unknown"
  /** the answer has parts twice, or is far too long */
  | "garbled"
  /** the answer is signed by another server than the provider's */
  | "issuer"
  /** a link to reconnect that is over, or whose connection is */
  | "link"
  /** our database does not answer */
  | "unavailable";

export type FlowStanding = "pending" | "expired" | "confirming" | "exchanging" | "choosing" | "done" | "failed";

export interface ConnectPageView {
  readonly standing: FlowStanding;
  /** this is the browser that may go on with it */
  readonly mine: boolean;
  readonly origin: "console" | "api" | "link";
  readonly provider: { readonly id: string; readonly name: string };
  readonly noun: readonly [one: string, many: string];
  readonly organization: string;
  readonly containerTags: readonly string[];
  readonly reconnect: boolean;
  /** the account it is connected as (reconnect: the one it is for); null while unknown, and for other browsers */
  readonly account: string | null;
  readonly consent: ConsentView;
  /**
   * How much of it is read, where that can be chosen: what the person chooses next, what was chosen already, or everything.
   * Null where there is no choice, while it is unknown, and for other browsers.
   */
  readonly extent: "choose" | "chosen" | "everything" | null;
  /** where the person goes afterwards; null = they stay on our page */
  readonly destination: { readonly host: string; readonly href: string } | null;
  readonly problem: FlowProblemView | null;
  /** it can be begun once more from here */
  readonly retry: boolean;
  /** console: the page to go back to */
  readonly console: string | null;
}

export interface FlowProblemView {
  readonly title: string;
  /** what happened, and what to do */
  readonly detail: string;
}

/** What a link to reconnect shows before anything begins. */
export interface ReconnectPageView {
  readonly provider: { readonly id: string; readonly name: string };
  readonly organization: string;
  /** the account to sign in with */
  readonly account: string | null;
  /** it has its access: there is nothing to repair */
  readonly connected: boolean;
  readonly consent: ConsentView;
  /** host the person goes to afterwards */
  readonly destination: string | null;
}
