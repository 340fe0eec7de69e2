import { Failure } from "../types.ts";
import { circle, type DriveApi } from "./api.ts";
import { timeOf, type DriveFile } from "./drive-file.ts";
import { inParallel } from "./in-parallel.ts";
import { PageTurns } from "./pages.ts";
import { queryOf, withoutMissing, type Place } from "./places.ts";

/** A part of a listing: the newest files that no other place can still have a newer one beside. */
export interface Slab {
  readonly files: readonly DriveFile[];
  /** files changed after then have all been named (RFC 3339); null = begin again at the top */
  readonly position: string | null;
  readonly more: boolean;
  readonly incomplete: boolean;
}

/** Files of all places held in memory at once. */
const mostHeld = 20_000;
/** A place whose page token expires is asked again from where it was, this often. */
const mostRestarts = 3;

/**
 * Lists places side by side, newest first over all of them. The position is a time, so a later run can go on from it;
 * where Google does not keep the order (it gives none to accounts with very many files), it stays at the beginning.
 */
export async function* newestFirst(
  api: DriveApi,
  places: readonly Place[],
  before: string | null,
): AsyncGenerator<Slab, void, void> {
  const pageSize = Math.max(50, Math.min(1_000, Math.floor(mostHeld / Math.max(1, places.length))));
  let sources = places.map((place) => new Source(api, place, before, pageSize));
  let position = before;
  let ordered = true;
  for (;;) {
    const refilled = await inParallel(sources, (source) => source.fill());
    sources = refilled.flat();
    const more = sources.filter((source) => source.hasMore);
    if (sources.some((source) => !source.ordered)) ordered = false;
    // Where a place has no order, what it holds is all that can be said.
    const horizon = ordered
      ? Math.max(...more.map((source) => source.last), Number.NEGATIVE_INFINITY)
      : Number.NEGATIVE_INFINITY;
    const files = sources.flatMap((source) => source.take(horizon));
    if (ordered) files.sort((a, b) => (timeOf(b.modifiedTime) ?? 0) - (timeOf(a.modifiedTime) ?? 0));
    if (!ordered) position = before;
    else if (Number.isFinite(horizon)) position = new Date(horizon).toISOString();
    sources = sources.filter((source) => source.hasMore || source.holds);
    const incomplete = refilled.flat().some((source) => source.incomplete);
    yield { files, position, more: sources.length > 0, incomplete };
    if (sources.length === 0) return;
  }
}

class Source {
  readonly #api: DriveApi;
  readonly #place: Place;
  readonly #before: string | null;
  readonly #pageSize: number;
  readonly #turns = new PageTurns();
  #files: DriveFile[] = [];
  #token: string | null = null;
  #begun = false;
  #restarts = 0;
  /** time of the last file listed; what comes after is not newer */
  last = Number.POSITIVE_INFINITY;
  ordered = true;
  incomplete = false;

  constructor(api: DriveApi, place: Place, before: string | null, pageSize: number) {
    this.#api = api;
    this.#place = place;
    this.#before = before;
    this.#pageSize = pageSize;
  }

  get hasMore(): boolean {
    return !this.#begun || this.#token !== null;
  }

  get holds(): boolean {
    return this.#files.length > 0;
  }

  /** Turns pages until it holds something or is at its end. A place of which a folder is gone comes back as its parts. */
  async fill(): Promise<Source[]> {
    while (this.#files.length === 0 && this.hasMore) {
      try {
        const page = await this.#api.list({
          ...this.#place.corpus,
          q: queryOf(this.#place, this.#from()),
          orderBy: "modifiedTime desc",
          pageSize: String(this.#pageSize),
          ...(this.#token === null ? {} : { pageToken: this.#token }),
        });
        this.#begun = true;
        this.incomplete ||= page.incomplete;
        this.#token = this.#turns.next(page.next, page.files.length === 0);
        this.#hold(page.files);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.kind === "missing") {
          const parts = withoutMissing(this.#place, error);
          const sources = parts.map((part) => new Source(this.#api, part, this.#from(), this.#pageSize));
          return (await inParallel(sources, (source) => source.fill())).flat();
        }
        if (error.kind !== "cursor_expired" || this.#token === null) throw error;
        if (++this.#restarts > mostRestarts) throw circle();
        this.#token = null;
        this.#begun = false;
        this.#restarted = this.ordered && Number.isFinite(this.last) ? new Date(this.last).toISOString() : null;
      }
    }
    return [this];
  }

  #restarted: string | null = null;

  #from(): string | null {
    return this.#restarted ?? this.#before;
  }

  #hold(files: readonly DriveFile[]): void {
    this.#files = [...files];
    for (const file of files) {
      const time = timeOf(file.modifiedTime);
      if (time === undefined) continue;
      if (time > this.last) this.ordered = false;
      this.last = time;
    }
    // Without a single time nothing can be said about the order.
    if (files.length > 0 && !Number.isFinite(this.last)) this.ordered = false;
  }

  /** Hands over what is at least as new as the horizon. */
  take(horizon: number): DriveFile[] {
    const isDue = (file: DriveFile) => (timeOf(file.modifiedTime) ?? Number.POSITIVE_INFINITY) >= horizon;
    const due = this.#files.filter(isDue);
    if (due.length > 0) this.#files = this.#files.filter((file) => !isDue(file));
    return due;
  }
}
