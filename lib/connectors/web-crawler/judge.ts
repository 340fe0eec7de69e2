import { ExtractError, type Page } from "#lib/extract/types.ts";
import { type Change, type Ctx, type Json, type KnownItem, type SkipReason } from "../types.ts";
import type { Admission } from "./admission.ts";
import type { Boilerplate } from "./boilerplate.ts";
import type { Config } from "./config.ts";
import type { Cursor } from "./cursor.ts";
import { maxHops, type Outcome } from "./fetch-page.ts";
import type { Entry } from "./frontier.ts";
import { itemOf, looksMissing, textHash, titleOf, updatedAt, withoutFragment } from "./item.ts";
import { packMemo, unpackMemo, type Memo } from "./memo.ts";
import { variantOf, type Site } from "./site.ts";

type Verdict = Exclude<Change<Cursor>, { type: "waiting" | "checkpoint" | "done" }>;
type Fetched = Extract<Outcome, { kind: "page" }>;

/** Text that is held back at most while the sample is not complete. */
const mostSampleWeight = 24_000_000;

/** A page that was asked for, and what is known of it from earlier runs. */
export interface Visit {
  /** place in the order of the crawl */
  readonly order: number;
  readonly entry: Entry;
  readonly known: KnownItem | undefined;
  readonly memo: Memo | null;
}

interface Held {
  readonly visit: Visit;
  readonly fetched: Fetched;
  readonly page: Page;
  readonly memo: Memo;
}

export interface JudgeOptions {
  readonly ctx: Ctx<Config>;
  readonly site: Site;
  readonly admission: Admission;
  readonly boilerplate: Boilerplate;
  readonly rules: string;
  readonly samplePages: number;
  readonly emit: (change: Verdict, weight: number, visit: Visit) => void;
  /** the sample was weighed; pages are stored from now on */
  readonly settled: () => void;
  /** pages that changed count for the next run's set */
  readonly growing: boolean;
}

/** Turns what a request came to into a change: store, skip, fail or delete; and admits what the page leads to. */
export class Judge {
  readonly #o: JudgeOptions;
  #held: Held[] = [];
  #heldWeight = 0;
  /** page → the page its canonical link names, for pages left out because of it */
  readonly #canonicals = new Map<string, string>();
  /** variant and text → the page stored for it */
  readonly #texts = new Map<string, string>();
  /** found to be missing or broken in this run: no use as anybody's canonical page */
  readonly #lost = new Set<string>();

  constructor(options: JudgeOptions) {
    this.#o = options;
  }

  /** pages waiting for the sample to be complete */
  get held(): number {
    return this.#held.length;
  }

  async decide(visit: Visit, outcome: Outcome): Promise<void> {
    const { entry, known, memo } = visit;
    switch (outcome.kind) {
      case "page":
        return await this.#page(visit, outcome);
      case "unchanged":
        return this.#unchanged(visit);
      case "redirect": {
        const target = outcome.target;
        if (target && entry.hops < maxHops)
          this.#o.admission.admit(target, { depth: entry.depth, hops: entry.hops + 1 });
        // a login page or a maintenance notice in its place is no reason to drop what is stored
        if (!outcome.permanent && known?.state === "stored")
          return this.#fail(visit, "redirected", `${outcome.detail} (for now)`, memo);
        return this.#skip(visit, "redirected", outcome.detail, {
          ...this.#blankMemo(visit),
          ...(target ? { target: this.#o.site.shorten(target.href) } : {}),
        });
      }
      case "gone":
        this.#lost.add(entry.key);
        if (known?.state !== "stored")
          return this.#skip(visit, "missing", `The site answers ${outcome.status}.`, undefined);
        // a page that is stored is left open, and asked for once more when everything else is done
        if (entry.orphan)
          this.#o.emit({ type: "delete", id: entry.key, detail: `The site answers ${outcome.status}.` }, 200, visit);
        return;
      case "skip":
        return this.#unusable(visit, outcome.reason, outcome.detail);
      case "fail":
        return this.#fail(visit, outcome.reason, outcome.detail, memo);
    }
  }

