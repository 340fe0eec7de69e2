import type { Change, Ctx, KnownItem } from "../types.ts";
import { Admission } from "./admission.ts";
import { Boilerplate } from "./boilerplate.ts";
import type { Config } from "./config.ts";
import type { Cursor } from "./cursor.ts";
import { robotsUnreachable } from "./failures.ts";
import { Frontier } from "./frontier.ts";
import { Judge } from "./judge.ts";
import { rulesHash, unpackMemo } from "./memo.ts";
import { Outbox } from "./outbox.ts";
import { createPathFilter, splitPatterns } from "./path-filter.ts";
import { fetchRobots } from "./robots-file.ts";
import type { RobotsRules } from "./robots.ts";
import { createSite, type Site } from "./site.ts";
import type { SitemapEntry } from "./sitemap.ts";
import { readSitemaps } from "./sitemaps.ts";
import type { Tuning } from "./tuning.ts";
import { systemClock, Turns, type Clock } from "./turns.ts";
import { Visits } from "./visits.ts";

type Changes = readonly Change<Cursor>[];
type Context = Ctx<Config>;

/** A robots.txt may ask for more; nobody's site needs more than a request a minute. */
const longestCrawlDelaySeconds = 60;
/** Raise it when extraction or the rules for links change: every page is then read in full once. */
const revision = "1";

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
    const { crawlDepth, includePaths = "", excludePaths = "" } = ctx.config;
    const grown = since?.grown ?? 0;
    yield* new Crawl(ctx, site, {
      boilerplate: new Boilerplate(since?.blocks ?? null),
      growing: since !== null && since.blocks !== null && !ctx.resuming,
      grown,
      robots: robots.rules,
      rules: rulesHash(revision, robots.text, String(crawlDepth), includePaths, excludePaths, String(grown)),
      delay: delaySeconds(ctx, robots.rules),
      tuning,
      clock,
      stop,
    }).changes();
  } finally {
    ctx.signal.removeEventListener("abort", abort);
    stop.abort(new Error("the crawl has ended"));
  }
}

function delaySeconds(ctx: Context, { crawlDelay = 0 }: RobotsRules): number {
  if (crawlDelay > longestCrawlDelaySeconds)
    ctx.note(`robots.txt asks for ${crawlDelay} s between pages; ${longestCrawlDelaySeconds} s are kept.`);
  else if (crawlDelay > 0) ctx.note(`robots.txt asks for ${crawlDelay} s between pages.`);
  return Math.max(ctx.config.delaySeconds, Math.min(crawlDelay, longestCrawlDelaySeconds));
}

interface Parts {
  readonly boilerplate: Boilerplate;
  /** changed pages of this run may add to what counts as repeated in the next */
  readonly growing: boolean;
  readonly grown: number;
  readonly robots: RobotsRules;
  readonly rules: string;
  readonly delay: number;
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
  readonly #visits: Visits;
  readonly #turns: Turns;
  readonly #outbox = new Outbox<Change<Cursor>>(256, 16 * 1024 * 1024);
  readonly #decided = new Set<string>();
  #sinceCheckpoint = 0;

