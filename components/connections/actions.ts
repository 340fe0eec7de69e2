import type { ActionResult } from "#lib/client/result.ts";

type OnConnection<Value> = (input: { id: string }) => Promise<ActionResult<Value>>;

/** What can be done to a connection; pages hand these in. */
export interface ConnectionActions {
  readonly sync: OnConnection<{ readonly runId: string; readonly coalesced: boolean }>;
  readonly pause: OnConnection<unknown>;
  readonly resume: OnConnection<unknown>;
  readonly remove: (input: {
    id: string;
    deleteDocuments: boolean;
  }) => Promise<ActionResult<{ readonly undoUntil: string | null }>>;
  readonly restore: OnConnection<unknown>;
  /** OAuth: authLink is where the person has to go */
  readonly reconnect: OnConnection<{ readonly authLink: string }>;
  /** OAuth: a link for whoever owns the account; expiresAt is ISO 8601 */
  readonly reconnectLink: OnConnection<{ readonly url: string; readonly expiresAt: string }>;
}
