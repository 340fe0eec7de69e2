import { setTimeout as delay } from "node:timers/promises";
import {
  Failure,
  type Change,
  type Connector,
  type Coverage,
  type Ctx,
  type ItemRef,
  type Json,
} from "#lib/connectors/types.ts";
import { transaction } from "#lib/db/tx.ts";
import { env } from "#lib/env.ts";
import type { Extractor } from "#lib/extract/types.ts";
import type { Batch, Counts, Segment } from "./batch.ts";
import { Channel } from "./channel.ts";
import { LostClaim, type CommitContext, type RunFacts } from "./commit.ts";
import { Committer } from "./committer.ts";
import { Canceled, Stopping, type Control } from "./control.ts";
import type { Start } from "./cursor.ts";
import {
  attemptsAfter,
  decideFail,
  decideSkip,
  decideUpsert,
  mostAttempts,
  mostPassing,
  passingSkips,
  type Situation,
  type Verdict,
} from "./decide.ts";
import { documentId, encodeKey, maxKeyBytes, printable } from "./key.ts";
import { failedBefore, keyText, lookup, oldestSkips, type StoredDocument, type StoredIssue } from "./lookup.ts";
import { KeyedScan } from "./keyed.ts";
import { readItem } from "./read.ts";
import { writeIssues } from "./statements.ts";
import { Window } from "./window.ts";

/** So many items failing one after another, with none read between them, mean that the provider is in trouble. */
const mostFailuresInARow = 50;
/** Items looked up with one query. */
const groupSize = 1_000;
/** What ignores its abort signal is left behind after this. */
const patienceMs = 2_000;
/** After a crash loop this many items are read one by one. */
const cautiousItems = 200;

export type DriveResult =
  | {
      readonly type: "done";
      readonly coverage: Coverage;
      readonly cursor: Json;
      readonly ordered: boolean;
      /** counted behind the last checkpoint: enters the run with its completion */
      readonly quiet: Counts;
    }
  /** stopped at a checkpoint because others wait or the worker stops */
  | { readonly type: "yielded" };

export interface DriveInput {
  readonly connector: Connector;
  readonly ctx: Ctx<Record<string, unknown>>;
  readonly extractor: Extractor;
  readonly context: CommitContext;
  readonly start: Start;
  readonly control: Control;
  /** new documents this run has added already */
  readonly added: number;
  /** marked order: items decided by this run before it was taken over */
  readonly listed: number;
  readonly cautious: boolean;
  readonly traffic: { bytesRead: number; requests: number };
  readonly notes: readonly string[];
}

type Item = {
  readonly change: Exclude<Change<unknown>, { type: "waiting" | "checkpoint" | "done" }>;
  readonly key: Buffer;
};
type Upsert = Extract<Change<unknown>, { type: "upsert" }>;

/** About what a change holds in memory, in bytes. */
function weigh(change: Change<unknown>): number {
  const id = "item" in change ? change.item.id : "";
  return 512 + 4 * id.length + (change.type === "upsert" && change.content ? weightOf(change) : 0);
}

/**
 * Drives changes() once: from `start` to its end, a yield, or an error. Listing, looking up, reading and committing
 * overlap; the order of checkpoints is kept.
 */
export class Drive {
  readonly #in: DriveInput;
  readonly #incoming = new Channel<Change<unknown>>(16 * 1024 * 1024, weigh);
  readonly #committer: Committer;
  readonly #window: Window;
  readonly #scan: KeyedScan | null;
  /** while items are marked: those decided but not committed yet, by key */
  readonly #inFlight = new Set<string>();
  #listed: number;
  #added: number;
  #ordered: boolean;
  #waiting = false;
  #cautious: number;
  #failuresInARow = 0;
  #retryUpTo: Date | null = null;
  #error: unknown;
  #failed = false;
  #done: Extract<Change<unknown>, { type: "done" }> | null = null;