  constructor(ctx: Context, site: Site, parts: Parts) {
    this.#ctx = ctx;
    this.#site = site;
    this.#p = parts;
    const { tuning, clock, stop, rules, boilerplate, growing, delay } = parts;
    this.#frontier = new Frontier(tuning.maxAddresses);
    this.#turns = new Turns(delay, clock);
    const filter = createPathFilter(splitPatterns(ctx.config.includePaths), splitPatterns(ctx.config.excludePaths));
    const limits = { maxDepth: ctx.config.crawlDepth, now: ctx.now() };
    this.#admission = new Admission(site, parts.robots, filter, this.#frontier, limits, (id, reason, detail) => {
      if (!this.#decided.has(id))
        this.#emit({ type: "skip", item: { id, version: "-", title: id, url: id }, reason, detail }, 300);
    });
    const { samplePages } = tuning;
    const judge = new Judge({
      ctx,
      site,
      admission: this.#admission,
      boilerplate,
      rules,
      samplePages,
      growing,
      emit: (change, weight, visit) => {
        if (change.type !== "upsert" && visit.known?.state !== "stored") this.#visits.newPages.release();
        this.#emit(change, weight);
      },
      // the set enters the cursor before any text made with it is stored
      settled: () => this.#outbox.push({ type: "checkpoint", cursor: this.#cursor() }, 0),
    });
    const concurrency = delay > 0 ? 1 : ctx.config.concurrency;
    const turns = this.#turns;
    const outbox = this.#outbox;
    this.#visits = new Visits(
      {
        ctx,
        site,
        frontier: this.#frontier,
        admission: this.#admission,
        outbox,
        tuning,
        clock,
        turns,
        concurrency,
        rules,
        stop,
      },
      judge,
    );
  }

  async *changes(): AsyncGenerator<Changes, void, void> {
    if (this.#ctx.resuming) await this.#rebuild();
    this.#admission.admit(this.#site.start, { depth: 0, hops: 0 });
    if (this.#ctx.config.crawlDepth > 0) void this.#visits.expectSitemaps(this.#readSitemaps());
    this.#visits.pump();
    yield* this.#drain();
    // what was just handed over has to be marked as seen before asking what was not
    yield [{ type: "checkpoint", cursor: this.#cursor() }];
    yield* this.#vanished();
    const { note: limit, waiting } = this.#visits.newPages;
    if (limit !== undefined) this.#ctx.note(limit);
    for (const note of this.#admission.notes()) this.#ctx.note(note);
    yield [
      { type: "waiting", count: waiting },
      { type: "done", coverage: "visited", cursor: this.#nextCursor() },
    ];
  }

  #emit(change: Exclude<Change<Cursor>, { type: "waiting" | "checkpoint" | "done" }>, weight: number): void {
    this.#decided.add(change.type === "delete" ? change.id : change.item.id);
    this.#outbox.push(change, weight);
  }

  #cursor(): Cursor {
    return { v: 1, blocks: this.#p.boilerplate.save(), grown: this.#p.grown };
  }

  #nextCursor(): Cursor {
    const grown = this.#p.growing ? this.#p.boilerplate.grown() : undefined;
    return grown === undefined ? this.#cursor() : { v: 1, blocks: grown, grown: this.#p.grown + 1 };
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
        if (!memo) continue;
        if (memo.target !== undefined) found.push({ reference: memo.target, depth: memo.depth, hops: 1 });
        for (const reference of memo.links) found.push({ reference, depth: memo.depth + 1, hops: 0 });
      }
    }
    for (const { reference, depth, hops } of found) {
      const url = this.#site.resolve(reference);
      if (url) this.#admission.admit(url, { depth, hops });
    }
  }

  async #readSitemaps(): Promise<readonly SitemapEntry[]> {
    const { robots, stop } = this.#p;
    const { pages, problems } = await readSitemaps(
      this.#ctx.http,
      this.#site,
      robots.sitemaps,
      robots.allows,
      () => this.#turns.wait(stop.signal),
      this.#ctx.now(),
      stop.signal,
    );
    for (const problem of problems) this.#ctx.note(problem);
    return pages;
  }

  /**
   * Stored pages that this crawl did not come across: deleted when the rules now keep them out or when they say
   * themselves that they are gone; kept when they are still there, or when nothing certain can be learned.
   */
  async *#vanished(): AsyncGenerator<Changes, void, void> {
    const { maxOrphans } = this.#p.tuning;
    let asked = 0;
    for await (const items of this.#ctx.known.unseen()) {
      this.#outbox.reopen();
      for (const item of items) {
        if (this.#decided.has(item.id)) continue;
        const detail = this.#outOfScope(item);
        if (detail !== null) this.#emit({ type: "delete", id: item.id, detail }, 200);
        else if (++asked <= maxOrphans) this.#visits.addOrphan(item);
      }
      this.#visits.pump();
      yield* this.#drain();
    }
    if (asked > maxOrphans)
      this.#ctx.note(`${asked} stored pages are no longer linked; ${asked - maxOrphans} are checked by a later run.`);
  }

  #outOfScope(item: KnownItem): string | null {
    const url = this.#site.resolve(item.id);
    if (!url || this.#site.key(url) !== item.id) return "It is not part of this site.";
    const forbidden = this.#admission.forbids(item.id, item.id);
    if (forbidden) return forbidden.detail;
    if (this.#admission.onlyFollowed(item.id)) return "Left out by includePaths or excludePaths.";
    const memo = unpackMemo(item.memo);
    return memo && memo.depth > this.#ctx.config.crawlDepth ? "It is deeper than crawlDepth." : null;
  }
}