  /**
   * Settles if the sample is complete: the first `samplePages` pages with text in the order of the crawl, whoever came
   * first. @param undecided the first place in the order that is still open
   */
  settleIfComplete(undecided: number): void {
    if (this.#held.length < this.#o.samplePages) return;
    const first = this.#held.filter(({ visit }) => visit.order < undecided);
    if (first.length >= this.#o.samplePages) this.settle();
  }

  /** Learns from the sample what the site repeats, then decides what it held back. */
  settle(): void {
    const { boilerplate, samplePages, site } = this.#o;
    if (boilerplate.settled) return;
    const held = this.#held.sort((a, b) => a.visit.order - b.visit.order);
    this.#held = [];
    this.#heldWeight = 0;
    for (const { visit, page } of held.slice(0, samplePages))
      boilerplate.observe(page, visit.entry.key.slice(site.origin.length));
    boilerplate.settle();
    this.#o.settled();
    for (const page of held) this.#store(page);
  }

  #unchanged(visit: Visit): void {
    const { entry, known, memo } = visit;
    if (!known || !memo) return this.#fail(visit, "unreachable", "The site answers 304 without being asked to.", memo);
    this.#follow(visit, memo);
    const current: Memo = { ...memo, depth: entry.depth };
    if (memo.skip) return this.#skip(visit, memo.skip.reason, memo.skip.detail, current);
    const version = known.version ?? "";
    this.#texts.set(`${variantOf(entry.key)}\n${version}`, entry.key);
    this.#o.emit(
      {
        type: "upsert",
        item: itemOf(this.#o.site, visit.entry, memo.title ?? "", version),
        ...(memo.depth === entry.depth ? {} : { memo: packMemo(current) }),
      },
      300,
      visit,
    );
  }

  /** A page left out in favour of another stays so only while the other is stored. */
  async #leadsSomewhere(visit: Visit, target: string): Promise<boolean> {
    const url = this.#o.site.resolve(target);
    if (!url) return false;
    const key = this.#o.site.key(url);
    if (this.#lost.has(key)) return false;
    return this.#o.admission.admit(url, { depth: visit.entry.depth, hops: visit.entry.hops + 1 })
      ? true
      : (await this.#o.ctx.known.get([key])).get(key)?.state === "stored";
  }

  /** The links an earlier run found on this page. */
  #follow(visit: Visit, memo: Memo): void {
    const finding = { depth: visit.entry.depth + 1, hops: 0 };
    for (const link of memo.links) {
      const url = this.#o.site.resolve(link);
      if (url) this.#o.admission.admit(url, finding);
    }
  }

  async #page(visit: Visit, fetched: Fetched): Promise<void> {
    const { entry } = visit;
    let page: Page;
    try {
      page = await this.#o.ctx.page({ bytes: fetched.bytes, url: fetched.url, contentType: fetched.contentType });
    } catch (error) {
      if (!(error instanceof ExtractError)) throw error;
      if (error.reason === "timeout" || error.reason === "memory")
        return this.#fail(visit, error.reason, error.message, visit.memo);
      return this.#unusable(visit, error.reason, error.message);
    }
    const links = fetched.nofollow || page.nofollow ? [] : this.#links(visit, page.links);
    const memo: Memo = {
      ...this.#blankMemo(visit),
      ...(fetched.etag === undefined ? {} : { etag: fetched.etag }),
      ...(fetched.lastModified === undefined ? {} : { lastModified: fetched.lastModified }),
      links,
    };
    const canonical = await this.#canonical(visit, page.canonical ?? fetched.canonical, fetched.url);
    if (canonical) {
      return this.#skip(visit, "duplicate", `Its canonical address is ${canonical.key.slice(0, 500)}`, {
        ...memo,
        target: canonical.short,
      });
    }
    if (fetched.noindex || page.noindex) {
      this.#lost.add(entry.key);
      return this.#skip(visit, "noindex", "The page asks not to be indexed.", memo);
    }
    if (page.markdown.trim() === "") return this.#unusable(visit, "empty", "The page has no text.", memo);
    if (this.#o.admission.onlyFollowed(entry.key))
      return this.#skip(visit, "filtered", "Only its links are followed: the path filters leave it out.", memo);
    if (memo.skip === undefined && (await this.#isStillDuplicate(visit, page, memo))) return;
    const held: Held = { visit, fetched: { ...fetched, bytes: new Uint8Array(0) }, page, memo };
    if (this.#o.boilerplate.settled) return this.#store(held);
    this.#held.push(held);
    this.#heldWeight += page.markdown.length;
    if (this.#heldWeight > mostSampleWeight) this.settle();
  }

  #links(visit: Visit, links: readonly string[]): string[] {
    const finding = { depth: visit.entry.depth + 1, hops: 0 };
    const fresh: string[] = [];
    for (const link of links) {
      if (this.#o.admission.admitLink(link, finding)) fresh.push(this.#o.site.shorten(link));
    }
    return fresh;
  }

  /** The page that a canonical link names, if it is another one of this site and can be stored. */
  async #canonical(
    visit: Visit,
    reference: string | undefined,
    base: string,
  ): Promise<{ key: string; short: string } | null> {
    if (reference === undefined || visit.entry.hops >= maxHops) return null;
    const { site, admission } = this.#o;
    const url = site.resolve(reference, base);
    if (!url) return null;
    const key = site.key(url);
    const own = visit.entry.key;
    if (key === own || this.#lost.has(key) || key.length > 2048) return null;
    const address = site.address(url);
    if (admission.forbids(key, address)) return null;
    // a circle of canonical links: the page that closes it is the one that stays
    for (let next = this.#canonicals.get(key), steps = 0; next !== undefined && steps < 64; steps++) {
      if (next === own) return null;
      next = this.#canonicals.get(next);
    }
    if (visit.known?.state === "stored") {
      // stored in spite of its canonical link: if the other page was left out for this one, it stays so
      const other = (await this.#o.ctx.known.get([key])).get(key);
      const target = other?.state === "skipped" ? unpackMemo(other.memo)?.target : undefined;
      const back = target === undefined ? null : site.resolve(target);
      if (back && site.key(back) === own) return null;
    }
    this.#canonicals.set(own, key);
    admission.admit(url, { depth: visit.entry.depth, hops: visit.entry.hops + 1 });
    return { key, short: site.shorten(address) };
  }

  /** The same text under the same variant was left out in an earlier run: it stays out, whoever is read first today. */
  async #isStillDuplicate(visit: Visit, page: Page, memo: Memo): Promise<boolean> {
    const before = visit.memo;
    if (visit.known?.state !== "skipped" || before?.skip?.reason !== "duplicate" || before.target === undefined)
      return false;
    if (before.hash === undefined || !this.#o.boilerplate.settled) return false;
    if (before.hash !== textHash(page.title, this.#o.boilerplate.clean(page))) return false;
    if (!(await this.#leadsSomewhere(visit, before.target))) return false;
    this.#skip(visit, "duplicate", before.skip.detail, { ...memo, target: before.target, hash: before.hash });
    return true;
  }

  #store({ visit, fetched, page, memo }: Held): void {
    const { entry, known } = visit;
    const markdown = this.#o.boilerplate.clean(page);
    const title = page.title.trim().slice(0, 500);
    const hash = textHash(page.title, markdown);
    const twin = `${variantOf(entry.key)}\n${hash}`;
    const first = this.#texts.get(twin);
    if (first !== undefined && first !== entry.key) {
      return this.#skip(visit, "duplicate", `It has the same text as ${first.slice(0, 500)}`, {
        ...memo,
        target: this.#o.site.shorten(first),
        hash,
      });
    }
    if (known?.state === "stored" && known.version !== hash && looksMissing(title, markdown, visit.memo?.title))
      return this.#fail(visit, "missing", "It looks like an error page, though the site answers 200.", visit.memo);
    this.#texts.set(twin, entry.key);
    if (this.#o.growing && known?.version !== hash)
      this.#o.boilerplate.observe(page, entry.key.slice(this.#o.site.origin.length));
    const current = packMemo({ ...memo, ...(title === "" ? {} : { title }) });
    const same = known?.state === "stored" && known.version === hash && sameJson(known.memo, current);
    this.#o.emit(
      {
        type: "upsert",
        item: {
          ...itemOf(this.#o.site, visit.entry, title, hash),
          url: withoutFragment(fetched.url),
          ...updatedAt(fetched.lastModified, entry.modified, this.#o.ctx.now()),
        },
        content: { kind: "markdown", markdown, title: titleOf(this.#o.site, entry, title), type: "webpage" },
        ...(same ? {} : { memo: current }),
      },
      markdown.length + 500,
      visit,
    );
  }

  #skip(visit: Visit, reason: SkipReason, detail: string, memo: Memo | undefined): void {
    const packed = memo && packMemo({ ...memo, skip: { reason, detail } });
    this.#o.emit(
      {
        type: "skip",
        item: itemOf(this.#o.site, visit.entry, memo?.title ?? "", visit.known?.version ?? "-"),
        reason,
        detail,
        ...(packed === undefined ? {} : { memo: packed }),
      },
      400,
      visit,
    );
  }

  /** Nothing to store. A page that had text before keeps it: only a clear word (404, 410, noindex) removes a page. */
  #unusable(visit: Visit, reason: SkipReason, detail: string, memo?: Memo): void {
    if (visit.known?.state === "stored") return this.#fail(visit, reason, detail, visit.memo);
    this.#lost.add(visit.entry.key);
    return this.#skip(visit, reason, detail, memo);
  }

  /** What is stored stays, and what the page led to is still followed. */
  #fail(visit: Visit, reason: SkipReason, detail: string, memo: Memo | null): void {
    this.#lost.add(visit.entry.key);
    if (memo) this.#follow(visit, memo);
    const item = itemOf(this.#o.site, visit.entry, memo?.title ?? "", visit.known?.version ?? "-");
    // "denied" for a page never seen is simply a page that is not public
    if (reason === "denied" && visit.known?.state !== "stored")
      this.#o.emit({ type: "skip", item, reason, detail }, 300, visit);
    else this.#o.emit({ type: "fail", item, reason, detail }, 300, visit);
  }

  #blankMemo(visit: Visit): Memo {
    return { depth: visit.entry.depth, links: [], cut: false, rules: this.#o.rules };
  }
}

/** jsonb reorders keys, so both are brought into our order. */
function sameJson(stored: Json, current: Json): boolean {
  const memo = unpackMemo(stored);
  return memo !== null && JSON.stringify(packMemo(memo)) === JSON.stringify(current);
}
