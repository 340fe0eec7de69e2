import type { ConnectionStatus } from "#lib/contract/views.ts";
import { failureDetails } from "#lib/contract/status.ts";

/** Facts a connection's status follows from. */
export interface StatusFacts {
  readonly state: "active" | "paused" | "deleting";
  /** Failure.kind that stopped the last run; null = it did not fail */
  readonly failureKind: string | null;
  /** what the last run said when it failed */
  readonly error: string | null;
  readonly heldDeletions: number;
  /** nothing is synced until somebody chooses what */
  readonly needsSelection: boolean;
  readonly lastSyncedAt: Date | null;
  readonly running: boolean;
  readonly queued: boolean;
  /** the run under way waits for the provider until then */
  readonly waitingUntil: Date | null;
  readonly now: Date;
}

const reconnect = new Set(["reauth", "denied"]);

/** Whether what stopped the last run (Failure.kind) is repaired by reconnecting. */
export function needsReconnect(failureKind: string | null): boolean {
  return failureKind !== null && reconnect.has(failureKind);
}

const plain = (status: ConnectionStatus) => ({ status, statusDetail: null });

/** The one place where a status is made: a pure function of facts. What a person has to act on wins over what is normal. */
export function statusOf(facts: StatusFacts): { status: ConnectionStatus; statusDetail: string | null } {
  if (facts.state !== "active") return plain(facts.state);
  if (facts.running) {
    const waiting = facts.waitingUntil !== null && facts.waitingUntil > facts.now;
    return waiting
      ? { status: "waiting", statusDetail: "The provider asked to wait; the sync goes on by itself." }
      : plain("syncing");
  }
  if (facts.queued) return plain("queued");
  if (facts.failureKind !== null) {
    return {
      status: needsReconnect(facts.failureKind) ? "needs_reconnect" : "failing",
      statusDetail: facts.error ?? failureDetails[facts.failureKind] ?? failureDetails["internal"] ?? null,
    };
  }
  if (facts.needsSelection)
    return { status: "needs_selection", statusDetail: "Nothing is synced until somebody chooses what." };
  if (facts.heldDeletions > 0) {
    return {
      status: "attention",
      statusDetail: `${facts.heldDeletions} documents are gone at the source and wait for your decision.`,
    };
  }
  return plain(facts.lastSyncedAt ? "synced" : "never_synced");
}
