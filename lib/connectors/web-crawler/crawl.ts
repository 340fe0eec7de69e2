import { createPathFilter, splitPatterns } from "./path-filter.ts";
import { Admission } from "./admission.ts";
import { Boilerplate } from "./boilerplate.ts";
import { type Change, type Ctx, type KnownItem } from "../types.ts";
import type { Config } from "./config.ts";
import type { Cursor } from "./cursor.ts";
import { robotsUnreachable, startFailure } from "./failures.ts";
import { fetchPage, type Outcome, type Validators } from "./fetch-page.ts";
import { Frontier, type Entry } from "./frontier.ts";
import { Health } from "./health.ts";
import { Judge, type Visit } from "./judge.ts";
import { rulesHash, unpackMemo } from "./memo.ts";
import { Outbox } from "./outbox.ts";
import { fetchRobots } from "./robots-file.ts";
import type { RobotsRules } from "./robots.ts";
import { createSite, variantOf, type Site } from "./site.ts";
import type { SitemapEntry } from "./sitemap.ts";
import { readSitemaps } from "./sitemaps.ts";
import type { Tuning } from "./tuning.ts";
import { systemClock, Turns, type Clock } from "./turns.ts";

type Changes = readonly Change<Cursor>[];
type Context = Ctx<Config, Cursor>;

/** A robots.txt may ask for more; nobody's site needs more than a request a minute. */
export const longestCrawlDelaySeconds = 60;
/** Raise it when extraction or the rules for links change: pages are then read in full once. */
const revision = "1";
/** addresses looked up in the store at once */
const lookupSize = 64;
/** pages in extraction or waiting for it */
const maxExtracting = 24;
/** pages beyond the limit that are listed one by one */
const maxListedWaiting = 5_000;

/**
 * One crawl. Fetching and extracting go on while the engine stores: pages are pushed into a bounded outbox, the generator
 * hands them on in batches. There is no state beside the engine's: a crawl that was interrupted is rebuilt from the items
 * it has already decided (their memos hold depth and links).
 *
 * @throws Failure when the site as a whole cannot be crawled; nothing is deleted then
 */
export async function* crawl(
  ctx: Context,
  since: Cursor | null,
  tuning: Tuning,
  clock: Clock = systemClock,
): AsyncGenerator<Changes, void, void> {
  const site = createSite(ctx.config.startUrl);
  const stop = new AbortController();
  const abort = (): void => stop.abort(ctx.signal.reason);
  if (ctx.signal.aborted) abort();
  ctx.signal.addEventListener("abort", abort, { once: true });
  try {
    const robots = await fetchRobots(ctx.http, site, stop.signal, tuning.robotsTimeoutMs);
    if (robots.kind === "unreachable") throw robotsUnreachable(site.start.host, robots.detail, robots.error);
    const asked = robots.rules.crawlDelay ?? 0;
    const delay = Math.max(ctx.config.delaySeconds, Math.min(asked, longestCrawlDelaySeconds));
    if (asked > longestCrawlDelaySeconds)
      ctx.note(`robots.txt asks for ${asked} s between pages; ${longestCrawlDelaySeconds} s are kept.`);
    else if (asked > 0) ctx.note(`robots.txt asks for ${asked} s between pages.`);
    const run = new Crawl(ctx, site, {
      boilerplate: new Boilerplate(since?.blocks ?? null),
      growing: since !== null && since.blocks !== null && !ctx.resuming,
      grown: since?.grown ?? 0,
      robots: robots.rules,
      rules: rulesHash(
        revision,
        robots.text,
        String(ctx.config.crawlDepth),
        ctx.config.includePaths ?? "",
        ctx.config.excludePaths ?? "",
        String(since?.grown ?? 0),
      ),
      turns: new Turns(delay, clock),
      concurrency: delay > 0 ? 1 : ctx.config.concurrency,
      tuning,
      clock,
      stop,
    });
    yield* run.changes();
  } finally {
    ctx.signal.removeEventListener("abort", abort);
    stop.abort(new Error("the crawl has ended"));
  }
}

