import { EgressError } from "#lib/egress/types.ts";
import { Failure, type Change, type Ctx, type ItemRef, type KnownItem } from "../types.ts";
import type { NotionApi } from "./api.ts";
import type { Cursor } from "./cursor.ts";
import type { WholePage, PageReader } from "./page-text.ts";
import { isMissing } from "./failures.ts";
import { isTrashed, itemOf, sourceOf } from "./item.ts";
import { packMemo, unpackMemo, type Memo } from "./memo.ts";
import { propertyTable } from "./properties.ts";
import { plainOf } from "./rich-text.ts";
import type { Page } from "./shapes.ts";
import { together } from "./together.ts";
import type { Tuning } from "./tuning.ts";

export type Changes = readonly Change<Cursor>[];

interface Visit {
  readonly page: Page;
  readonly item: ItemRef;
  /** a document is stored for it */
  readonly stored: boolean;
}

/** What a page came to. */
interface Outcome {
  readonly change: Change<Cursor>;
  /** something will be stored */
  readonly text: boolean;
}

/**
 * Decides each page once in a run: unchanged, to be read, gone, or waiting for a later run. What stands inside pages is
 * collected on the way.
 */
export class Visits {
  /** pages this run has decided */
  readonly decided = new Set<string>();
  /** new pages left to later runs */
  readonly waiting = new Set<string>();
  /** pages and databases that stand inside others, by id, with their title where it is known */
  readonly pages = new Map<string, string | null>();
  readonly databases = new Set<string>();
  /** names of data sources; null = not readable */
  readonly names = new Map<string, string | null>();
  /** what is inside unchanged pages is followed, too */
  followAll = false;
  #ctx: Ctx<object>;
  #api: NotionApi;
  #reader: PageReader;
  #tuning: Tuning;
  #room: number;
  #failuresInARow = 0;

  constructor(ctx: Ctx<object>, api: NotionApi, reader: PageReader, tuning: Tuning) {
    this.#ctx = ctx;
    this.#api = api;
    this.#reader = reader;
    this.#tuning = tuning;
    this.#room = ctx.limit;
  }

  /** No new page may be added in this run. */
  get full(): boolean {
    return this.#room <= 0;
  }

  /** Remembers what this run decided before it was taken over. */
  async rebuild(): Promise<void> {
    for await (const items of this.#ctx.known.seenThisRun()) {
      for (const { id, memo } of items) {
        this.decided.add(id);
        this.follow(unpackMemo(memo));
      }
    }
  }

  follow(memo: Memo | null): void {
    for (const id of memo?.pages ?? []) if (!this.pages.has(id)) this.pages.set(id, null);
    for (const id of memo?.databases ?? []) this.databases.add(id);
  }

