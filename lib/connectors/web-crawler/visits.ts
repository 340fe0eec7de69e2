import type { Change, Ctx, KnownItem } from "../types.ts";
import type { Admission } from "./admission.ts";
import type { Config } from "./config.ts";
import type { Cursor } from "./cursor.ts";
import { startFailure } from "./failures.ts";
import { fetchPage, type Validators } from "./fetch-page.ts";
import type { Entry, Frontier } from "./frontier.ts";
import { Health } from "./health.ts";
import type { Judge, Visit } from "./judge.ts";
import { NewPages } from "./limit.ts";
import { unpackMemo } from "./memo.ts";
import type { Outbox } from "./outbox.ts";
import { variantOf, type Site } from "./site.ts";
import type { SitemapEntry } from "./sitemap.ts";
import type { Tuning } from "./tuning.ts";
import type { Clock, Turns } from "./turns.ts";

/** addresses looked up in the store at once */
const lookupSize = 64;
/** pages in extraction or waiting for it */
const maxExtracting = 24;

export interface VisitsOptions {
  readonly ctx: Ctx<Config>;
  readonly site: Site;
  readonly frontier: Frontier;
  readonly admission: Admission;
  readonly outbox: Outbox<Change<Cursor>>;
  readonly tuning: Tuning;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly concurrency: number;
  /** rulesHash of this run: memos made under others are not trusted */
  readonly rules: string;
  readonly stop: AbortController;
}

/**
 * Asks for the pages of the frontier: so many at once, one depth after the other, no sooner than politeness allows, no
 * more than can be stored. Ends the outbox when there is nothing left to do.
 */
export class Visits {
  readonly newPages: NewPages;
  readonly #o: VisitsOptions;
  readonly #judge: Judge;
  readonly #health: Health;
  /** looked up and next to be fetched */
  #ready: Visit[] = [];
  /** new pages that wait for the outcome of others, because the limit may be reached */
  #deferred: Visit[] = [];
  /** page without query → others that differ from it in slash, case or index file and wait for its outcome */
  readonly #variants = new Map<string, Visit[]>();
  /** places in the order of pages that are being worked on */
  readonly #open = new Set<number>();
  #order = 0;
  #fetching = 0;
  #lookingUp = false;
  #sitemaps: "none" | "awaited" | readonly SitemapEntry[] = "none";
  #level = 0;
  #impatient = false;
  /** callbacks to come, by purpose; each purpose has at most one */
  readonly #timers = new Map<"turn" | "patience" | "sample", () => void>();

