import type { Ctx } from "../types.ts";
import type { ChangePage, DriveApi, FileChange } from "./api.ts";
import { isFolder, isShortcut, mimes, timeOf, type DriveFile } from "./drive-file.ts";
import { inParallel } from "./in-parallel.ts";
import { changeOf } from "./items.ts";
import type { Scope } from "./scope.ts";
import { changesOf, type ItemChange } from "./targets.ts";

/** Clocks differ: a folder this much younger than the last reading of the log was made since then. */
const marginMs = 10 * 60_000;

export interface Judged {
  readonly changes: readonly ItemChange[];
  /** something changed that can bring many files in or out, of which the log names none: list everything again */
  readonly relist: string | null;
}

/** What entries of a log of changes mean for what is stored. */
export class Judge {
  readonly #api: DriveApi;
  readonly #scope: Scope;
  readonly #known: Ctx<object>["known"];
  /** when the log was read before, ms; null = unknown */
  readonly #lastFed: number | null;
  readonly #complete: boolean;

  /** @param complete everything was listed once, so an unknown id is news */
  constructor(api: DriveApi, scope: Scope, known: Ctx<object>["known"], lastFed: number | null, complete: boolean) {
    this.#api = api;
    this.#scope = scope;
    this.#known = known;
    this.#lastFed = lastFed;
    this.#complete = complete;
  }

  async page(page: Pick<ChangePage, "changes" | "drives">): Promise<Judged> {
    const targets = page.changes.flatMap(({ file }) => file?.shortcutDetails?.targetId ?? []);
    const ids = [...new Set([...page.changes.map(({ fileId }) => fileId), ...targets])];
    const known = new Set<string>();
    for (let at = 0; at < ids.length; at += 5_000)
      for (const id of (await this.#known.get(ids.slice(at, at + 5_000))).keys()) known.add(id);
    const judged = await inParallel(page.changes, (change) => this.#one(change, known));
    // An item may be met twice: by itself, and as the target of a shortcut. Being there wins.
    const changes = new Map<string, ItemChange>();
    for (const each of judged.flatMap(({ changes: some }) => some)) {
      const id = each.type === "delete" ? each.id : each.item.id;
      if (each.type !== "delete" || !changes.has(id)) changes.set(id, each);
    }
    // When everything is synced, the list of shared drives itself is compared.
    const drives = page.drives && !this.#scope.full ? "A shared drive was joined, left or changed." : null;
    return {
      changes: [...changes.values()],
      relist: drives ?? judged.find(({ relist }) => relist !== null)?.relist ?? null,
    };
  }

  async #one({ fileId, file }: FileChange, known: ReadonlySet<string>): Promise<Judged> {
    if (!file) {
      if (known.has(fileId)) return only({ type: "delete", id: fileId, detail: "deleted, or not shared any more" });
      // It may have been a folder or a shortcut: the log does not say what it was.
      return this.#complete ? again("Something that was not a file was removed.") : nothing;
    }
    if (isFolder(file)) return this.#folder(file);
    if (isShortcut(file)) return this.#shortcut(file, known);
    if (file.trashed) {
      return known.has(fileId) ? only({ type: "delete", id: fileId, detail: "moved to the trash" }) : nothing;
    }
    if (await this.#scope.contains(file)) return only(changeOf(file));
    if (!known.has(fileId)) return nothing;
    if (await this.#scope.reaches(file)) return only(changeOf(file));
    return this.#scope.sure ? only(left(fileId)) : again("More folders are reached by shortcuts than are remembered.");
  }

  /** A folder's own entry is all that a move, a loss or a return of everything in it leaves in the log. */
  #folder(folder: DriveFile): Judged {
    const created = timeOf(folder.createdTime);
    const isNew = created !== undefined && this.#lastFed !== null && created > this.#lastFed + marginMs;
    // What was put into a new folder has entries of its own, unless it was there before the folder was shared.
    if (isNew && !folder.trashed && folder.sharedWithMeTime === undefined) return nothing;
    return again("A folder was changed.");
  }

  async #shortcut(shortcut: DriveFile, known: ReadonlySet<string>): Promise<Judged> {
    if (shortcut.shortcutDetails?.targetMimeType === mimes.folder) return again("A shortcut to a folder was changed.");
    if (!shortcut.trashed && (await this.#scope.contains(shortcut))) {
      return { changes: await changesOf(this.#api, [shortcut]), relist: null };
    }
    const gone: ItemChange[] = known.has(shortcut.id) ? [{ type: "delete", id: shortcut.id }] : [];
    const targetId = shortcut.shortcutDetails?.targetId;
    if (targetId === undefined || !known.has(targetId)) return { changes: gone, relist: null };
    const target = await this.#api.get(targetId);
    const stays = target && !target.trashed && (await this.#scope.reaches(target));
    return { changes: [...gone, stays ? changeOf(target) : left(targetId)], relist: null };
  }
}

const nothing: Judged = { changes: [], relist: null };
const only = (change: ItemChange): Judged => ({ changes: [change], relist: null });
const again = (relist: string): Judged => ({ changes: [], relist });

export const left = (id: string): ItemChange => ({
  type: "delete",
  id,
  detail: "moved out of what was chosen",
});
