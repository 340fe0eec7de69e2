import { Batch, type Counts, noCounts, type Segment } from "./batch.ts";
import { commitBatch, covered, type CommitContext, type Committed, type RunFacts } from "./commit.ts";

/** Text waiting to be committed before reading is held back. */
const mostWaitingBytes = 24 * 1024 * 1024;
const mostWaitingBatches = 6;

/**
 * Collects outcomes into batches and commits them one after another, each with the newest cursor it covers. Nothing
 * waits longer than a second, so counters and cursor move while the run works.
 */
export class Committer {
  readonly #context: CommitContext;
  readonly #facts: () => RunFacts;
  readonly #onCommit: (committed: Committed, facts: RunFacts) => void;
  readonly #onError: (error: unknown) => void;
  #batches: Batch[] = [];
  #segments: Segment[] = [];
  #working: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #error: unknown;
  #wake: (() => void)[] = [];
  #closed = false;
  /** something was stored since this committer began */
  progressed = false;

  constructor(
    context: CommitContext,
    hooks: {
      readonly facts: () => RunFacts;
      readonly onCommit: (committed: Committed, facts: RunFacts) => void;
      readonly onError: (error: unknown) => void;
    },
  ) {
    this.#context = context;
    this.#facts = hooks.facts;
    this.#onCommit = hooks.onCommit;
    this.#onError = hooks.onError;
    this.#open();
  }

  #open(): Segment {
    const segment: Segment = { outstanding: 0, quiet: noCounts(), end: null };
    this.#segments.push(segment);
    return segment;
  }

  /** Where items yielded now belong. */
  get segment(): Segment {
    return this.#segments.at(-1) ?? this.#open();
  }

  /** A checkpoint: the cursor may be committed once everything before it is. */
  checkpoint(end: NonNullable<Segment["end"]>): void {
    this.segment.end = end;
    this.#open();
    this.#soon();
  }

  /** What was counted with no cursor behind it, at the end of a run. */
  get quiet(): Counts {
    return this.segment.quiet;
  }

  /** Adds one outcome of an item of `segment` (which was counted as outstanding). */
  add(segment: Segment, write: (batch: Batch) => void): void {
    let batch = this.#batches.at(-1);
    if (!batch || batch.full) {
      batch = new Batch();
      this.#batches.push(batch);
    }
    write(batch);
    batch.settle(segment);
    if (batch.full) this.#kick(false);
    else this.#soon();
  }

  #soon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#kick(true);
    }, 1_000);
  }

  /** everything: also a batch that is not full yet */
  #kick(everything: boolean): void {
    if (this.#working || this.#closed || this.#error !== undefined) return;
    this.#working = this.#work(everything)
      .catch((error: unknown) => {
        this.#error = error;
        this.#onError(error);
      })
      .finally(() => {
        this.#working = null;
        this.#release();
        if (this.#batches[0]?.full) this.#kick(false);
      });
  }

  /** Commits what there is when it begins; what comes meanwhile only if it fills a batch. */
  async #work(everything: boolean): Promise<void> {
    let rest = everything ? Math.max(this.#batches.length, 1) : 0;
    while (rest-- > 0 || this.#batches[0]?.full) {
      const batch = this.#batches.shift() ?? new Batch();
      if (batch.empty && covered(this.#segments, batch).length === 0) continue;
      const facts = this.#facts();
      const committed = await commitBatch(this.#context, batch, this.#segments, facts);
      for (const [segment, settled] of batch.segments) segment.outstanding -= settled;
      this.#segments.splice(0, committed.segments.length);
      this.progressed = true;
      this.#onCommit(committed, facts);
      this.#release();
    }
  }

  #release(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Holds the caller back while too much waits to be committed. @throws what a commit failed with */
  async room(): Promise<void> {
    while (this.#error === undefined && !this.#closed && this.#crowded()) {
      this.#kick(true);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    this.#check();
  }

  #crowded(): boolean {
    if (this.#batches.length > mostWaitingBatches) return true;
    let bytes = 0;
    for (const batch of this.#batches) bytes += batch.bytes;
    return bytes > mostWaitingBytes;
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Resolves when everything added so far is stored. @throws what a commit failed with */
  async flush(): Promise<void> {
    while (!this.#closed) {
      this.#check();
      if (this.#working) await this.#working;
      else if (this.#batches.length > 0 || covered(this.#segments, new Batch()).length > 0) this.#kick(true);
      else return;
    }
  }

  /** No more timers; what was not committed is forgotten. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#batches = [];
    this.#release();
    await this.#working;
  }
}