  constructor(options: VisitsOptions, judge: Judge) {
    this.#o = options;
    this.#judge = judge;
    this.#health = new Health(options.site.start.host, options.concurrency);
    const { limit } = options.ctx;
    this.newPages = new NewPages(limit, Math.max(1_000, limit * options.tuning.newPagesPerLimit));
    options.outbox.onRoom = () => this.pump();
    options.stop.signal.addEventListener(
      "abort",
      () => {
        for (const cancel of this.#timers.values()) cancel();
        this.#fail(options.stop.signal.reason);
      },
      { once: true },
    );
  }

  /** The sitemap's pages, when they are read; they come behind the links of the start page. */
  async expectSitemaps(reading: Promise<readonly SitemapEntry[]>): Promise<void> {
    this.#sitemaps = "awaited";
    try {
      this.#sitemaps = await reading;
      this.pump();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A stored page that nothing led to: asked for directly. */
  addOrphan(item: KnownItem): void {
    this.#o.frontier.close(item.id);
    const depth = unpackMemo(item.memo)?.depth ?? this.#o.ctx.config.crawlDepth;
    this.#ready.push(this.#toVisit({ key: item.id, address: item.id, depth, hops: 0, orphan: true }, item));
  }

  /** Begins as many pages as may be begun now. */
  pump(): void {
    const { stop, turns, outbox } = this.#o;
    for (;;) {
      if (stop.signal.aborted || outbox.full) return;
      if (this.#fetching >= this.#health.allowed || this.#open.size >= this.#health.allowed + maxExtracting) return;
      if (this.#ready.length < lookupSize / 2) void this.#lookUp();
      const visit = this.#ready.shift();
      if (!visit) return this.#restIfDone();
      const variant = plainVariant(visit);
      const twins = variant === null ? undefined : this.#variants.get(variant);
      if (twins) {
        twins.push(visit);
        continue;
      }
      const isNew = visit.known?.state !== "stored";
      if (isNew && !this.#mayAdd(visit)) continue;
      const wait = turns.claim();
      if (wait > 0) {
        this.#ready.unshift(visit);
        this.#later("turn", wait, () => undefined);
        return;
      }
      if (variant !== null) this.#variants.set(variant, []);
      void this.#visit(visit, isNew, variant);
    }
  }

  #fail(error: unknown): void {
    const { outbox, ctx, stop } = this.#o;
    outbox.fail(ctx.signal.aborted ? ctx.signal.reason : error);
    stop.abort(error);
  }

  #later(purpose: "turn" | "patience" | "sample", ms: number, callback: () => void): void {
    if (this.#timers.has(purpose)) return;
    const cancel = this.#o.clock.after(ms, () => {
      this.#timers.delete(purpose);
      try {
        callback();
        this.pump();
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#timers.set(purpose, cancel);
  }

  /** The document limit: how many pages this run may still add. False puts the page aside. */
  #mayAdd(visit: Visit): boolean {
    const verdict = this.newPages.next(this.#judge.held);
    if (verdict === "go") return true;
    if (verdict === "later") this.#deferred.push(visit);
    else this.newPages.postpone();
    return false;
  }

  /** Takes the next addresses, one depth after the other, and asks what is known of them. */
  async #lookUp(): Promise<void> {
    const { frontier, tuning, ctx } = this.#o;
    if (this.#lookingUp) return;
    const idle = this.#open.size === 0 && this.#ready.length === 0;
    if (typeof this.#sitemaps !== "string" && frontier.depth !== 0 && idle) this.#admitSitemaps(this.#sitemaps);
    const { depth } = frontier;
    if (depth === null || (depth > 0 && this.#sitemaps !== "none")) return;
    if (depth > this.#level) {
      if (!idle && !this.#impatient) {
        // the last pages of a depth may be slow ones: after a while the next depth begins without them
        const level = this.#level;
        this.#later("patience", tuning.patienceMs, () => {
          if (this.#level === level) this.#impatient = true;
        });
        return;
      }
      this.#level = depth;
      this.#impatient = false;
    }
    const entries = frontier.take(lookupSize);
    this.#lookingUp = true;
    try {
      const known = await ctx.known.get(entries.map((entry) => entry.key));
      this.#lookingUp = false;
      for (const entry of entries) this.#ready.push(this.#toVisit(entry, known.get(entry.key)));
      this.pump();
    } catch (error) {
      this.#fail(error);
    }
  }

  #admitSitemaps(pages: readonly SitemapEntry[]): void {
    this.#sitemaps = "none";
    for (const { address, modified } of pages)
      this.#o.admission.admit(new URL(address), { depth: 1, hops: 0, ...(modified === undefined ? {} : { modified }) });
  }

  #toVisit(entry: Entry, known: KnownItem | undefined): Visit {
    return { order: this.#order++, entry, known, memo: known ? unpackMemo(known.memo) : null };
  }

  /** The first place in the order that is not decided yet, this page's own left out. */
  #firstOpen(own: Visit): number {
    let first = this.#order;
    for (const order of this.#open) if (order !== own.order && order < first) first = order;
    for (const { order } of this.#ready) if (order < first) first = order;
    for (const waiting of this.#variants.values()) for (const { order } of waiting) if (order < first) first = order;
    return first;
  }

  #restIfDone(): void {
    if (this.#open.size > 0 || this.#lookingUp || this.#o.frontier.size > 0 || this.#sitemaps !== "none") return;
    this.#judge.settle();
    if (this.#deferred.length > 0) {
      this.#ready = this.#deferred;
      this.#deferred = [];
      this.pump();
    } else if (this.#ready.length === 0) this.#o.outbox.end();
  }

  async #visit(visit: Visit, isNew: boolean, variant: string | null): Promise<void> {
    const { ctx, site, tuning, stop } = this.#o;
    const { entry } = visit;
    this.#open.add(visit.order);
    if (isNew) this.newPages.begin();
    try {
      this.#fetching++;
      const outcome = await fetchPage(
        ctx.http,
        site,
        entry.address,
        this.#validators(visit),
        tuning.page,
        stop.signal,
      ).finally(() => this.#fetching--);
      const failure = entry.depth === 0 && !entry.orphan ? startFailure(site.start.host, entry.address, outcome) : null;
      if (failure) throw failure;
      this.#health.watch(outcome);
      this.pump();
      await this.#judge.decide(visit, outcome);
      if (this.#judge.held > 0) {
        this.#later("sample", tuning.sampleMs, () => this.#judge.settle());
        this.#judge.settleIfComplete(this.#firstOpen(visit));
      }
    } catch (error) {
      this.#fail(error);
    }
    if (isNew) this.newPages.end();
    this.#open.delete(visit.order);
    if (variant !== null) {
      this.#ready.unshift(...(this.#variants.get(variant) ?? []));
      this.#variants.delete(variant);
    }
    this.pump();
  }

  /** Only for a page whose text and links we have, taken under today's rules. */
  #validators({ known, memo }: Visit): Validators {
    if (!known || !memo || memo.cut || memo.rules !== this.#o.rules || memo.target !== undefined) return {};
    const complete =
      known.state === "stored"
        ? known.version !== null && memo.skip === undefined
        : known.state === "skipped" && memo.skip !== undefined;
    if (!complete) return {};
    return {
      ...(memo.etag === undefined ? {} : { etag: memo.etag }),
      ...(memo.lastModified === undefined ? {} : { lastModified: memo.lastModified }),
    };
  }
}

/** Pages that may turn out to be one are asked for one after the other, so that the first of them is the one that stays. */
function plainVariant({ entry }: Visit): string | null {
  return entry.key.includes("?") ? null : variantOf(entry.key);
}
