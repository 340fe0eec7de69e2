import type { Ctx } from "../types.ts";
import { NotionApi } from "./api.ts";
import { beginWalk, freshCursor, type Cursor, type Walk } from "./cursor.ts";
import { PageReader } from "./page-text.ts";
import { Recent } from "./recent.ts";
import type { RowsIn } from "./rows.ts";
import type { Tuning } from "./tuning.ts";
import { Tree } from "./tree.ts";
import { Visits, type Changes } from "./visits.ts";
import { Walker } from "./walk.ts";

/**
 * One sync. First what was edited since the last one, by search; then, if it is due or was begun before, a sweep over
 * all of search or a walk over everything. Nothing is deleted because it was not named: Notion is asked about the page.
 */
export async function* changes(
  ctx: Ctx<object>,
  since: Cursor | null,
  tuning: Tuning,
): AsyncGenerator<Changes, void, void> {
  const api = new NotionApi(ctx, tuning.pageSize);
  const visits = new Visits(ctx, api, new PageReader(api, tuning), tuning);
  if (ctx.resuming) await visits.rebuild();
  const parts: RowsIn = { api, visits, tuning, known: ctx.known, note: ctx.note };
  yield* new Sync(ctx, since ?? freshCursor, parts).changes();
}

class Sync {
  readonly #ctx: Ctx<object>;
  readonly #parts: RowsIn;
  #cursor: Cursor;

  constructor(ctx: Ctx<object>, cursor: Cursor, parts: RowsIn) {
    this.#ctx = ctx;
    this.#cursor = cursor;
    this.#parts = parts;
  }

  async *changes(): AsyncGenerator<Changes, void, void> {
    const { visits } = this.#parts;
    yield* this.#recent();
    const walk = this.#dueWalk();
    const complete = walk !== null && (yield* this.#walk(walk));
    yield [
      { type: "waiting", count: visits.waiting.size },
      { type: "done", coverage: complete ? "visited" : "delta", cursor: this.#cursor },
    ];
  }

  #now(): number {
    return this.#ctx.now().getTime();
  }

  async *#recent(): AsyncGenerator<Changes, void, void> {
    const { watermark, walk } = this.#cursor;
    if (watermark === null) return;
    const { visits } = this.#parts;
    const due = this.#dueWalk();
    // A page is decided once in a run: what a walk is to find inside the newest ones is followed here already.
    visits.followAll = due?.deep === true;
    const recent = new Recent(this.#parts, Date.parse(watermark));
    yield* recent.changes(due?.deep !== true);
    if (due === null) yield* new Tree(this.#parts, () => {}).changes(true);
    this.#cursor = {
      ...this.#cursor,
      watermark: iso(recent.newest),
      // New pages the limit has no room for are older than the watermark from now on: going through search from the top
      // finds them again.
      walk:
        visits.waiting.size > 0 ? { ...(walk ?? beginWalk(false, this.#now())), phase: "search", next: null } : walk,
    };
    yield [{ type: "checkpoint", cursor: this.#cursor }];
  }

  /** The walk under way, or the one that is due; null = neither. */
  #dueWalk(): Walk | null {
    const { walk, walked, swept } = this.#cursor;
    const { tuning } = this.#parts;
    // Pages that another run has visited are not marked by this one.
    if (walk) return this.#ctx.resuming ? walk : { ...walk, whole: false };
    const now = this.#now();
    const due = (last: string | null, every: number) => last === null || Math.abs(now - Date.parse(last)) >= every;
    if (due(walked, tuning.walkEveryMs)) return beginWalk(true, now);
    return due(swept, tuning.sweepEveryMs) ? beginWalk(false, now) : null;
  }

  /** True if everything there is was visited by this run. */
  async *#walk(begun: Walk): AsyncGenerator<Changes, boolean, void> {
    const { visits, tuning } = this.#parts;
    const walker = new Walker({ ...this.#parts, walk: begun, resuming: this.#ctx.resuming });
    const { walk } = walker;
    const cursor = (): Cursor => {
      const watermark = this.#cursor.watermark ?? (walker.newest > 0 ? iso(walker.newest) : null);
      this.#cursor = { ...this.#cursor, watermark, walk: { ...walk } };
      return this.#cursor;
    };
    yield* walker.changes(cursor);
    yield [{ type: "checkpoint", cursor: cursor() }];
    if (walker.stopped) return false;
    if (walk.whole) {
      const asked = yield* walker.absent(walk.deep ? tuning.walkChecks : tuning.sweepChecks, this.#cursor.asked);
      this.#cursor = { ...this.#cursor, asked };
      if (walker.stopped) return false;
    }
    // What limits cut in pieces is gone through once more as a whole before it counts as walked.
    this.#cursor = {
      ...this.#cursor,
      watermark: this.#cursor.watermark ?? walk.begun,
      swept: walk.begun,
      walked: walk.deep && walk.whole ? walk.begun : this.#cursor.walked,
      walk: null,
    };
    if (!walk.deep || !walk.whole) return false;
    this.#ctx.note(
      `${walk.found + walk.walked} pages: ${walk.found} found by search, ${walk.walked} more by walking, ${walk.unreadable} not readable.`,
    );
    return visits.waiting.size === 0;
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