type Purpose = "turn" | "patience" | "settle";

interface Parts {
  readonly boilerplate: Boilerplate;
  readonly growing: boolean;
  readonly grown: number;
  readonly robots: RobotsRules;
  readonly rules: string;
  readonly turns: Turns;
  readonly concurrency: number;
  readonly tuning: Tuning;
  readonly clock: Clock;
  readonly stop: AbortController;
}

class Crawl {
  readonly #ctx: Context;
  readonly #site: Site;
  readonly #p: Parts;
  readonly #frontier: Frontier;
  readonly #admission: Admission;
  readonly #judge: Judge;
  readonly #outbox: Outbox<Change<Cursor>>;
  readonly #health = new Health();
  readonly #decided = new Set<string>();
  /** looked up and next to be fetched */
  #ready: Visit[] = [];
  #order = 0;
  /** places in the order of pages that are being worked on */
  readonly #open = new Set<number>();
  /** page without query → others that differ from it in slash, case or index file and wait for its outcome */
  readonly #variants = new Map<string, Visit[]>();
  /** new pages that wait for the outcome of others because the limit may be reached */
  #deferred: Visit[] = [];
  #fetching = 0;
  #working = 0;
  #lookingUp = false;
  #sitemapsPending = false;
  /** read, and admitted behind the links of the start page */
  #sitemapPages: readonly SitemapEntry[] = [];
  #level = 0;
  #impatient = false;
  #allowed: number;
  #goodInARow = 0;
  #newPlanned = 0;
  #newWorking = 0;
  #newAsked = 0;
  #waiting = 0;
  #cut = false;
  /** callbacks to come, by purpose; each purpose has at most one */
  readonly #timers = new Map<Purpose, () => void>();
  #sinceCheckpoint = 0;

