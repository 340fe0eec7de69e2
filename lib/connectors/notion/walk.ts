import type { Change } from "../types.ts";
import type { NotionApi } from "./api.ts";
import type { Cursor, Walk } from "./cursor.ts";
import { isMissing } from "./failures.ts";
import { editedAt, isTrashed } from "./item.ts";
import { allOf, type Ending } from "./listing.ts";
import { unpackMemo } from "./memo.ts";
import { newestOf } from "./recent.ts";
import { plainOf } from "./rich-text.ts";
import type { RowsIn } from "./rows.ts";
import { dataSourceSchema, objectsOf, pageSchema, type DataSource, type Page } from "./shapes.ts";
import { together } from "./together.ts";
import { Tree } from "./tree.ts";
import type { Changes, Visits } from "./visits.ts";

export interface WalkParts extends RowsIn {
  readonly walk: Walk;
  /** this run's own walk goes on: what the run has decided was counted already */
  readonly resuming: boolean;
}

/**
 * Goes through everything there is: all of search, and in a walk also every database and the tree of pages. What is
 * stored and was not met is asked for by itself. State enters the cursor step by step, so that a later run goes on.
 */
export class Walker {
  readonly walk: Walk;
  readonly #parts: WalkParts;
  readonly #api: NotionApi;
  readonly #visits: Visits;
  readonly #tree: Tree;
  readonly #met = new Set<string>();
  /** the newest believable edit met on the first page of search, ms since 1970 */
  newest = 0;
  /** the document limit stopped it */
  stopped = false;

  constructor(parts: WalkParts) {
    this.walk = { ...parts.walk };
    this.#parts = parts;
    this.#api = parts.api;
    this.#visits = parts.visits;
    this.#tree = new Tree(parts, (pages) => this.#walkedTo(pages));
  }

