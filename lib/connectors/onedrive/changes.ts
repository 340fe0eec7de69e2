import { createHash } from "node:crypto";
import { Failure, type Change, type Ctx } from "../types.ts";
import { Allowance } from "./allowance.ts";
import type { OneDriveConfig } from "./config.ts";
import type { OneDriveCursor } from "./cursor.ts";
import { driveItem, holdsItems, itemFields, type DriveItem } from "./drive-item.ts";
import { Feed, firstLink } from "./feed.ts";
import { ask, ownLink, Resync } from "./graph.ts";
import { Handed } from "./handed.ts";
import { changeOf, type Named } from "./items.ts";
import { Scope } from "./scope.ts";

type Changes = readonly Change<OneDriveCursor>[];
type Run = AsyncGenerator<Changes, void, void>;

/** Deltas leave out a deletion now and then: everything is looked through at least this often. */
const walkEveryMs = 7 * 86_400_000;
/** Entries of a delta held before they are named, so that the last state of each wins. */
const mostHeld = 5_000;
/** Tokens refused in one run. */
const mostResyncs = 3;

/** Everything in the drive, or what changed since; page by page. @throws Failure, EgressError */
export async function* oneDriveChanges(ctx: Ctx<OneDriveConfig>, since: OneDriveCursor | null): Run {
  yield* new Sync(ctx).run(since);
}

/** One run. The cursor of a walk or delta under way is `#at`. */
class Sync {
  readonly #ctx: Ctx<OneDriveConfig>;
  readonly #feed: Feed;
  readonly #scope: Scope;
  readonly #handed = new Handed();
  readonly #allowance: Allowance;
  readonly #now: number;
  #at: OneDriveCursor;

  constructor(ctx: Ctx<OneDriveConfig>) {
    this.#ctx = ctx;
    this.#feed = new Feed(ctx);
    this.#scope = new Scope(ctx);
    this.#allowance = new Allowance(ctx);
    this.#now = ctx.now().getTime();
    this.#at = this.#beginning();
  }

