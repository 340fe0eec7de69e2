import { Failure, type Change } from "../types.ts";
import { quote, type DriveApi } from "./api.ts";
import { sharedWithMe, type DriveConfig } from "./config.ts";
import { isFolder, isShortcut, listedIn, mimes, type DriveFile } from "./drive-file.ts";
import { mostLinked } from "./cursor.ts";
import { inParallel } from "./in-parallel.ts";
import { pagesOf } from "./pages.ts";

/** Where files are listed: each place is one query that can be turned page by page, newest first. */
export interface Place {
  /** corpus of the query */
  readonly corpus: Readonly<Record<string, string>>;
  /** folders whose direct children are meant; empty = everything in the corpus that `also` allows */
  readonly folders: readonly string[];
  /** more conditions */
  readonly also: string;
}

/** What a listing consists of. */
export interface Plan {
  readonly places: readonly Place[];
  /** files that were chosen one by one */
  readonly files: readonly DriveFile[];
  /** what was chosen and cannot be read */
  readonly skips: readonly Extract<Change<never>, { type: "skip" }>[];
  /** folders outside the choice that shortcuts inside it lead to */
  readonly linked: readonly string[];
}

/** Folders named in one query: Drive takes long ones, but not endless ones. */
const foldersInQuery = 40;

const own: Place["corpus"] = { corpora: "user" };
const corpusOf = (driveId: string | undefined): Place["corpus"] =>
  driveId === undefined ? own : { corpora: "drive", driveId };

/** The query of a place; `before`: only what was changed at or before then (RFC 3339). */
export function queryOf(place: Place, before: string | null): string {
  const parents = place.folders.map((id) => `${quote(id)} in parents`).join(" or ");
  return [
    "trashed = false",
    `mimeType != '${mimes.folder}'`,
    ...(place.also === "" ? [] : [place.also]),
    ...(parents === "" ? [] : [`(${parents})`]),
    ...(before === null ? [] : [`modifiedTime <= ${quote(before)}`]),
  ].join(" and ");
}

/** Everything the account can open: its own corpus, and each shared drive, which the own corpus does not include. */
export function wholePlan(drives: readonly string[]): Plan {
  return {
    places: [own, ...drives.map(corpusOf)].map((corpus) => ({ corpus, folders: [], also: "" })),
    files: [],
    skips: [],
    linked: [],
  };
}

/**
 * What was chosen, with every folder below it. `watch` is called with a shared drive before anything in it is listed.
 */
export async function chosenPlan(
  api: DriveApi,
  config: Readonly<DriveConfig>,
  watch: (driveId: string) => Promise<void>,
): Promise<Plan> {
  const places: Place[] = [];
  const files: DriveFile[] = [];
  const skips: Extract<Change<never>, { type: "skip" }>[] = [];
  const walk = new Walk(api, watch);
  const ids = config.selection.flatMap(({ id }) => (id === sharedWithMe ? [] : id));
  const got = await inParallel(ids, (id) => api.get(id));
  const found = new Map(ids.map((id, i) => [id, got[i] ?? null] as const));
  for (const chosen of config.selection) {
    const file = found.get(chosen.id) ?? null;
    if (chosen.kind === "drive") {
      await watch(chosen.id);
      // A shared drive that is gone, or that the account has left, is no reason to stop the others.
      if (file === null) skips.push(unreadable(chosen));
      else {
        places.push({ corpus: corpusOf(chosen.id), folders: [], also: "" });
        await walk.shortcutsIn({ corpus: corpusOf(chosen.id), folders: [], also: "" });
      }
    } else if (chosen.id === sharedWithMe) {
      places.push({ corpus: own, folders: [], also: "sharedWithMe = true" });
      await walk.shortcutsIn({ corpus: own, folders: [], also: "sharedWithMe = true" }, true);
    } else {
      if (!file || file.trashed) skips.push(unreadable(chosen));
      else if (isFolder(file)) walk.enter(file, false);
      else if (isShortcut(file) && file.shortcutDetails?.targetMimeType === mimes.folder) await walk.follow(file);
      else {
        const driveId = listedIn(file);
        if (driveId !== undefined) await watch(driveId);
        files.push(file);
      }
    }
  }
  await walk.toTheEnd();
  return { places: [...places, ...walk.places()], files, skips, linked: [...walk.linked].slice(0, mostLinked) };
}

