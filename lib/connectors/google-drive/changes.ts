import { Failure, type Change, type Ctx } from "../types.ts";
import { DriveApi } from "./api.ts";
import { Allowance } from "./allowance.ts";
import type { DriveConfig } from "./config.ts";
import { backfillFrom, firstListing, newCursor, wholeListing, type DriveCursor, type Listing } from "./cursor.ts";
import { timeOf } from "./drive-file.ts";
import { Judge } from "./feed.ts";
import { newestFirst } from "./newest-first.ts";
import { PageTurns } from "./pages.ts";
import { chosenPlan, wholePlan, type Plan } from "./places.ts";
import { Scope } from "./scope.ts";
import { changesOf, type ItemChange } from "./targets.ts";
import { confirmUnseen } from "./unseen.ts";

/** Items remembered of the logs in one run; a log that goes on longer is gone on with by the next one. */
const mostDecided = 100_000;

type Changes = AsyncGenerator<readonly Change<DriveCursor>[], void, void>;

/** So often everything is listed and compared, whatever the logs of changes say. */
const compareEveryMs = 7 * 86_400_000;

/**
 * First the logs of changes, from where the last sync stopped; then a listing, if one is due: the first one, one that the
 * document limit stopped, or one because a folder changed. The place in the logs is taken before anything is listed and
 * moves only over pages that were processed, so nothing falls in between; what a listing and a log both name is named
 * with its newest state by the next sync at the latest.
 */
export async function* driveChanges(ctx: Ctx<DriveConfig>, since: DriveCursor | null): Changes {
  if (ctx.config.syncScope === "selected" && ctx.config.selection.length === 0) {
    ctx.note("Nothing is chosen yet, so nothing is synced.");
    yield [{ type: "done", coverage: "delta", cursor: since ?? newCursor }];
    return;
  }
  const sync = new Sync(ctx, since ?? newCursor);
  yield* sync.run();
}

class Sync {
  readonly #ctx: Ctx<DriveConfig>;
  readonly #api: DriveApi;
  readonly #allowance: Allowance;
  /** decided from the logs by this run: id → version, null = gone */
  readonly #decided = new Map<string, string | null>();
  /** what was decided from a log may be wrong, and no log tells again: the next sync compares everything */
  #doubtful = false;
  #cursor: DriveCursor;
  #drives: readonly string[] = [];

  constructor(ctx: Ctx<DriveConfig>, cursor: DriveCursor) {
    this.#ctx = ctx;
    this.#api = new DriveApi(ctx);
    this.#allowance = new Allowance(ctx);
    this.#cursor = cursor;
  }