  async *run(since: OneDriveCursor | null): Run {
    if (this.#scope.empty) {
      // Nobody has chosen yet: that is no reason to let anything go.
      yield [{ type: "done", coverage: "delta", cursor: since ?? this.#beginning() }];
      return;
    }
    yield* this.#takeUp(since);
    for (let resyncs = 0; ;) {
      try {
        if (this.#at.step === "delta") {
          if (yield* this.#delta()) return;
          await this.#startWalk({});
        }
        yield* this.#walk();
        return;
      } catch (error) {
        if (!(error instanceof Resync)) throw error;
        if (++resyncs > mostResyncs) {
          throw new Failure("transient", "OneDrive refuses its own page tokens again and again.", {
            fix: "Nothing was deleted; the next sync tries again.",
          });
        }
        this.#ctx.note("OneDrive asked to look through everything anew; unchanged files are not read again.");
        const link = error.location === null ? null : ownLink(this.#ctx.api, error.location);
        await this.#startWalk(link === null ? {} : { link });
      }
    }
  }

  /** Where this run goes on. */
  async *#takeUp(since: OneDriveCursor | null): Run {
    const named = this.#ctx.resuming && (await this.#handed.recall(this.#ctx));
    if (since === null) return this.#startWalk({});
    const { step, confirm, resync } = since;
    if (step === "delta") {
      const due = confirm || this.#now - since.walkedAt > walkEveryMs || since.walkedAt > this.#now;
      if (due) return this.#startWalk({ doubt: since.doubt });
    } else if (resync && !(since.whole && named)) {
      return this.#startWalk({ doubt: since.doubt });
    }
    this.#scope.recall(since.folders);
    // A delta asks for them at once; a walk keeps them until a delta follows.
    if (step === "walk") for (const id of since.again) this.#handed.postpone(id);
    this.#at = { ...since, whole: since.whole && named };
    // Stored before anything else of this run: only what this very run has named may count as named.
    if (since.whole && !named) yield [{ type: "checkpoint", cursor: this.#cursor() }];
  }

  #beginning(): OneDriveCursor {
    return {
      v: 1,
      step: "walk",
      link: firstLink(this.#ctx.api),
      whole: true,
      resync: false,
      fill: null,
      entries: 0,
      confirm: false,
      doubt: null,
      again: [],
      folders: null,
      at: this.#now,
      walkedAt: this.#now,
    };
  }

  /** What this run named before may be gone by now, and would not be missed: then another walk follows. */
  async #startWalk(how: { readonly link?: string; readonly doubt?: string | null }): Promise<void> {
    this.#feed.restart();
    this.#scope.forget();
    const resync = (await this.#unseen(1)) > 0;
    this.#at = { ...this.#beginning(), ...how, resync, confirm: this.#handed.size > 0 };
  }

  /** Stored documents this run has not named; counts no further than `enough`. */
  async #unseen(enough: number): Promise<number> {
    let count = 0;
    for await (const page of this.#ctx.known.unseen()) {
      count += page.length;
      if (count >= enough) break;
    }
    return count;
  }

  /**
   * Which stored documents this walk has not named, if they are more than those it has: then the guard (lib/sync) wants
   * another complete listing. Of a run that was taken over it is not known how many were stored before.
   */
  async #doubt(): Promise<string | null> {
    const ids = createHash("sha256");
    let count = 0;
    for await (const page of this.#ctx.known.unseen()) {
      for (const { id } of page) ids.update(`${id}\0`);
      count += page.length;
    }
    return count > (this.#ctx.resuming ? 0 : this.#allowance.stored) ? ids.digest("base64url").slice(0, 16) : null;
  }

  #cursor(change: Partial<OneDriveCursor> = {}): OneDriveCursor {
    return { ...this.#at, again: this.#handed.again, folders: this.#scope.folders, ...change };
  }

  // ---- everything there is ----

  async *#walk(): Run {
    for (;;) {
      const { link } = this.#at;
      const page = await this.#feed.page(link);
      await this.#learn(page.items);
      this.#at = { ...this.#at, entries: this.#at.entries + page.items.length };
      const { changes, left } = await this.#judge(page.items, this.#at.whole);
      if (left.length > 0) {
        this.#tellLimit();
        changes.push({ type: "waiting", count: left.length });
        if (!this.#at.whole || !this.#at.resync) {
          // What is left waits at this page; nothing behind it is asked for before.
          yield changes;
          yield* this.#end("delta", { whole: false, resync: false });
          return;
        }
        // Documents are stored already, so the rest is looked through for what is gone; what is new there waits, too.
        this.#at = { ...this.#at, fill: this.#at.fill ?? link };
      }
      if (page.next === null) {
        yield changes;
        yield* this.#endWalk(page.delta ?? firstLink(this.#ctx.api));
        return;
      }
      this.#at = { ...this.#at, link: page.next };
      yield [...changes, { type: "checkpoint", cursor: this.#cursor() }];
    }
  }

  async #learn(items: readonly DriveItem[]): Promise<void> {
    const folders = items.filter(holdsItems);
    for (const folder of folders) if (!folder.deleted) this.#scope.learn(folder);
    for (const folder of folders) {
      if (!folder.deleted) await this.#scope.walked(folder);
      // What this walk named in it may be gone without another word.
      else this.#at = { ...this.#at, confirm: true };
    }
  }

  async *#endWalk(deltaLink: string): Run {
    const { whole, resync, fill } = this.#at;
    const doubt = whole && resync ? await this.#doubt() : null;
    // The guard wants such a listing to be confirmed by another one.
    const doubtful = doubt !== null && doubt !== this.#at.doubt;
    const confirm = this.#at.confirm || doubtful || this.#handed.tooMany;
    const then: Partial<OneDriveCursor> =
      fill === null ? { step: "delta", link: deltaLink } : { link: fill, fill: null };
    yield* this.#end(whole ? "full" : "delta", {
      ...then,
      whole: false,
      resync: false,
      doubt,
      confirm,
      at: this.#ctx.now().getTime(),
    });
  }

  // ---- what changed ----

  /** @returns false if a walk has to tell instead */
  async *#delta(): AsyncGenerator<Changes, boolean, void> {
    const held = new Map<string, DriveItem>();
    const again = this.#at.again;
    for (const id of again) held.set(id, await this.#itemNow(id));
    for (let { link } = this.#at; ;) {
      const page = await this.#feed.page(link);
      for (const item of page.items) {
        held.delete(item.id);
        held.set(item.id, item);
      }
      const { next } = page;
      const items = [...held.values()];
      if (next !== null && held.size < mostHeld && !(await this.#allowance.exceededBy(upsertsOf(items)))) {
        link = next;
        continue;
      }
      if (await this.#folderMoved(items)) return false;
      const { changes, left } = await this.#judge(items, false);
      if (left.length > 0) {
        this.#tellLimit();
        for (const { item } of left) if (again.includes(item.id)) this.#handed.postpone(item.id);
        yield [...changes, { type: "waiting", count: left.length }];
        yield* this.#end("delta", { link });
        return true;
      }
      yield changes;
      if (next === null) {
        const confirm = this.#handed.tooMany;
        yield* this.#end("delta", { link: page.delta ?? link, at: this.#ctx.now().getTime(), confirm });
        return true;
      }
      this.#at = { ...this.#at, link: next };
      yield [{ type: "checkpoint", cursor: this.#cursor() }];
      held.clear();
      link = next;
    }
  }

  /** A later state that the last run could not take. */
  async #itemNow(id: string): Promise<DriveItem> {
    try {
      return await ask(this.#ctx, `/me/drive/items/${encodeURIComponent(id)}?$select=${itemFields}`, driveItem);
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "missing") throw error;
      return driveItem.parse({ id, deleted: {} });
    }
  }

  /** Whether a folder came into the choice, left it, or went: a delta need not name what is in it. */
  async #folderMoved(items: readonly DriveItem[]): Promise<boolean> {
    for (const item of items) if (holdsItems(item) && !item.deleted) this.#scope.learn(item);
    let moved = false;
    for (const item of items) {
      if (item.deleted) moved = this.#scope.removed(item) || moved;
      else if (holdsItems(item)) moved = (await this.#scope.moved(item, this.#at.at)) || moved;
    }
    if (moved) {
      this.#ctx.note(
        "A folder was moved or deleted, so everything was looked through; files that did not change were not read again.",
      );
    }
    return moved;
  }

  // ---- both ----

  /** @param whole everything is named in this run, so what is not named needs no word */
  async #judge(
    items: readonly DriveItem[],
    whole: boolean,
  ): Promise<{ readonly changes: Change<OneDriveCursor>[]; readonly left: readonly Named[] }> {
    const gone = items.filter(({ deleted }) => deleted).map(({ id }) => id);
    const changes: Change<OneDriveCursor>[] = [...this.#handed.remove(gone)];
    const inside: Named[] = [];
    const outside: string[] = [];
    const elsewhere: string[] = [];
    for (const item of items) {
      const named = item.deleted ? undefined : changeOf(item);
      if (!named) continue;
      if (await this.#scope.holds(item)) inside.push(named);
      else if (!whole || this.#handed.has(item.id)) outside.push(item.id);
      else if (this.#at.resync) elsewhere.push(item.id);
    }
    changes.push(...this.#handed.remove(outside, "moved out of what is synced"));
    // Stored by an earlier choice: that it is outside now is not absence but what the feed says.
    if (elsewhere.length > 0)
      for (const { id, state } of (await this.#ctx.known.get(elsewhere)).values())
        if (state === "stored") changes.push({ type: "delete", id, detail: "outside of what is chosen" });
    const fresh = this.#handed.fresh(inside);
    const skips = fresh.filter(({ type }) => type === "skip");
    const { given, left } = await this.#allowance.afford(
      fresh.filter(({ type }) => type === "upsert"),
      whole,
    );
    this.#handed.add(skips);
    this.#handed.add(given);
    changes.push(...skips, ...given);
    return { changes, left };
  }

  #tellLimit(): void {
    const { entries } = this.#at;
    const far = entries > 0 ? ` after ${entries.toLocaleString("en")} of the drive's entries` : "";
    this.#ctx.note(`The document limit of this sync is reached${far}; the next sync goes on from there.`);
  }

  async *#end(coverage: "full" | "delta", change: Partial<OneDriveCursor>): Run {
    const late = this.#handed.late();
    if (late.length > 0) {
      // Asking for it waits until everything named so far is stored.
      await this.#unseen(0);
      yield late;
    }
    yield [{ type: "done", coverage, cursor: this.#cursor(change) }];
  }
}

function upsertsOf(items: readonly DriveItem[]): readonly Named[] {
  return items.flatMap((item) => {
    const named = item.deleted ? undefined : changeOf(item);
    return named?.type === "upsert" ? [named] : [];
  });
}