  /** @param cursor makes a checkpoint of where the walk is */
  async *changes(cursor: () => Cursor): AsyncGenerator<Changes, void, void> {
    const { walk } = this;
    this.#visits.followAll = walk.deep;
    const checkpoint = (): Changes => [{ type: "checkpoint", cursor: cursor() }];
    if (walk.phase === "search") {
      yield* this.#search(checkpoint);
      if (this.stopped) return;
      walk.phase = walk.deep ? "rows" : "tree";
      walk.next = null;
      yield checkpoint();
    }
    if (this.#parts.resuming) for (const id of this.#visits.decided) this.#met.add(id);
    if (walk.phase === "rows") {
      yield* this.#rows(checkpoint);
      if (this.stopped) return;
      walk.phase = "tree";
      yield checkpoint();
    }
    if (!walk.whole) await this.#followStored();
    yield* inSteps(this.tree(), checkpoint);
  }

  /** What stands inside the pages met so far. */
  async *tree(): AsyncGenerator<Changes, void, void> {
    yield* this.#tree.changes(!this.walk.deep || !this.walk.whole);
    this.walk.unreadable += this.#tree.unreadable;
    this.#tree.unreadable = 0;
    if (this.#cutShort()) this.#stop(null);
  }

  async *#search(checkpoint: () => Changes): AsyncGenerator<Changes, void, void> {
    const { walk } = this;
    const end: { how: Ending } = { how: "complete" };
    let at: string | null = null;
    const lists = allOf(
      (cursor) => this.#api.search("page", (at = cursor)),
      walk.next,
      (how) => (end.how = how),
    );
    for await (const list of lists) {
      const pages = objectsOf(list, pageSchema);
      this.newest = newestOf(pages, this.newest, this.#api.now());
      for (const { id } of pages) if (!this.#met.has(id)) walk.found++;
      for (const { id } of pages) this.#met.add(id);
      yield* this.#visits.decide(pages);
      const more = list.has_more && (list.next_cursor ?? null) !== null;
      walk.next = this.#visits.waiting.size > 0 || !more ? at : (list.next_cursor ?? null);
      if (this.#visits.full && (this.#visits.waiting.size > 0 || more)) return this.#stop(pages);
      yield checkpoint();
    }
    if (end.how === "circle") this.#parts.note("Notion's search repeated itself and was not followed to its end.");
    if (end.how === "capped")
      this.#parts.note("Notion's search gives 10,000 pages at most; the others are found by walking.");
  }

  async *#rows(checkpoint: () => Changes): AsyncGenerator<Changes, void, void> {
    const { walk } = this;
    const sources: DataSource[] = [];
    for await (const list of allOf((cursor) => this.#api.search("data_source", cursor)))
      sources.push(...objectsOf(list, dataSourceSchema).filter(({ in_trash }) => in_trash !== true));
    for (const { id, title } of sources) this.#visits.names.set(id, plainOf(title).trim() || null);
    const ids = [...new Set(sources.map(({ id }) => id))].toSorted();
    for (const id of ids) {
      if (walk.source !== null && id <= walk.source) continue;
      yield* inSteps(this.#tree.rows(id), checkpoint);
      if (this.#cutShort()) return this.#stop(null);
      walk.source = id;
      yield checkpoint();
    }
  }

  /** The beginning of this walk was another run's: what stands inside its pages is in their memos. */
  async #followStored(): Promise<void> {
    const { known } = this.#parts;
    for (const stored of [known.unseen(), known.seenThisRun()])
      for await (const items of stored) for (const { memo } of items) this.#visits.follow(unpackMemo(memo));
  }

  /**
   * Known pages that nothing named: deleted when Notion says itself that they are gone. At most `most` are asked for,
   * in turns, from `after` on. Returns the last one asked for; null = all were.
   */
  async *absent(most: number, after: string | null): AsyncGenerator<Changes, string | null, void> {
    const ids: string[] = [];
    for await (const items of this.#parts.known.unseen())
      ids.push(...items.map(({ id }) => id).filter((id) => !this.#visits.decided.has(id)));
    const from =
      after === null
        ? 0
        : Math.max(
            0,
            ids.findIndex((id) => id > after),
          );
    const turn = [...ids.slice(from), ...ids.slice(0, from)].slice(0, most);
    const found: Page[] = [];
    const asked = together(turn, this.#parts.tuning.concurrency, (id) => this.#ask(id, found));
    for await (const changes of asked) yield changes.filter((change) => change !== null);
    this.#walkedTo(found);
    yield* this.#visits.decide(found);
    yield* this.tree();
    const left = ids.length - turn.length;
    if (left > 0) this.#parts.note(`${ids.length} stored pages were not named by Notion; ${left} are asked for later.`);
    return left > 0 ? (turn.at(-1) ?? null) : null;
  }

  async #ask(id: string, found: Page[]): Promise<Change<Cursor> | null> {
    try {
      const page = await this.#api.page(id);
      this.#visits.answered();
      if (isTrashed(page)) return { type: "delete", id, detail: "moved to the trash" };
      found.push(page);
    } catch (error) {
      if (isMissing(error)) return { type: "delete", id, detail: "not there any more, or not shared" };
      this.#visits.trouble(error);
      this.walk.unreadable++;
    }
    return null;
  }

  #walkedTo(pages: readonly Page[]): void {
    for (const { id } of pages) if (!this.#met.has(id)) this.walk.walked++;
    for (const { id } of pages) this.#met.add(id);
  }

  #cutShort(): boolean {
    return this.#visits.full && this.#visits.waiting.size > 0;
  }

  #stop(pages: readonly Page[] | null): void {
    this.stopped = true;
    const oldest = pages?.flatMap((page) => editedAt(page) ?? []).at(-1);
    const reached =
      oldest === undefined ? "" : ` Search was followed back to ${new Date(oldest).toISOString().slice(0, 10)}.`;
    this.#parts.note(`The document limit is used up; the other pages follow in later syncs, newest first.${reached}`);
  }
}

/** A step is about what is done in half a minute: after each the run may let others have their turn. */
const step = 100;

async function* inSteps(
  all: AsyncGenerator<Changes, void, void>,
  checkpoint: () => Changes,
): AsyncGenerator<Changes, void, void> {
  let count = 0;
  for await (const changes of all) {
    yield changes;
    count += changes.length;
    if (count < step) continue;
    count = 0;
    yield checkpoint();
  }
}