  constructor(ctx: Context, site: Site, parts: Parts) {
    this.#ctx = ctx;
    this.#site = site;
    this.#p = parts;
    this.#allowed = parts.concurrency;
    this.#frontier = new Frontier(parts.tuning.maxAddresses);
    this.#outbox = new Outbox(256, 16 * 1024 * 1024);
    this.#outbox.onRoom = () => this.#pump();
    parts.stop.signal.addEventListener(
      "abort",
      () => {
        for (const cancel of this.#timers.values()) cancel();
        this.#fail(parts.stop.signal.reason);
      },
      { once: true },
    );
    const filter = createPathFilter(splitPatterns(ctx.config.includePaths), splitPatterns(ctx.config.excludePaths));
    this.#admission = new Admission(
      site,
      parts.robots,
      filter,
      this.#frontier,
      { maxDepth: ctx.config.crawlDepth, now: ctx.now() },
      (id, reason, detail) => {
        if (this.#decided.has(id)) return;
        this.#decided.add(id);
        this.#outbox.push({ type: "skip", item: { id, version: "-", title: id, url: id }, reason, detail }, 300);
      },
    );
    this.#judge = new Judge({
      ctx,
      site,
      admission: this.#admission,
      boilerplate: parts.boilerplate,
      rules: parts.rules,
      samplePages: parts.tuning.samplePages,
      emit: (change, visit, weight) => this.#emit(change, visit, weight),
      leave: () => undefined,
      growing: parts.growing,
      // the set enters the cursor before any text made with it is stored
      settled: () => this.#outbox.push({ type: "checkpoint", cursor: this.#cursor() }, 0),
    });
  }

  async *changes(): AsyncGenerator<Changes, void, void> {
    if (this.#ctx.resuming) await this.#rebuild();
    this.#admission.admit(this.#site.start, { depth: 0, hops: 0 });
    if (this.#ctx.config.crawlDepth > 0) this.#readSitemaps();
    this.#pump();
    yield* this.#drain();
    // what was just handed over has to be marked as seen before asking what was not
    yield [{ type: "checkpoint", cursor: this.#cursor() }];
    yield* this.#vanished();
    this.#notes();
    const grown = this.#p.growing ? this.#p.boilerplate.grown() : undefined;
    const cursor = this.#cursor();
    const next = grown === undefined ? cursor : { ...cursor, blocks: grown, grown: this.#p.grown + 1 };
    yield [{ type: "done", coverage: "delta", cursor: next }];
  }

  #cursor(): Cursor {
    return { v: 1, blocks: this.#p.boilerplate.save(), grown: this.#p.grown };
  }

  async *#drain(): AsyncGenerator<Changes, void, void> {
    const { batch, batchMs, checkpointEvery } = this.#p.tuning;
    for (;;) {
      const items = await this.#outbox.take(batch, batchMs);
      if (items === null) return;
      this.#sinceCheckpoint += items.length;
      if (this.#sinceCheckpoint >= checkpointEvery) {
        this.#sinceCheckpoint = 0;
        yield [...items, { type: "checkpoint", cursor: this.#cursor() }];
      } else yield items;
    }
  }

  /** Goes on where an interrupted crawl stopped: what it decided is visited, what that led to is waiting. */
  async #rebuild(): Promise<void> {
    const found: { reference: string; depth: number; hops: number }[] = [];
    for await (const items of this.#ctx.known.seenThisRun()) {
      for (const { id, memo: json } of items) {
        const memo = unpackMemo(json);
        if (memo?.cut !== true) {
          this.#frontier.close(id);
          this.#decided.add(id);
        }
        if (memo?.rules !== this.#p.rules) continue;
        if (memo.target !== undefined) found.push({ reference: memo.target, depth: memo.depth, hops: 1 });
        for (const reference of memo.links) found.push({ reference, depth: memo.depth + 1, hops: 0 });
      }
    }
    for (const { reference, depth, hops } of found) {
      const url = this.#site.resolve(reference);
      if (url) this.#admission.admit(url, { depth, hops });
    }
  }

  #readSitemaps(): void {
    this.#sitemapsPending = true;
    const { robots, turns, stop } = this.#p;
    readSitemaps(
      this.#ctx.http,
      this.#site,
      robots.sitemaps,
      robots.allows,
      () => turns.wait(stop.signal),
      this.#ctx.now(),
      stop.signal,
    ).then(
      ({ pages, problems }) => {
        for (const problem of problems) this.#ctx.note(problem);
        this.#sitemapPages = pages;
        this.#sitemapsPending = false;
        this.#pump();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #admitSitemaps(): void {
    const pages = this.#sitemapPages;
    this.#sitemapPages = [];
    for (const { address, modified } of pages)
      this.#admission.admit(new URL(address), { depth: 1, hops: 0, ...(modified === undefined ? {} : { modified }) });
  }

  #fail(error: unknown): void {
    this.#outbox.fail(this.#ctx.signal.aborted ? this.#ctx.signal.reason : error);
    this.#p.stop.abort(error);
  }

  #later(purpose: Purpose, ms: number, callback: () => void): void {
    if (this.#timers.has(purpose)) return;
    const cancel = this.#p.clock.after(ms, () => {
      this.#timers.delete(purpose);
      callback();
      this.#pump();
    });
    this.#timers.set(purpose, cancel);
  }

  /** Begins as many pages as may be begun now. */
  #pump(): void {
    const { stop, turns } = this.#p;
    for (;;) {
      if (stop.signal.aborted) return;
      if (this.#fetching >= this.#allowed || this.#working >= this.#allowed + maxExtracting || this.#outbox.full)
        return;
      if (this.#ready.length < lookupSize / 2) this.#lookUp();
      const visit = this.#ready.shift();
      if (!visit) {
        this.#restIfDone();
        return;
      }
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

  /** The document limit: how many pages this run may still add. False puts the page aside. */
  #mayAdd(visit: Visit): boolean {
    const { limit } = this.#ctx;
    if (this.#newAsked >= Math.max(1_000, limit * this.#p.tuning.newPagesPerLimit)) this.#cut = true;
    else if (this.#newPlanned < limit) return true;
    else if (this.#newWorking > 0 || this.#judge.held > 0) {
      this.#deferred.push(visit);
      return false;
    }
    this.#waiting++;
    if (this.#waiting <= maxListedWaiting) {
      const item = { id: visit.entry.key, version: "-", title: visit.entry.key, url: visit.entry.address };
      this.#decided.add(visit.entry.key);
      this.#outbox.push({ type: "skip", item, reason: "limit", detail: "It waits for a later run." }, 300);
    }
    return false;
  }

  /** Takes the next addresses, one depth after the other, and asks what is known of them. */
  #lookUp(): void {
    if (this.#sitemapPages.length > 0 && (this.#frontier.depth ?? 1) > 0 && this.#working + this.#ready.length === 0)
      this.#admitSitemaps();
    const depth = this.#frontier.depth;
    if (this.#lookingUp || depth === null) return;
    if (depth > 0 && (this.#sitemapsPending || this.#sitemapPages.length > 0)) return;
    if (depth > this.#level && (this.#working > 0 || this.#ready.length > 0) && !this.#impatient) {
      // the last pages of a depth may be slow ones: after a while the next depth begins without them
      const level = this.#level;
      this.#later("patience", this.#p.tuning.patienceMs, () => {
        if (this.#level === level) this.#impatient = true;
      });
      return;
    }
    if (depth > this.#level) {
      this.#level = depth;
      this.#impatient = false;
    }
    const entries = this.#frontier.take(lookupSize);
    this.#lookingUp = true;
    this.#ctx.known.get(entries.map((entry) => entry.key)).then(
      (known) => {
        this.#lookingUp = false;
        for (const entry of entries) this.#ready.push(this.#toVisit(entry, known.get(entry.key)));
        this.#pump();
      },
      (error: unknown) => this.#fail(error),
    );
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
    if (this.#working > 0 || this.#lookingUp || this.#frontier.size > 0 || this.#sitemapsPending) return;
    if (this.#sitemapPages.length > 0) {
      this.#admitSitemaps();
      this.#lookUp();
      if (this.#frontier.size > 0 || this.#lookingUp) return;
    }
    this.#judge.settle();
    if (this.#deferred.length > 0) {
      this.#ready = this.#deferred;
      this.#deferred = [];
      this.#pump();
    } else if (this.#ready.length === 0) this.#outbox.end();
  }

  async #visit(visit: Visit, isNew: boolean, variant: string | null): Promise<void> {
    this.#open.add(visit.order);
    this.#fetching++;
    this.#working++;
    let fetching = true;
    if (isNew) {
      this.#newAsked++;
      this.#newPlanned++;
      this.#newWorking++;
    }
    try {
      const { page } = this.#p.tuning;
      const outcome = await fetchPage(
        this.#ctx.http,
        this.#site,
        visit.entry.address,
        this.#validators(visit),
        page,
        this.#p.stop.signal,
      );
      this.#fetching--;
      fetching = false;
      this.#watch(visit, outcome);
      this.#pump();
      await this.#judge.decide(visit, outcome);
      if (this.#judge.held > 0) {
        this.#later("settle", this.#p.tuning.sampleMs, () => this.#judge.settle());
        this.#judge.settleIfComplete(this.#firstOpen(visit));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      if (fetching) this.#fetching--;
      this.#working--;
      if (isNew) this.#newWorking--;
      this.#open.delete(visit.order);
      if (variant !== null) {
        this.#ready.unshift(...(this.#variants.get(variant) ?? []));
        this.#variants.delete(variant);
      }
      this.#pump();
    }
  }

  /** Only for a page whose text and links we have, taken under today's rules. */
  #validators({ known, memo }: Visit): Validators {
    if (!known || !memo || memo.cut || memo.rules !== this.#p.rules || known.state === "failed") return {};
    if (known.state === "stored" ? known.version === null || memo.skip !== undefined : memo.skip === undefined)
      return {};
    if (memo.target !== undefined) return {};
    return {
      ...(memo.etag === undefined ? {} : { etag: memo.etag }),
      ...(memo.lastModified === undefined ? {} : { lastModified: memo.lastModified }),
    };
  }

  /** @throws Failure when it is the host that fails, or the very page the crawl begins with */
  #watch({ entry }: Visit, outcome: Outcome): void {
    const { host } = this.#site.start;
    if (entry.depth === 0 && !entry.orphan) {
      const failure = startFailure(host, entry.address, outcome);
      if (failure) throw failure;
    }
    if (outcome.kind !== "fail" || !outcome.trouble) {
      this.#health.good();
      if (this.#allowed < this.#p.concurrency && ++this.#goodInARow >= 32) {
        this.#goodInARow = 0;
        this.#allowed++;
      }
      return;
    }
    this.#goodInARow = 0;
    if (outcome.trouble.kind === "throttled") this.#allowed = Math.max(1, this.#allowed >> 1);
    const failure = this.#health.bad(outcome.trouble, host);
    if (failure) throw failure;
  }

  #emit(change: Change<Cursor>, { entry, known }: Visit, weight: number): void {
    if (change.type !== "upsert" && known?.state !== "stored") this.#newPlanned--;
    this.#decided.add(entry.key);
    this.#outbox.push(change, weight);
  }

  /**
   * Stored pages that this crawl did not come across: deleted when the rules now keep them out or when they say
   * themselves that they are gone; kept when they are still there, or when nothing certain can be learned.
   */
  async *#vanished(): AsyncGenerator<Changes, void, void> {
    let asked = 0;
    for await (const items of this.#ctx.known.unseen()) {
      const deletes: Change<Cursor>[] = [];
      this.#outbox.reopen();
      for (const item of items) {
        if (this.#decided.has(item.id)) continue;
        const verdict = this.#outOfScope(item);
        if (verdict !== null) {
          this.#decided.add(item.id);
          deletes.push({ type: "delete", id: item.id, detail: verdict });
          continue;
        }
        if (++asked > this.#p.tuning.maxOrphans) continue;
        this.#frontier.close(item.id);
        const depth = unpackMemo(item.memo)?.depth ?? this.#ctx.config.crawlDepth;
        const entry: Entry = { key: item.id, address: item.id, depth, hops: 0, orphan: true };
        this.#ready.push(this.#toVisit(entry, item));
      }
      if (deletes.length > 0) yield deletes;
      this.#pump();
      yield* this.#drain();
    }
    if (asked > this.#p.tuning.maxOrphans)
      this.#ctx.note(`${asked} stored pages are no longer linked; some are checked by a later run.`);
  }

  #outOfScope(item: KnownItem): string | null {
    const url = this.#site.resolve(item.id);
    if (!url || this.#site.key(url) !== item.id) return "It is not part of this site.";
    const forbidden = this.#admission.forbids(item.id, item.id);
    if (forbidden) return forbidden.detail;
    if (this.#admission.onlyFollowed(item.id)) return "Left out by includePaths or excludePaths.";
    const memo = unpackMemo(item.memo);
    if (memo && memo.depth > this.#ctx.config.crawlDepth) return "It is deeper than crawlDepth.";
    return null;
  }

  #notes(): void {
    if (this.#waiting > 0) {
      this.#ctx.note(
        this.#cut
          ? `Limit reached: ${this.#newAsked} new addresses were asked for in this run; ${this.#waiting} more wait for a later one.`
          : `Limit reached: ${this.#ctx.limit} new pages were added in this run; ${this.#waiting} more addresses wait for a later one.`,
      );
    }
    for (const note of this.#admission.notes()) this.#ctx.note(note);
  }
}

/** Pages that may turn out to be one are asked for one after the other, so that the first of them is the one that stays. */
function plainVariant({ entry }: Visit): string | null {
  return entry.key.includes("?") ? null : variantOf(entry.key);
}