  get #full(): boolean {
    return this.#ctx.config.syncScope === "full";
  }

  async *run(): Changes {
    if (this.#full) this.#drives = (await this.#api.drives()).map(({ id }) => id);
    if (!this.#ctx.resuming) this.#abandon();
    const listing = this.#cursor.listing;
    // A run that was taken over in the middle of its listing has been through the logs already.
    if (Object.keys(this.#cursor.feeds).length > 0 && !(this.#ctx.resuming && listing?.going)) yield* this.#feeds();
    while (this.#cursor.listing) {
      const again: boolean = yield* this.#list(this.#cursor.listing);
      if (!again) return;
    }
    yield [{ type: "done", coverage: "delta", cursor: this.#cursor }];
  }

  /** What an earlier run listed before it failed, this one has not seen: a complete listing begins again. */
  #abandon(): void {
    const { listing } = this.#cursor;
    if (listing?.going && listing.whole) this.#set({ listing: listing.stops ? firstListing : wholeListing });
  }

  #checkpoint(): Change<DriveCursor> {
    return { type: "checkpoint", cursor: this.#cursor };
  }

  #set(change: Partial<DriveCursor>): void {
    this.#cursor = { ...this.#cursor, ...change };
  }

  #relist(): void {
    const { listing } = this.#cursor;
    // One that covers everything is under way or waits already; one that stops early would miss what is gone.
    if (!listing || listing.stops) this.#set({ listing: wholeListing });
  }

  // ── logs of changes ────────────────────────────────────────────────────────────────────────────

  async *#feeds(): Changes {
    const { feeds, fedAt, listedAt, linked, listing } = this.#cursor;
    const begun = this.#ctx.now().toISOString();
    if (this.#ctx.resuming) {
      for await (const page of this.#ctx.known.seenThisRun())
        for (const { id, version } of page) this.#decided.set(id, version);
    }
    if (
      this.#full &&
      !sameMembers(
        this.#drives,
        Object.keys(feeds).filter((id) => id !== ""),
      )
    ) {
      this.#set({
        feeds: Object.fromEntries(Object.entries(feeds).filter(([id]) => id === "" || this.#drives.includes(id))),
      });
      this.#relist();
    }
    const scope = new Scope(this.#api, this.#ctx.config, linked);
    const judge = new Judge(this.#api, scope, this.#ctx.known, timeOf(fedAt ?? undefined) ?? null, !listing);
    let whole = true;
    for (const [feed, token] of Object.entries(this.#cursor.feeds)) {
      if (token === "") continue;
      try {
        whole = (yield* this.#feed(feed, judge)) && whole;
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== "cursor_expired") throw error;
        // The other logs are good still; what this one would have told is found by comparing everything.
        const { [feed]: _, ...others } = this.#cursor.feeds;
        this.#set({ feeds: others });
        this.#relist();
        this.#doubtful ||= this.#decided.size > 0;
        this.#ctx.note("Google no longer knows where the last sync stopped, so everything is listed again.");
      }
    }
    if (whole) this.#set({ fedAt: begun });
    const compared = timeOf(listedAt ?? undefined);
    if (!this.#cursor.listing && (compared === undefined || this.#ctx.now().getTime() - compared > compareEveryMs)) {
      this.#relist();
    }
    yield [this.#checkpoint()];
  }

  /** Reads a log to its end. False = stopped before it, to be gone on with by the next sync. */
  async *#feed(feed: string, judge: Judge): AsyncGenerator<readonly Change<DriveCursor>[], boolean, void> {
    const turns = new PageTurns();
    for (let token = this.#cursor.feeds[feed] ?? ""; ;) {
      const page = await this.#api.changes(feed, token);
      const { changes, relist } = await judge.page(page);
      if (relist !== null) {
        this.#ctx.log("debug", "everything is listed again", { because: relist });
        this.#relist();
      }
      const conflicting = new Set<string>();
      const fresh = changes.filter((change) => this.#isFresh(change, conflicting));
      const { take, wait } = await this.#allowance.split(fresh, true);
      this.#postpone(wait);
      if (conflicting.size > 0) {
        // The engine decides about an item once a run; the newer state is for the next one, which reads this page again.
        yield [...take, this.#checkpoint()];
        return false;
      }
      const next = turns.next(page.next, page.changes.length === 0);
      const goOn = next ?? page.newStart ?? token;
      this.#set({ feeds: { ...this.#cursor.feeds, [feed]: goOn } });
      yield [...take, this.#checkpoint()];
      if (next === null) return true;
      if (this.#decided.size > mostDecided) return false;
      token = next;
    }
  }

  #isFresh(change: ItemChange, conflicting: Set<string>): boolean {
    const [id, version] = change.type === "delete" ? [change.id, null] : [change.item.id, change.item.version];
    const before = this.#decided.get(id);
    if (before === undefined) {
      this.#decided.set(id, version);
      return true;
    }
    if (before !== version) conflicting.add(id);
    return false;
  }

  /** New files for which the limit leaves no room: the listing of this run begins with the newest of them, and counts. */
  #postpone(wait: readonly ItemChange[]): void {
    if (wait.length === 0) return;
    const newest = newestOf(wait);
    const { listing } = this.#cursor;
    if (!listing) this.#set({ listing: backfillFrom(newest) });
    // One that does not stop meets them again.
    else if (listing.stops && listing.before !== null) {
      this.#set({ listing: backfillFrom(newest === null ? null : later(listing.before, newest)) });
    }
  }

  // ── listing ────────────────────────────────────────────────────────────────────────────────────

  /** True = what is left of `cursor.listing` is to be listed by this run, too. */
  async *#list(listing: Listing): AsyncGenerator<readonly Change<DriveCursor>[], boolean, void> {
    const plan = yield* this.#prepare();
    // The logs were judged as if those folders belonged still.
    const left = this.#cursor.linked.some((id) => !plan.linked.includes(id));
    this.#doubtful ||= left && this.#decided.size > 0;
    this.#set({ linked: [...plan.linked], listing: { ...listing, going: true } });
    const direct = await changesOf(this.#api, plan.files);
    if ((yield* this.#slab([...plan.skips, ...direct], listing.before, listing.stops)) === "stopped") return false;

    for await (const slab of newestFirst(this.#api, plan.places, listing.before)) {
      if (slab.incomplete) this.#partial();
      const changes = await changesOf(this.#api, slab.files);
      const outcome = yield* this.#slab(changes, slab.position, listing.stops, slab.more);
      if (outcome === "stopped") return false;
    }
    return yield* this.#listed();
  }

  /** Finds what is to be listed, and takes its place in the logs before that. */
  async *#prepare(): AsyncGenerator<readonly Change<DriveCursor>[], Plan, void> {
    const tokens: Record<string, string> = { ...this.#cursor.feeds };
    const watch = async (driveId: string) => {
      if (tokens[driveId]) return;
      // "" = there is no log for this account; what it may see of that drive is in its own
      tokens[driveId] = (await this.#api.startToken(driveId)) ?? "";
    };
    const first = tokens[""] === undefined;
    await watch("");
    if (this.#full) for (const driveId of this.#drives) await watch(driveId);
    if (first) this.#set({ fedAt: this.#ctx.now().toISOString() });
    const plan = this.#full ? wholePlan(this.#drives) : await chosenPlan(this.#api, this.#ctx.config, watch);
    this.#set({ feeds: tokens });
    yield [this.#checkpoint()];
    return plan;
  }

  async *#slab(
    changes: readonly ItemChange[],
    position: string | null,
    stops: boolean,
    more = true,
  ): AsyncGenerator<readonly Change<DriveCursor>[], "stopped" | "goes on", void> {
    const { take, wait } = await this.#allowance.split(changes, !stops);
    const { listing } = this.#cursor;
    if (!listing) return "goes on";
    const full = stops && (wait.length > 0 || (more && this.#allowance.usedUp && changes.length > 0));
    if (!full) {
      const waits = wait.length > 0 ? later(listing.waits, newestOf(wait)) : listing.waits;
      this.#set({ listing: { ...listing, before: position, waits } });
      yield [...take, ...waiting(wait.length), this.#checkpoint()];
      return "goes on";
    }
    const from = wait.length > 0 ? this.#firstOf(wait, position, listing.before) : position;
    this.#set({ listing: backfillFrom(from) });
    this.#ctx.note(
      from === null
        ? "Limit reached: more files follow with the next syncs."
        : `Limit reached: files last changed before ${dayOf(from)} follow with the next syncs.`,
    );
    yield [...take, ...waiting(wait.length), { type: "done", coverage: "delta", cursor: this.#cursor }];
    return "stopped";
  }

  /** Where the next sync begins so that it meets everything that waits. Without an order that is where this one began. */
  #firstOf(wait: readonly ItemChange[], position: string | null, began: string | null): string | null {
    const newest = newestOf(wait);
    return newest === null || position === null ? began : newest;
  }

  #partial(): void {
    const { listing } = this.#cursor;
    if (!listing || listing.partial) return;
    this.#set({ listing: { ...listing, partial: true } });
    this.#ctx.note("Google did not search everywhere, so files missing from its listing are kept.");
  }

  /** The listing came to its end. */
  async *#listed(): AsyncGenerator<readonly Change<DriveCursor>[], boolean, void> {
    const { listing } = this.#cursor;
    if (!listing) return false;
    if (!listing.whole) {
      // Everything that waited for the limit is stored: compare once, from the newest on.
      this.#set({ listing: wholeListing });
      return true;
    }
    const next = listing.waits === null ? null : backfillFrom(listing.waits === "" ? null : listing.waits);
    if (listing.partial) {
      this.#set({ listing: next, listedAt: null });
      yield [{ type: "done", coverage: "delta", cursor: this.#cursor }];
      return false;
    }
    const scope = new Scope(this.#api, this.#ctx.config, this.#cursor.linked);
    const absent = yield* confirmUnseen(this.#ctx, this.#api, scope);
    // Where much is absent the guard wants a second listing that agrees: the next sync makes it.
    const settled = absent === 0 && !this.#doubtful;
    this.#set({ listing: next, listedAt: settled ? this.#ctx.now().toISOString() : null });
    yield [{ type: "done", coverage: "full", cursor: this.#cursor }];
    return false;
  }
}

function waiting(count: number): Change<DriveCursor>[] {
  return count > 0 ? [{ type: "waiting", count }] : [];
}

/** Time of the newest file, RFC 3339; null = one of them has none. */
function newestOf(changes: readonly ItemChange[]): string | null {
  let newest = Number.NEGATIVE_INFINITY;
  for (const change of changes) {
    if (change.type === "delete") continue;
    if (!change.item.updatedAt) return null;
    newest = Math.max(newest, change.item.updatedAt.getTime());
  }
  return Number.isFinite(newest) ? new Date(newest).toISOString() : null;
}

/** The later of two times; "" = from the top, which is later than any. */
function later(a: string | null, b: string | null): string {
  if (b === null || a === "") return "";
  return a === null || a < b ? b : a;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

const dayOf = (time: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" }).format(new Date(time));
