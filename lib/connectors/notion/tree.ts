import type { Change } from "../types.ts";
import type { Cursor } from "./cursor.ts";
import { isMissing } from "./failures.ts";
import { rowsOf, type RowsIn } from "./rows.ts";
import type { Page } from "./shapes.ts";
import { together } from "./together.ts";
import type { Changes } from "./visits.ts";

/** Follows what stands inside pages: pages search does not know, and databases with their rows. */
export class Tree {
  readonly #parts: RowsIn;
  /** told about pages that were found here */
  readonly #onPages: (pages: readonly Page[]) => void;
  readonly #databases = new Set<string>();
  /** data sources whose rows are decided */
  readonly sources = new Set<string>();
  /** pages that are named, but not shared */
  unreadable = 0;

  constructor(parts: RowsIn, onPages: (pages: readonly Page[]) => void) {
    this.#parts = parts;
    this.#onPages = onPages;
  }

  /** @param onlyNew what is stored is left alone: it was visited by an earlier run, or is the walk's business */
  async *changes(onlyNew: boolean): AsyncGenerator<Changes, void, void> {
    const { visits } = this.#parts;
    for (;;) {
      const pages = this.#next();
      const databases = [...visits.databases].filter((id) => !this.#databases.has(id));
      if (pages.size === 0 && databases.length === 0) return;
      yield* this.#pages(pages, onlyNew);
      if (visits.full && visits.waiting.size > 0) return;
      for (const id of databases) {
        this.#databases.add(id);
        for (const source of await this.#sourcesOf(id)) yield* this.rows(source);
        if (visits.full && visits.waiting.size > 0) return;
      }
    }
  }

  /** The next pages nobody has decided, with their titles. */
  #next(): ReadonlyMap<string, string | null> {
    const { pages, decided } = this.#parts.visits;
    const next = new Map<string, string | null>();
    for (const [id, title] of pages) {
      pages.delete(id);
      if (!decided.has(id)) next.set(id, title);
      if (next.size === 100) break;
    }
    return next;
  }

  /** Every row of a data source, once in a run. */
  async *rows(source: string): AsyncGenerator<Changes, void, void> {
    if (this.sources.has(source)) return;
    this.sources.add(source);
    const inside: string[] = [];
    try {
      for await (const { changes, pages, sources } of rowsOf(this.#parts, source, null)) {
        this.#onPages(pages);
        inside.push(...sources);
        yield changes;
      }
    } catch (error) {
      if (isMissing(error)) return;
      this.#parts.note(`A database could not be read: ${this.#parts.visits.trouble(error).message}`);
    }
    for (const each of inside) yield* this.rows(each);
  }

  async *#pages(titles: ReadonlyMap<string, string | null>, onlyNew: boolean): AsyncGenerator<Changes, void, void> {
    const { api, visits, known, tuning } = this.#parts;
    const stored = titles.size === 0 ? new Map() : await known.get([...titles.keys()]);
    const asked: string[] = [];
    for (const id of titles.keys()) {
      if (onlyNew && stored.get(id)?.state === "stored") visits.decided.add(id);
      else asked.push(id);
    }
    const found: Page[] = [];
    const replies = together(asked, tuning.concurrency, async (id): Promise<readonly Change<Cursor>[]> => {
      try {
        found.push(await api.page(id));
        visits.answered();
        return [];
      } catch (error) {
        const trouble = isMissing(error) ? null : visits.trouble(error);
        visits.decided.add(id);
        this.unreadable++;
        const item = { id, version: "-", title: titles.get(id) ?? "A page inside another" };
        if (stored.get(id)?.state === "stored")
          return trouble ? [] : [{ type: "delete", id, detail: "not there any more, or not shared" }];
        if (trouble) return [{ type: "fail", item, reason: "unreachable", detail: trouble.message }];
        const detail = "It stands inside another page, but is not shared with the connection.";
        return [{ type: "skip", item, reason: "denied", detail }];
      }
    });
    for await (const changes of replies) yield changes.flat();
    this.#onPages(found);
    yield* visits.decide(found);
  }

  /** A linked view of a database has no data sources of its own, and is not readable: nothing is lost with it. */
  async #sourcesOf(database: string): Promise<readonly string[]> {
    try {
      const { in_trash, data_sources } = await this.#parts.api.database(database);
      return in_trash === true ? [] : data_sources.map(({ id }) => id);
    } catch (error) {
      if (!isMissing(error)) this.#parts.visits.trouble(error);
      return [];
    }
  }
}
