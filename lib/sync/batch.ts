import type { ItemRef, Json, SkipReason } from "#lib/connectors/types.ts";
import type { DocumentType } from "#lib/extract/types.ts";

/** A batch is committed when it has this many documents or this much text. */
export const batchDocuments = 250;
export const batchBytes = 8 * 1024 * 1024;

export interface Counts {
  new: number;
  changed: number;
  same: number;
  removed: number;
  skipped: number;
  failed: number;
  waiting: number;
  /** bytes not fetched because nothing had changed */
  bytesSaved: number;
}

export const noCounts = (): Counts => ({
  new: 0,
  changed: 0,
  same: 0,
  removed: 0,
  skipped: 0,
  failed: 0,
  waiting: 0,
  bytesSaved: 0,
});

export function addCounts(into: Counts, from: Counts): void {
  for (const name of Object.keys(into) as (keyof Counts)[]) into[name] += from[name];
}

/**
 * Everything a connector yielded between two checkpoints. Its cursor may be committed once nothing of it is
 * outstanding. What leaves no row behind ("same" in keyed order, items waiting for the limit) is counted here and enters
 * the run's counters together with the cursor: a run that was taken over lists it again and counts it once.
 */
export interface Segment {
  /** items decided or being read, but not committed */
  outstanding: number;
  /** counted with the cursor */
  readonly quiet: Counts;
  /** set when the checkpoint was reached */
  end: {
    readonly cursor: Json;
    readonly position: Buffer | null;
    readonly listed: number;
    readonly ordered: boolean;
  } | null;
}

/** A document to be written with its text. */
export interface DocumentWrite {
  readonly key: Buffer;
  readonly id: string;
  readonly item: ItemRef;
  readonly title: string;
  readonly type: DocumentType;
  readonly mime: string | null;
  readonly text: string;
  readonly hash: Buffer;
  readonly memo: Json | undefined;
  /** false = there is a live document, whose text may turn out to be the same */
  readonly fresh: boolean;
  /** an earlier verdict on this item is over */
  readonly dropIssue: boolean;
}

/** An item that is unchanged by its version, but whose tags and metadata may not be. */
export interface RefreshWrite {
  readonly key: Buffer;
  readonly id: string;
  readonly item: ItemRef;
}

export interface IssueWrite {
  readonly key: Buffer;
  readonly verdict: "skipped" | "failed";
  readonly item: ItemRef;
  readonly reason: SkipReason;
  readonly detail: string;
  readonly attempts: number;
  readonly memo: Json | undefined;
}

export interface MissingMark {
  readonly key: Buffer;
  /** true = the provider said so; false = it was not listed */
  readonly explicit: boolean;
  readonly reason: string;
}

export interface ItemRow {
  readonly verdict: "new" | "changed" | "removed" | "skipped" | "failed";
  readonly title: string;
  readonly externalId: string;
  readonly documentId: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
}

/** What one transaction writes. */
export class Batch {
  readonly documents: DocumentWrite[] = [];
  readonly refreshes: RefreshWrite[] = [];
  /** tombstones whose text is still the right one */
  readonly revivals: RefreshWrite[] = [];
  /** unchanged documents to be marked as seen in this run */
  readonly seen: Buffer[] = [];
  readonly memos: { readonly key: Buffer; readonly memo: Json }[] = [];
  readonly issues: IssueWrite[] = [];
  readonly seenIssues: Buffer[] = [];
  readonly droppedIssues: Buffer[] = [];
  readonly missingIssues: Buffer[] = [];
  readonly missing: MissingMark[] = [];
  /** documents that were thought missing and are there */
  readonly found: Buffer[] = [];
  readonly rows: ItemRow[] = [];
  readonly counts: Counts = noCounts();
  readonly segments = new Map<Segment, number>();
  bytes = 0;

  settle(segment: Segment): void {
    this.segments.set(segment, (this.segments.get(segment) ?? 0) + 1);
  }

  get full(): boolean {
    return (
      this.documents.length >= batchDocuments ||
      this.bytes >= batchBytes ||
      this.refreshes.length + this.revivals.length + this.issues.length >= 1_000 ||
      this.seen.length + this.seenIssues.length + this.missing.length + this.found.length >= 5_000
    );
  }

  get empty(): boolean {
    return (
      this.segments.size === 0 &&
      this.documents.length +
        this.refreshes.length +
        this.revivals.length +
        this.seen.length +
        this.memos.length +
        this.issues.length +
        this.seenIssues.length +
        this.droppedIssues.length +
        this.missingIssues.length +
        this.missing.length +
        this.found.length +
        this.rows.length ===
        0
    );
  }
}
