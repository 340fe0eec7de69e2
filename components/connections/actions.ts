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
}
