import type { Change, ItemRef, Json, ListingOrder, SkipReason } from "#lib/connectors/types.ts";
import type { StoredDocument, StoredIssue } from "./lookup.ts";

/** An item that failed (or stopped the worker) this often is left alone until its version changes or a person retries. */
export const mostAttempts = 3;

/**
 * Skips found out by reading that pass without the item changing: permission is given, an archived object restored, an
 * address allowed. They are read again by later runs, and say nothing against a document stored earlier.
 */
export const passingSkips: readonly SkipReason[] = ["denied", "archived", "blocked_address"];
/** So many of them are read again by one run, those longest ago first. */
export const mostPassing = 1_000;

export type Verdict =
  /** decided earlier in this run */
  | { readonly type: "already" }
  | { readonly type: "same"; readonly memo: Json | undefined }
  /** unchanged by version, but tags and metadata are to be compared */
  | { readonly type: "refresh"; readonly memo: Json | undefined }
  /** a tombstone whose text is still right */
  | { readonly type: "revive" }
  | {
      readonly type: "read";
      readonly fresh: boolean;
      /** how often it stopped the worker: read it alone */
      readonly crashes: number;
    }
  /** new, but the document limit is reached */
  | { readonly type: "waiting" }
  /** nothing new about an item that is not stored */
  | { readonly type: "quiet"; readonly as: "skipped" | "failed" }
  | {
      readonly type: "issue";
      readonly as: "skipped" | "failed";
      readonly reason: SkipReason;
      readonly detail: string;
      readonly attempts: number;
    };

export interface Situation {
  readonly document: StoredDocument | undefined;
  readonly issue: StoredIssue | undefined;
  readonly order: ListingOrder;
  /** tags and metadata of unchanged items are compared in this run */
  readonly compare: boolean;
  /** no new documents any more in this run */
  readonly limitReached: boolean;
  /** passing skips last tried after this wait for a later run; null = none has to wait */
  readonly retryUpTo: Date | null;
}

type Upsert = Extract<Change<unknown>, { type: "upsert" }>;
type Skip = Extract<Change<unknown>, { type: "skip" }>;
type Fail = Extract<Change<unknown>, { type: "fail" }>;

/** Same JSON value, whatever the order of keys (jsonb has its own). */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((part, i) => sameJson(part, b[i] ?? null))
    );
  }
  const [left, right] = [a as Record<string, Json>, b as Record<string, Json>];
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => name in right && sameJson(left[name] ?? null, right[name] ?? null))
  );
}

/** Pure: what to do about an item the provider has. */
export function decideUpsert(change: Upsert, now: Situation): Verdict {
  if (now.document?.excluded) return decideExcluded(change, now);
  const { document, issue } = now;
  const { version } = change.item;
  const current = document?.live === true && document.version === version;
  if (document?.seen) return { type: "already" };
  if (issue?.seen && !current) return { type: "already" };
  if (current) {
    const memo =
      change.memo !== undefined && now.order === "marked" && !sameJson(change.memo, document.memo)
        ? change.memo
        : undefined;
    return { type: now.compare ? "refresh" : "same", memo };
  }
  const known = issue?.version === version ? issue : undefined;
  const crashes = known?.reason === "crashed" ? known.attempts : 0;
  if (known?.reason === "crashed" && known.attempts === mostAttempts) {
    return {
      type: "issue",
      as: "failed",
      reason: "crashed",
      detail: `The worker stopped ${mostAttempts} times while reading it.`,
      attempts: mostAttempts + 1,
    };
  }
  if (known?.verdict === "failed" && known.attempts >= mostAttempts) return { type: "quiet", as: "failed" };
  // attempts 0 = the listing said so, and it no longer does
  if (known?.verdict === "skipped" && known.attempts > 0 && !now.compare && !isDueAgain(known, now)) {
    return { type: "quiet", as: "skipped" };
  }
  if (document?.live) return { type: "read", fresh: false, crashes };
  if (now.limitReached) return { type: "waiting" };
  if (document && document.version === version && change.content === undefined) return { type: "revive" };
  return { type: "read", fresh: true, crashes };
}

function isDueAgain(issue: StoredIssue, now: Situation): boolean {
  if (now.limitReached && !now.document?.live) return false;
  if (!passingSkips.some((reason) => reason === issue.reason)) return false;
  return now.retryUpTo === null || issue.lastAt <= now.retryUpTo;
}

/** Somebody deleted its document here: whatever becomes of the item, it is not stored again. */
function decideExcluded(change: Upsert | Skip | Fail, now: Situation): Verdict {
  const memo = change.type === "fail" ? undefined : change.memo;
  return skipped(change.item, "excluded", "", memo, now.issue);
}

/** Pure: what to do about an item the connector does not want stored. */
export function decideSkip(change: Skip, now: Situation): Verdict {
  if (now.document?.excluded) return decideExcluded(change, now);
  return skipped(change.item, change.reason, change.detail ?? "", change.memo, now.issue);
}

/** A skip by what is known of the item without reading it: written down once, and again when something about it changed. */
function skipped(
  item: ItemRef,
  reason: SkipReason,
  detail: string,
  memo: Json | undefined,
  issue: StoredIssue | undefined,
): Verdict {
  if (issue?.seen) return { type: "already" };
  if (
    issue?.verdict === "skipped" &&
    issue.reason === reason &&
    issue.version === item.version &&
    issue.attempts === 0 &&
    (memo === undefined || sameJson(memo, issue.memo))
  ) {
    return { type: "quiet", as: "skipped" };
  }
  return { type: "issue", as: "skipped", reason, detail, attempts: 0 };
}

/** Pure: what to do about an item the connector could not read. */
export function decideFail(change: Fail, now: Situation): Verdict {
  if (now.document?.excluded) return decideExcluded(change, now);
  if (now.issue?.seen) return { type: "already" };
  return {
    type: "issue",
    as: "failed",
    reason: change.reason,
    detail: change.detail,
    attempts: attemptsAfter(change.item, now.issue),
  };
}

/** How often this version has failed, this time included. */
export function attemptsAfter(item: ItemRef, issue: StoredIssue | undefined): number {
  const again = issue?.verdict === "failed" && issue.version === item.version && issue.reason !== "crashed";
  return Math.min(again ? issue.attempts + 1 : 1, mostAttempts);
}