function unreadable(chosen: { readonly id: string; readonly name: string }): Plan["skips"][number] {
  return {
    type: "skip",
    item: { id: chosen.id, version: "unreadable", title: chosen.name || "Untitled" },
    reason: "missing",
    detail: "It was chosen to be synced, but it was deleted or is not shared with this account any more.",
  };
}

/** Finds every folder below some, level by level, many in one request. */
class Walk {
  readonly linked = new Set<string>();
  readonly #api: DriveApi;
  readonly #watch: (driveId: string) => Promise<void>;
  /** by shared drive ("" = none): folders found, in order */
  readonly #found = new Map<string, string[]>();
  readonly #seen = new Set<string>();
  readonly #watched = new Set<string>();
  #frontier: { readonly id: string; readonly driveId: string }[] = [];

  constructor(api: DriveApi, watch: (driveId: string) => Promise<void>) {
    this.#api = api;
    this.#watch = watch;
  }

  enter(folder: DriveFile, linked: boolean): void {
    if (this.#seen.has(folder.id)) return;
    this.#seen.add(folder.id);
    if (linked) this.linked.add(folder.id);
    const driveId = listedIn(folder) ?? "";
    this.#frontier.push({ id: folder.id, driveId });
    const found = this.#found.get(driveId);
    if (found) found.push(folder.id);
    else this.#found.set(driveId, [folder.id]);
  }

  /** A shortcut to a folder: the folder belongs as if it were here. */
  async follow(shortcut: DriveFile): Promise<void> {
    const id = shortcut.shortcutDetails?.targetId;
    if (id === undefined || this.#seen.has(id)) return;
    const target = await this.#api.get(id);
    if (target && !target.trashed && isFolder(target)) this.enter(target, true);
  }

  async toTheEnd(): Promise<void> {
    while (this.#frontier.length > 0) {
      const level = this.#frontier;
      this.#frontier = [];
      for (const driveId of new Set(level.map((folder) => folder.driveId))) {
        if (driveId !== "" && !this.#watched.has(driveId)) {
          this.#watched.add(driveId);
          await this.#watch(driveId);
        }
        const ids = level.flatMap((folder) => (folder.driveId === driveId ? folder.id : []));
        for (const folders of chunks(ids)) {
          await this.shortcutsIn({ corpus: corpusOf(driveId === "" ? undefined : driveId), folders, also: "" }, true);
        }
      }
    }
  }

  /** Follows shortcuts to folders in a place, and enters its folders, if asked to. */
  async shortcutsIn(place: Place, folders = false): Promise<void> {
    const kinds = [...(folders ? [`mimeType = '${mimes.folder}'`] : []), `mimeType = '${mimes.shortcut}'`].join(" or ");
    const parents = place.folders.map((id) => `${quote(id)} in parents`).join(" or ");
    const q = [
      "trashed = false",
      `(${kinds})`,
      ...(place.also === "" ? [] : [place.also]),
      ...(parents === "" ? [] : [`(${parents})`]),
    ].join(" and ");
    try {
      for await (const page of pagesOf(this.#api, { ...place.corpus, q, pageSize: "1000" })) {
        for (const file of page.files) {
          if (isFolder(file)) this.enter(file, false);
          else if (isShortcut(file) && file.shortcutDetails?.targetMimeType === mimes.folder) await this.follow(file);
        }
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "missing") throw error;
      for (const half of withoutMissing(place, error)) await this.shortcutsIn(half, folders);
    }
  }

  places(): Place[] {
    return [...this.#found].flatMap(([driveId, ids]) =>
      chunks(ids).map((folders) => ({ corpus: corpusOf(driveId === "" ? undefined : driveId), folders, also: "" })),
    );
  }
}

/**
 * Drive refuses a whole query when one of its folders has just gone: the halves are asked one by one, until only the
 * missing folder itself is left out.
 */
export function withoutMissing(place: Place, error: Failure): Place[] {
  if (place.folders.length === 0) throw error;
  if (place.folders.length === 1) return [];
  const middle = place.folders.length >> 1;
  return [
    { ...place, folders: place.folders.slice(0, middle) },
    { ...place, folders: place.folders.slice(middle) },
  ];
}

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / foldersInQuery) }, (_, i) =>
    ids.slice(i * foldersInQuery, (i + 1) * foldersInQuery),
  );
}
