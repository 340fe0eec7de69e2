import { createHttp, type HttpSeams } from "#lib/egress/http.ts";
import type { Pace } from "#lib/egress/types.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import type { Account, Change, Connector, Content, Ctx, ItemRef, Json, KnownItem } from "../../types.ts";
import { configSchema, type Config } from "../config.ts";
import { createWebCrawler } from "../connector.ts";
import type { Cursor } from "../cursor.ts";
import { defaultTuning, type Tuning } from "../tuning.ts";
import type { Clock } from "../turns.ts";

/** Stands in for the engine: keeps what a run stores in memory, with the engine's rules for seen, same and gone. */

export interface StoredPage {
  readonly item: ItemRef;
  readonly markdown: string;
  readonly version: string;
  memo: Json;
  seenRun: number;
}

interface Issue {
  readonly verdict: "skipped" | "failed";
  readonly reason: string;
  readonly detail: string;
  readonly version: string;
  memo: Json;
  seenRun: number;
}

export interface RunReport {
  readonly counts: { added: number; changed: number; same: number; removed: number; skipped: number; failed: number };
  readonly notes: readonly string[];
  readonly changes: readonly Change<Cursor>[];
  /** what ended the run early */
  readonly error: unknown;
}

/** Nothing is tried again and nothing waits, but a busy machine is given its time. */
export const quickTuning: Tuning = {
  ...defaultTuning,
  page: { headersTimeoutMs: 8_000, idleTimeoutMs: 8_000, totalTimeoutMs: 16_000, retries: 0 },
  robotsTimeoutMs: 8_000,
  patienceMs: 200,
  sampleMs: 2_000,
  batchMs: 20,
};

/** For tests of silence: gives up soon. */
export const hastyTuning: Tuning = {
  ...quickTuning,
  page: { headersTimeoutMs: 1_000, idleTimeoutMs: 1_000, totalTimeoutMs: 2_000, retries: 0 },
  robotsTimeoutMs: 1_000,
  checkTimeoutMs: 1_500,
};

export interface HarnessOptions {
  readonly config: Record<string, unknown> & { readonly startUrl: string };
  readonly allow?: readonly string[];
  readonly limit?: number;
  readonly tuning?: Tuning;
  readonly clock?: Clock;
  readonly seams?: HttpSeams;
  readonly now?: () => Date;
}

let extractor: Extractor | undefined;

/** One pool for a test file. */
function testExtractor(): Extractor {
  return (extractor ??= createExtractor({ threads: 1 }));
}

export async function closeExtractor(): Promise<void> {
  await extractor?.close();
  extractor = undefined;
}

export class Harness {
  readonly documents = new Map<string, StoredPage>();
  readonly issues = new Map<string, Issue>();
  cursor: Cursor | null = null;
  options: HarnessOptions;
  #run = 0;

  constructor(options: HarnessOptions) {
    this.options = options;
  }

  get connector(): Connector<Config, Cursor> {
    return createWebCrawler(this.options.tuning ?? quickTuning, this.options.clock);
  }

  get config(): Config {
    return configSchema.parse(this.options.config);
  }

  check(): Promise<Account> {
    return this.#with(false, [], new AbortController().signal, (ctx) => this.connector.check(ctx));
  }

  read(item: ItemRef): Promise<Content> {
    return this.#with(false, [], new AbortController().signal, (ctx) => this.connector.read(ctx, item));
  }

