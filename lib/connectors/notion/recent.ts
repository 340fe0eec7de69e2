import type { NotionApi } from "./api.ts";
import type { Change } from "../types.ts";
import type { Cursor } from "./cursor.ts";
import { isMissing, NotionFailure } from "./failures.ts";
import { editedAt } from "./item.ts";
import { allOf } from "./listing.ts";
import { plainOf } from "./rich-text.ts";
import { rowsOf, type RowsIn } from "./rows.ts";
import { dataSourceSchema, objectsOf, pageSchema, type Page } from "./shapes.ts";
import { together } from "./together.ts";
import type { Tuning } from "./tuning.ts";
import { isThere, type Changes, type Visits } from "./visits.ts";

/** So many results in a row, older than the bound, mean that what follows is older, too. */
const tail = 10;

/** What was edited, or thrown away, since the last run: search and databases, newest edits first. */
export class Recent {
  readonly #api: NotionApi;
  readonly #visits: Visits;
  readonly #tuning: Tuning;
  readonly #known: RowsIn["known"];
  readonly #note: (text: string) => void;
  /** the newest believable edit met, ms since 1970 */
  newest: number;

  constructor(parts: RowsIn, watermark: number) {
    this.#api = parts.api;
    this.#visits = parts.visits;
    this.#tuning = parts.tuning;
    this.#known = parts.known;
    this.#note = parts.note;
    this.newest = watermark;
  }

  /** @param databases ask each database, too: search does not know every row */
  async *changes(databases: boolean): AsyncGenerator<Changes, void, void> {
    const bound = this.newest - this.#tuning.overlapMs;
    yield* this.#edited(bound);
    yield* this.#trashed(bound);
    if (databases) yield* this.#rows(bound);
  }

  async *#edited(bound: number): AsyncGenerator<Changes, void, void> {
    for await (const list of allOf((cursor) => this.#api.search("page", cursor))) {
      const pages = objectsOf(list, pageSchema);
      this.newest = newestOf(pages, this.newest, this.#api.now());
      yield* this.#visits.decide(pages);
      if (isOlder(pages, bound)) return;
    }
  }

  /** Pages in the trash are gone; each is asked for by itself before its document goes. */
  async *#trashed(bound: number): AsyncGenerator<Changes, void, void> {
    let left = this.#tuning.trashPages;
    try {
      for await (const list of allOf((cursor) => this.#api.search("page", cursor, { trash: true }))) {
        const pages = objectsOf(list, pageSchema).filter(({ id }) => !this.#visits.decided.has(id));
        const known = await this.#known.get(pages.map(({ id }) => id));
        const stored = pages.filter(({ id }) => known.get(id)?.state === "stored");
        const asked = together(stored, this.#tuning.concurrency, async ({ id }): Promise<Change<Cursor> | null> => {
          if (await isThere(this.#api, id)) return null;
          this.#visits.decided.add(id);
          return { type: "delete", id, detail: "moved to the trash" };
        });
        for await (const changes of asked) yield changes.filter((change) => change !== null);
        if (--left <= 0 || (stored.length === 0 && isOlder(pages, bound))) return;
      }
    } catch (error) {
      // Not every server can search its trash; a sweep finds the same by what is missing.
      if (!(error instanceof NotionFailure && error.kind === "permanent")) throw error;
    }
  }

  async *#rows(bound: number): AsyncGenerator<Changes, void, void> {
    const sources = objectsOf(await this.#api.search("data_source", null), dataSourceSchema).filter(
      ({ in_trash }) => in_trash !== true,
    );
    for (const { id, title } of sources) this.#visits.names.set(id, plainOf(title).trim() || null);
    const parts = { api: this.#api, visits: this.#visits, tuning: this.#tuning, known: this.#known, note: this.#note };
    for (const { id } of sources.slice(0, this.#tuning.sources)) {
      try {
        for await (const { changes, pages } of rowsOf(parts, id, bound)) {
          this.newest = newestOf(pages, this.newest, this.#api.now());
          yield changes;
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
}

/** The newest edit that can be true: times in the future would hide every edit until then. */
export function newestOf(pages: readonly Page[], before: number, now: number): number {
  let newest = before;
  for (const page of pages) {
    const at = editedAt(page);
    if (at !== null && at <= now && at > newest) newest = at;
  }
  return newest;
}

/** The end of this part of a listing is older than the bound; times that say nothing do not count. */
function isOlder(pages: readonly Page[], bound: number): boolean {
  const times = pages.slice(-tail).flatMap((page) => editedAt(page) ?? []);
  return times.length > 0 && times.every((at) => at < bound);
}