  async *decide(pages: readonly Page[]): AsyncGenerator<Changes, void, void> {
    const fresh: Page[] = [];
    for (const page of pages) {
      if (this.decided.has(page.id)) continue;
      this.decided.add(page.id);
      fresh.push(page);
    }
    if (fresh.length === 0) return;
    const known = await this.#ctx.known.get(fresh.map(({ id }) => id));
    const whole = await this.#whole(fresh, known);
    if (whole.changes.length > 0) yield whole.changes;
    await this.#nameSources(whole.pages);
    const now = this.#api.now();
    const plain: Change<Cursor>[] = [];
    const changed: Visit[] = [];
    let unknown: Visit[] = [];
    for (const page of whole.pages) {
      const knownItem = known.get(page.id);
      const stored = knownItem?.state === "stored";
      if (isTrashed(page)) {
        if (stored) plain.push({ type: "delete", id: page.id, detail: "moved to the trash" });
        continue;
      }
      const item = itemOf(page, this.names.get(sourceOf(page) ?? "") ?? null, now);
      const visit = { page, item, stored };
      const sameVersion = knownItem?.version === item.version;
      if (stored && sameVersion && this.#isReadBefore(knownItem)) plain.push({ type: "upsert", item });
      else if (stored) changed.push(visit);
      // Without text before, and not edited since. (What failed is read here again: what is inside it is not known.)
      else if (knownItem?.state === "skipped" && sameVersion) plain.push({ type: "upsert", item });
      else unknown.push(visit);
    }
    if (plain.length > 0) yield plain;
    yield* this.#read(changed);
    while (unknown.length > 0 && !this.full) {
      // Newest first; what turns out to hold no text makes room for the next.
      const next = unknown.slice(0, this.#room);
      unknown = unknown.slice(this.#room);
      this.#room -= next.length;
      yield* this.#read(next);
    }
    for (const { page } of unknown) this.waiting.add(page.id);
  }

  /** What stands inside the page is known from an earlier run; it is followed if everything is. */
  #isReadBefore(item: KnownItem): boolean {
    const memo = unpackMemo(item.memo);
    if (memo === null || (memo.cut && this.followAll)) return false;
    if (this.followAll) this.follow(memo);
    return true;
  }

  /** Search may name pages without saying anything about them. */
  async #whole(
    pages: readonly Page[],
    known: ReadonlyMap<string, KnownItem>,
  ): Promise<{ readonly pages: readonly Page[]; readonly changes: Changes }> {
    const partial = pages.filter(({ properties }) => !properties);
    if (partial.length === 0) return { pages, changes: [] };
    const full = new Map<string, Page>();
    const changes: Change<Cursor>[] = [];
    const asked = together(partial, this.#tuning.concurrency, async (page) => {
      try {
        full.set(page.id, await this.#api.page(page.id));
        this.answered();
        return null;
      } catch (error) {
        const item: ItemRef = { id: page.id, version: "-", title: "Untitled" };
        return await this.#judge(error, { page, item, stored: known.get(page.id)?.state === "stored" });
      }
    });
    for await (const outcomes of asked) changes.push(...outcomes.flatMap((each) => (each ? [each.change] : [])));
    return { pages: pages.flatMap((page) => (page.properties ? [page] : (full.get(page.id) ?? []))), changes };
  }

  async #nameSources(pages: readonly Page[]): Promise<void> {
    const missing = new Set(pages.map(sourceOf).filter((id) => id !== null && !this.names.has(id)) as string[]);
    const asked = together([...missing], this.#tuning.concurrency, (id) => this.#name(id));
    for await (const _ of asked) continue;
  }

  async #name(id: string): Promise<void> {
    try {
      this.names.set(id, plainOf((await this.#api.dataSource(id)).title).trim() || null);
    } catch (error) {
      if (!(error instanceof Failure) || !["missing", "denied", "permanent"].includes(error.kind)) throw error;
      this.names.set(id, null);
    }
  }

  async *#read(visits: readonly Visit[]): AsyncGenerator<Changes, void, void> {
    for await (const outcomes of together(visits, this.#tuning.concurrency, (visit) => this.#readOne(visit))) {
      yield outcomes.map(({ change }) => change);
    }
  }

  async #readOne(visit: Visit): Promise<Outcome> {
    const outcome = await this.#reader.read(visit.page.id).then(
      (text) => this.#upsert(visit, text),
      (error: unknown) => this.#judge(error, visit),
    );
    if (!outcome.text && !visit.stored) this.#room++;
    return outcome;
  }

  #upsert({ page, item }: Visit, text: WholePage): Outcome {
    this.answered();
    for (const { id, title } of text.pages) this.pages.set(id, title);
    for (const { id } of text.databases) this.databases.add(id);
    if (text.cut) this.#ctx.note(`“${item.title}” is longer than a page may be; its beginning is stored.`);
    const markdown = textOf(page, text);
    return {
      change: {
        type: "upsert",
        item,
        content: { kind: "markdown", markdown, title: item.title, type: "notion_doc" },
        memo: packMemo(
          text.pages.map(({ id }) => id),
          text.databases.map(({ id }) => id),
        ),
      },
      text: markdown.trim() !== "",
    };
  }

  /** What an error says about one page. @throws what is not about this page alone */
  async #judge(error: unknown, visit: Visit): Promise<Outcome> {
    if (this.#ctx.signal.aborted) throw error;
    const { item, stored } = visit;
    if (isMissing(error)) return { change: await this.#missing(visit), text: false };
    if (error instanceof EgressError && error.kind === "too_large")
      return { change: { type: "skip", item, reason: "too_large", detail: error.message }, text: false };
    const trouble = this.trouble(error);
    const denied = trouble instanceof Failure && trouble.kind === "denied";
    if (denied && !stored) {
      const detail = `${trouble.message} ${trouble.fix}`;
      return { change: { type: "skip", item, reason: "denied", detail }, text: false };
    }
    const reason = denied ? "denied" : "unreachable";
    return { change: { type: "fail", item, reason, detail: trouble.message }, text: false };
  }

  /** Notion said something about a page: what failed before was not everything. */
  answered(): void {
    this.#failuresInARow = 0;
  }

  /** The error, if it may be about one page. @throws it, if it is not, or if one page after another fails */
  trouble(error: unknown): Failure | EgressError {
    if (this.#ctx.signal.aborted || !isPageTrouble(error)) throw error;
    if (++this.#failuresInARow >= this.#tuning.failuresInARow) throw error;
    return error;
  }

  /** Its text is not there. Only Notion's word about the page itself deletes a document. */
  async #missing({ page, item, stored }: Visit): Promise<Change<Cursor>> {
    const there = stored && (await isThere(this.#api, page.id));
    if (there) return { type: "fail", item, reason: "unreachable", detail: "Notion did not give its text." };
    if (stored) return { type: "delete", id: page.id, detail: "not there any more, or not shared" };
    return { type: "skip", item, reason: "missing", detail: "It was listed, but Notion does not give it." };
  }
}

/** The page exists and is not in the trash. @throws on anything but a clear answer */
export async function isThere(api: NotionApi, id: string): Promise<boolean> {
  try {
    return !isTrashed(await api.page(id));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A page's text with what a row's properties say before it. */
export function textOf(page: Page, text: { readonly markdown: string }): string {
  const table = sourceOf(page) === null ? "" : propertyTable(page);
  return [table, text.markdown].filter((part) => part !== "").join("\n\n");
}

/** Trouble that may be about one page: the others are read all the same. */
function isPageTrouble(error: unknown): error is Failure | EgressError {
  if (error instanceof Failure) return ["denied", "transient", "permanent", "cursor_expired"].includes(error.kind);
  return error instanceof EgressError && error.kind !== "throttled" && error.kind !== "aborted";
}