  async #with<T>(
    resuming: boolean,
    notes: string[],
    signal: AbortSignal,
    act: (ctx: Ctx<Config>) => Promise<T>,
  ): Promise<T> {
    const config = this.config;
    const pace: Pace = this.connector.pace(config);
    const http = createHttp(
      { allow: this.options.allow ?? [], pace, userAgent: "Tributary/test", retryBaseMs: 1, signal },
      this.options.seams,
    );
    const run = this.#run;
    const toKnown = (id: string): KnownItem | undefined => {
      const document = this.documents.get(id);
      if (document) return { id, state: "stored", version: document.version, memo: document.memo };
      const issue = this.issues.get(id);
      return issue && { id, state: issue.verdict, version: issue.version, memo: issue.memo };
    };
    const documents = this.documents;
    const issues = this.issues;
    try {
      return await act({
        config,
        http,
        api: "",
        grant: {},
        page: (input) => testExtractor().page(input),
        known: {
          get: async (ids) =>
            new Map(
              ids.flatMap((id) => {
                const known = toKnown(id);
                return known ? [[id, known] as const] : [];
              }),
            ),
          async *seenThisRun() {
            const ids = new Set([...documents, ...issues].filter(([, v]) => v.seenRun === run).map(([id]) => id));
            yield [...ids].flatMap((id) => toKnown(id) ?? []);
          },
          async *unseen() {
            const ids = [...documents].filter(([, document]) => document.seenRun !== run).map(([id]) => id);
            for (let i = 0; i < ids.length; i += 10) yield ids.slice(i, i + 10).flatMap((id) => toKnown(id) ?? []);
          },
        },
        resuming,
        limit: this.options.limit ?? 10_000,
        signal,
        now: this.options.now ?? (() => new Date()),
        note: (text) => void notes.push(text),
        log: () => undefined,
      });
    } finally {
      await http.close();
    }
  }

  /**
   * Runs a sync. `stopAfter` items the worker "dies": the generator is dropped as it is and nothing behind the last
   * stored batch is kept; the next call with `resume` goes on with the same run.
   */
  async sync(options: { resume?: boolean; stopAfter?: number; signal?: AbortSignal } = {}): Promise<RunReport> {
    if (options.resume !== true) this.#run++;
    const report: {
      counts: RunReport["counts"];
      notes: string[];
      changes: Change<Cursor>[];
      error: unknown;
    } = {
      counts: { added: 0, changed: 0, same: 0, removed: 0, skipped: 0, failed: 0 },
      notes: [],
      changes: [],
      error: undefined,
    };
    const controller = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
    try {
      await this.#with(options.resume === true, report.notes, signal, async (ctx) => {
        let items = 0;
        for await (const changes of this.connector.changes(ctx, this.cursor)) {
          for (const change of changes) {
            report.changes.push(change);
            this.#apply(change, report.counts);
            if (change.type !== "checkpoint" && change.type !== "done") items++;
            if (options.stopAfter !== undefined && items >= options.stopAfter) return;
          }
        }
      });
    } catch (error) {
      report.error = error;
    } finally {
      controller.abort();
    }
    return report;
  }

  #apply(change: Change<Cursor>, counts: RunReport["counts"]): void {
    const seenRun = this.#run;
    switch (change.type) {
      case "checkpoint":
      case "done":
        this.cursor = change.cursor;
        return;
      case "delete":
        if (this.documents.delete(change.id)) counts.removed++;
        this.issues.delete(change.id);
        return;
      case "upsert": {
        const before = this.documents.get(change.item.id);
        this.issues.delete(change.item.id);
        if (before && before.version === change.item.version) {
          before.seenRun = seenRun;
          if (change.memo !== undefined) before.memo = change.memo;
          counts.same++;
          return;
        }
        if (!change.content || change.content.kind !== "markdown")
          throw new Error(`${change.item.id} changed without content`);
        if (before) counts.changed++;
        else counts.added++;
        this.documents.set(change.item.id, {
          item: change.item,
          markdown: change.content.markdown,
          version: change.item.version,
          memo: change.memo ?? before?.memo ?? null,
          seenRun,
        });
        return;
      }
      case "skip":
      case "fail": {
        const { id, version } = change.item;
        const stored = this.documents.get(id);
        if (change.type === "skip") {
          counts.skipped++;
          if (this.documents.delete(id)) counts.removed++;
        } else {
          counts.failed++;
          if (stored) stored.seenRun = seenRun;
        }
        const memo = change.type === "skip" ? (change.memo ?? this.issues.get(id)?.memo ?? null) : null;
        this.issues.set(id, {
          verdict: change.type === "skip" ? "skipped" : "failed",
          reason: change.reason,
          detail: change.detail ?? "",
          version,
          memo,
          seenRun,
        });
      }
    }
  }

  /** paths of what is stored, sorted */
  get paths(): string[] {
    return [...this.documents.keys()].map((id) => id.replace(/^https?:\/\/[^/]*/, "")).sort();
  }

  /** path → reason of what is not */
  get reasons(): Record<string, string> {
    return Object.fromEntries(
      [...this.issues].map(([id, issue]) => [id.replace(/^https?:\/\/[^/]*/, ""), issue.reason]),
    );
  }

  markdown(path: string): string {
    for (const [id, document] of this.documents)
      if (id.replace(/^https?:\/\/[^/]*/, "") === path) return document.markdown;
    throw new Error(`${path} is not stored; stored are ${this.paths.join(" ")}`);
  }
}