  constructor(input: DriveInput) {
    this.#in = input;
    const { start, connector, context } = input;
    this.#listed = connector.order === "keyed" ? start.listed : input.listed;
    this.#added = input.added;
    this.#ordered = start.ordered;
    this.#cautious = input.cautious ? cautiousItems : 0;
    this.#window = new Window(connector.readers, connector.readers + 16, mostHeavyBytes());
    this.#committer = new Committer(context, {
      facts: () => this.facts(),
      onCommit: (_committed, facts) => {
        input.traffic.bytesRead -= facts.bytesRead;
        input.traffic.requests -= facts.requests;
      },
      onError: (error) => this.#fail(error),
    });
    this.#scan =
      connector.order === "keyed"
        ? new KeyedScan(context.claim.connection.id, context.claim.run.id, start.position)
        : null;
  }

  /** Each item is marked as seen: in marked order, and in a keyed listing that turned out not to be in order. */
  get #marks(): boolean {
    return this.#scan === null || !this.#ordered;
  }

  get listed(): number {
    return this.#listed;
  }

  get progressed(): boolean {
    return this.#committer.progressed;
  }

  get phase(): "listing" | "reading" {
    return this.#window.busy ? "reading" : "listing";
  }

  facts(): RunFacts {
    return {
      listed: this.#listed,
      notes: this.#in.notes,
      bytesRead: this.#in.traffic.bytesRead,
      requests: this.#in.traffic.requests,
      waitingUntil: this.#in.control.waitingUntil,
      cautious: this.#cautious > 0,
    };
  }

  /** Resolves when everything yielded so far is stored (for ctx.known). */
  async settled(): Promise<void> {
    await this.#incoming.drained();
    await this.#window.idle();
    await this.#committer.flush();
  }

  #fail(error: unknown): void {
    if (!this.#failed) {
      this.#failed = true;
      this.#error = error;
    }
    this.#window.drop();
    this.#incoming.cancel();
    this.#in.control.abort(error);
  }

  async run(): Promise<DriveResult> {
    const { control, context } = this.#in;
    const { id, organization_id: organizationId } = context.claim.connection;
    this.#retryUpTo = await oldestSkips(organizationId, id, passingSkips, mostPassing);
    const end = () => {
      this.#incoming.cancel();
      this.#window.drop();
    };
    control.signal.addEventListener("abort", end, { once: true });
    control.onShutdown = end;
    if (control.signal.aborted || control.stopping === "shutdown") end();
    const pump = this.#pump();
    try {
      let listingError: unknown;
      await this.#consume().catch((error: unknown) => {
        listingError = error ?? new Error("the listing failed");
      });
      if (control.stopping === "shutdown") control.abortSoon();
      await this.#idle();
      if (!this.#failed && !(control.reason instanceof Canceled)) await this.#committer.flush();
      if (this.#failed) throw this.#error;
      if (control.stopping === null && control.signal.aborted) throw control.reason;
      if (listingError !== undefined) throw listingError;
      if (this.#done) return await this.#end(this.#done);
      if (control.stopping !== null) return { type: "yielded" };
      throw new Failure("permanent", "The listing ended without saying whether it was complete.", {
        fix: "Try again; if it happens again, report it.",
      });
    } finally {
      control.signal.removeEventListener("abort", end);
      control.close();
      end();
      if (!this.#done) control.abort(new Stopping());
      await this.#committer.close();
      await Promise.race([pump, delay(patienceMs, undefined, { ref: false })]);
    }
  }

  async #end(done: Extract<Change<unknown>, { type: "done" }>): Promise<DriveResult> {
    const { order } = this.#in.connector;
    if (done.coverage === "delta") await this.#retryFailed();
    if (this.#scan && done.coverage === "full" && this.#ordered) {
      await this.#scan.tail((keys, issues) => this.#absent(keys, issues));
      await this.#committer.flush();
    }
    return {
      type: "done",
      coverage: done.coverage,
      cursor: done.cursor as Json,
      ordered: order === "marked" || this.#ordered,
      quiet: this.#committer.quiet,
    };
  }

  /** A delta does not name again what failed before: it is read from what was remembered of it. */
  async #retryFailed(): Promise<void> {
    const { connection, run } = this.#in.context.claim;
    for await (const page of failedBefore(connection.id, run.id, mostAttempts, passingSkips)) {
      const stored = await lookup(
        connection.id,
        run.id,
        page.map(({ issue }) => issue.key),
      );
      for (const { issue, item } of page) {
        const document = stored.documents.get(keyText(issue.key));
        await this.#decide({ key: issue.key, change: { type: "upsert", item } }, document, issue);
        if (this.#failed) throw this.#error;
      }
    }
    await this.#idle();
    await this.#committer.flush();
    if (this.#failed) throw this.#error;
  }

  /** Waits for reads under way; once they were told to stop, not for long. */
  async #idle(): Promise<void> {
    const { signal } = this.#in.control;
    const idle = this.#window.idle();
    if (!signal.aborted) {
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([idle, aborted]);
    }
    await Promise.race([idle, delay(patienceMs, undefined, { ref: false })]);
  }

  /** Runs the connector's generator ahead of everything else. */
  async #pump(): Promise<void> {
    const generator = this.#in.connector.changes(this.#in.ctx, this.#in.start.since);
    try {
      for await (const changes of generator) {
        if (!(await this.#incoming.push(changes))) return;
      }
      this.#incoming.end();
    } catch (error) {
      this.#incoming.end(error);
    }
  }

  async #consume(): Promise<void> {
    const { control } = this.#in;
    for (;;) {
      if (control.stopping === "shutdown" || this.#failed) return;
      const changes = await this.#incoming.take(groupSize);
      if (!changes) return;
      if (await this.#group(changes)) return;
      this.#incoming.settle();
    }
  }

  /** Decides a group of changes; true = this drive ends here. */
  async #group(changes: readonly Change<unknown>[]): Promise<boolean> {
    const items = new Map<Change<unknown>, Item>();
    const ordered: Buffer[] = [];
    const others: Buffer[] = [];
    for (const change of changes) {
      if (change.type === "waiting" || change.type === "checkpoint" || change.type === "done") continue;
      const key = encodeKey(change.type === "delete" ? change.id : change.item.id);
      items.set(change, { change, key });
      if (key.length === 0 || key.length > maxKeyBytes) continue;
      (this.#scan && change.type !== "delete" ? ordered : others).push(key);
    }
    const { connection, run } = this.#in.context.claim;
    let stored = await lookup(connection.id, run.id, others);
    if (this.#scan) {
      const inOrder = await this.#scan.advance(ordered, stored, (keys, issues) => this.#absent(keys, issues));
      if (!inOrder && this.#ordered) {
        this.#ordered = false;
        // From here on an item may come a second time: what is in hand has to be stored first, to be recognised.
        await this.#window.idle();
        await this.#committer.flush();
        stored = await lookup(connection.id, run.id, [...ordered, ...others]);
      }
      if (this.#scan.restarted) {
        this.#scan.restarted = false;
        this.#ordered = inOrder;
        this.#listed = 0;
      }
    }
    for (const change of changes) {
      if (change.type === "checkpoint") {
        if (!this.#waiting || this.#scan) {
          this.#committer.checkpoint({
            cursor: change.cursor as Json,
            position: this.#scan?.passed ?? null,
            listed: this.#listed,
            ordered: this.#ordered,
          });
        }
        if (this.#in.control.stopping === "slice") return true;
        continue;
      }
      if (change.type === "waiting") {
        this.#committer.segment.quiet.waiting += change.count;
        continue;
      }
      if (change.type === "done") {
        this.#done = change;
        return true;
      }
      const item = items.get(change);
      if (!item) continue;
      await this.#decide(item, stored.documents.get(keyText(item.key)), stored.issues.get(keyText(item.key)));
      if (this.#failed || this.#in.control.stopping === "shutdown") return true;
    }
    await this.#committer.room();
    return false;
  }

  /** Marks what a keyed listing left out. */
  async #absent(documents: readonly Buffer[], issues: readonly Buffer[]): Promise<void> {
    if (documents.length + issues.length === 0) return;
    this.#add((batch) => {
      for (const key of documents) batch.missing.push({ key, explicit: false, reason: "not listed" });
      batch.missingIssues.push(...issues);
    });
    await this.#committer.room();
  }

  #add(write: (batch: Batch) => void, segment: Segment = this.#committer.segment): void {
    segment.outstanding++;
    this.#committer.add(segment, write);
  }

  async #decide(item: Item, document: StoredDocument | undefined, issue: StoredIssue | undefined): Promise<void> {
    const { change, key } = item;
    if (change.type === "delete") {
      if (document?.live || issue) this.#add((batch) => this.#gone(batch, key, document, issue, change.detail));
      return;
    }
    if (key.length === 0 || key.length > maxKeyBytes) {
      this.#listed++;
      this.#add((batch) => {
        batch.counts.skipped++;
        batch.rows.push({ ...row(change.item), verdict: "skipped", reason: "id_too_long", detail: null });
      });
      return;
    }
    if (this.#scan?.isRepeat(key)) return;
    if (this.#marks) {
      const text = keyText(key);
      if (this.#inFlight.has(text)) return;
      this.#inFlight.add(text);
      if (this.#inFlight.size > 20_000) {
        await this.#window.idle();
        await this.#committer.flush();
        this.#inFlight.clear();
      }
    }
    const situation: Situation = {
      document,
      issue,
      order: this.#in.connector.order,
      compare: this.#in.context.compare,
      limitReached: this.#added >= this.#in.context.claim.connection.document_limit,
      retryUpTo: this.#retryUpTo,
    };
    const verdict =
      change.type === "upsert"
        ? decideUpsert(change, situation)
        : change.type === "skip"
          ? decideSkip(change, situation)
          : decideFail(change, situation);
    if (verdict.type !== "already" || !this.#marks) this.#listed++;
    await this.#act(item, verdict, document, issue);
  }

  async #act(
    item: Item,
    verdict: Verdict,
    document: StoredDocument | undefined,
    issue: StoredIssue | undefined,
  ): Promise<void> {
    const { change, key } = item;
    if (change.type === "delete") return;
    const marked = this.#marks;
    const { connection } = this.#in.context.claim;
    switch (verdict.type) {
      case "already":
        return;
      case "same": {
        const fetched = change.type === "upsert" && change.content !== undefined;
        const saved = fetched ? 0 : (change.item.bytes ?? document?.bytes ?? 0);
        const { memo } = verdict;
        if (!marked && !document?.missing && !issue) {
          this.#committer.segment.quiet.same++;
          this.#committer.segment.quiet.bytesSaved += saved;
          return;
        }
        if (!marked) {
          this.#committer.segment.quiet.same++;
          this.#committer.segment.quiet.bytesSaved += saved;
        }
        this.#add((batch) => {
          if (marked) {
            batch.seen.push(key);
            batch.counts.same++;
            batch.counts.bytesSaved += saved;
          }
          if (memo !== undefined) batch.memos.push({ key, memo });
          if (document?.missing) batch.found.push(key);
          if (issue) batch.droppedIssues.push(key);
        });
        return;
      }
      case "refresh":
        this.#add((batch) => {
          batch.refreshes.push({ key, id: documentId(connection.id, key), item: change.item });
          if (verdict.memo !== undefined) batch.memos.push({ key, memo: verdict.memo });
          if (issue) batch.droppedIssues.push(key);
        });
        return;
      case "revive":
        this.#added++;
        this.#add((batch) => {
          batch.revivals.push({ key, id: documentId(connection.id, key), item: change.item });
          batch.counts.new++;
          batch.rows.push({ ...row(change.item), verdict: "new", documentId: documentId(connection.id, key) });
          if (issue) batch.droppedIssues.push(key);
        });
        return;
      case "waiting":
        this.#waiting = true;
        this.#committer.segment.quiet.waiting++;
        this.#in.ctx.note("The document limit is reached; the remaining new items wait for later syncs.");
        return;
      case "quiet": {
        if (!marked) {
          this.#committer.segment.quiet[verdict.as]++;
          if (document?.missing && change.type !== "skip") this.#add((batch) => batch.found.push(key));
          else if (document?.live && change.type === "skip")
            this.#add((batch) => this.#unwanted(batch, item, document));
          return;
        }
        this.#add((batch) => {
          batch.seenIssues.push(key);
          batch.counts[verdict.as]++;
          if (document?.live && change.type === "skip") this.#unwanted(batch, item, document);
          else if (document?.live) this.#stays(batch, key, document);
        });
        return;
      }
      case "issue":
        this.#add((batch) => this.#issue(batch, item, verdict, document));
        return;
      case "read":
        if (change.type === "upsert") await this.#read(change, key, verdict, document, issue);
    }
  }

  /** A live document whose item could not be read, or was not looked at again, stays. */
  #stays(batch: Batch, key: Buffer, document: StoredDocument): void {
    if (this.#marks) batch.seen.push(key);
    if (document.missing) batch.found.push(key);
  }

  /** A live document whose item is not to be stored any more goes, under the guard. */
  #unwanted(batch: Batch, item: Item, document: StoredDocument): void {
    if (!document.live || item.change.type !== "skip") return;
    batch.missing.push({ key: item.key, explicit: true, reason: item.change.reason });
  }

  #gone(
    batch: Batch,
    key: Buffer,
    document: StoredDocument | undefined,
    issue: StoredIssue | undefined,
    detail = "removed at the source",
  ): void {
    if (document?.live) batch.missing.push({ key, explicit: true, reason: detail });
    if (issue) batch.droppedIssues.push(key);
  }

  #issue(
    batch: Batch,
    item: Item,
    verdict: Extract<Verdict, { type: "issue" }>,
    document: StoredDocument | undefined,
  ): void {
    const { change, key } = item;
    if (change.type === "delete") return;
    batch.issues.push({
      key,
      verdict: verdict.as,
      item: change.item,
      reason: verdict.reason,
      detail: verdict.detail,
      attempts: verdict.attempts,
      memo: change.type === "fail" ? undefined : change.memo,
    });
    batch.counts[verdict.as]++;
    batch.rows.push({
      ...row(change.item),
      verdict: verdict.as,
      documentId: document?.live ? documentId(this.#in.context.claim.connection.id, key) : null,
      reason: verdict.reason,
      detail: verdict.detail || null,
    });
    if (!document?.live) return;
    const passing = verdict.attempts > 0 && passingSkips.includes(verdict.reason);
    if (change.type === "skip" && !passing) this.#unwanted(batch, item, document);
    else this.#stays(batch, key, document);
  }

  async #read(
    change: Upsert,
    key: Buffer,
    verdict: Extract<Verdict, { type: "read" }>,
    document: StoredDocument | undefined,
    issue: StoredIssue | undefined,
  ): Promise<void> {
    const segment = this.#committer.segment;
    segment.outstanding++;
    if (verdict.fresh) this.#added++;
    const task = () => this.#readOne(change, key, verdict.fresh, segment, document, issue);
    if (this.#cautious > 0 || verdict.crashes > 0) {
      await this.#readAlone(change, key, verdict.crashes, task);
      return;
    }
    await this.#window.add(task, weightOf(change));
  }

  /** Nothing else is under way, and the item is marked first: if it stops the worker, the mark says which one it was. */
  async #readAlone(change: Upsert, key: Buffer, crashes: number, task: () => Promise<void>): Promise<void> {
    if (this.#cautious > 0) this.#cautious--;
    const { context } = this.#in;
    await this.#window.idle();
    await this.#committer.flush();
    await transaction(async (client) => {
      const { rowCount } = await client.query("select 1 from connections where id = $1 and fence = $2 for update", [
        context.claim.connection.id,
        context.claim.fence,
      ]);
      if (rowCount !== 1) throw new LostClaim();
      await writeIssues(client, context.claim.connection, null, [
        {
          key,
          verdict: "failed",
          item: change.item,
          reason: "crashed",
          detail: "The worker stopped while reading it.",
          attempts: Math.min(crashes + 1, mostAttempts),
          memo: undefined,
        },
      ]);
    });
    await task();
    await this.#committer.flush();
  }

  async #readOne(
    change: Upsert,
    key: Buffer,
    fresh: boolean,
    segment: Segment,
    document: StoredDocument | undefined,
    issue: StoredIssue | undefined,
  ): Promise<void> {
    const { connector, ctx, extractor, context } = this.#in;
    const { item } = change;
    const outcome = await readItem(connector, ctx, extractor, item, change.content);
    try {
      await context.failpoint("after fetch");
      if (this.#failed) return;
      if (outcome.type === "stop" && this.#in.control.stopping === "shutdown") return;
      if (outcome.type === "stop") {
        this.#fail(outcome.error);
        return;
      }
      if (outcome.type !== "text" && fresh) this.#added--;
      this.#committer.add(segment, (batch) => {
        if (outcome.type === "text") {
          const { text } = outcome;
          batch.documents.push({
            key,
            id: documentId(context.claim.connection.id, key),
            item,
            ...text,
            memo: change.memo,
            fresh,
            dropIssue: issue !== undefined,
          });
          batch.bytes += text.text.length;
          if (issue || this.#cautious > 0) batch.droppedIssues.push(key);
          return;
        }
        if (outcome.type === "gone") {
          this.#gone(batch, key, document, issue, "gone when it was read");
          return;
        }
        this.#issue(
          batch,
          outcome.type === "skip"
            ? { key, change: { type: "skip", item, reason: outcome.reason, memo: change.memo } }
            : { key, change },
          {
            type: "issue",
            as: outcome.type === "skip" ? "skipped" : "failed",
            reason: outcome.reason,
            detail: outcome.detail,
            attempts: outcome.type === "skip" ? 1 : attemptsAfter(item, issue),
          },
          document,
        );
      });
      if (outcome.type === "fail" && outcome.passing) this.#troubled(outcome.detail);
      else this.#failuresInARow = 0;
      await this.#committer.room();
    } catch (error) {
      this.#fail(error);
    }
  }

  #troubled(detail: string): void {
    if (++this.#failuresInARow < mostFailuresInARow) return;
    this.#fail(
      new Failure("transient", `${mostFailuresInARow} items in a row could not be read. The last one: ${detail}`, {
        fix: "The next sync tries again.",
      }),
    );
  }
}

/** Bytes of large items read at once: the runs of a worker share about 96 MiB. */
const mostHeavyBytes = (): number => Math.max(16, 96 / env().WORKER_CONCURRENCY) * 1024 * 1024;

/** Taken for an item whose size its provider does not tell. */
const unknownBytes = 512 * 1024;

/** Bytes an item holds while it is read and extracted. */
function weightOf({ item, content }: Upsert): number {
  if (!content) return item.bytes ?? unknownBytes;
  return content.kind === "bytes" ? content.bytes.length : content.markdown.length;
}

const row = (item: ItemRef) => ({
  title: item.title,
  externalId: printable(item.id),
  documentId: null,
  reason: null,
  detail: null,
});
