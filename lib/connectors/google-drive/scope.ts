import type { DriveApi } from "./api.ts";
import { sharedWithMe, type DriveConfig } from "./config.ts";
import { mostLinked } from "./cursor.ts";
import type { DriveFile } from "./drive-file.ts";

/** Deeper folders than Drive itself allows (100). */
const deepest = 110;
const mostRemembered = 20_000;

/**
 * Which files belong to the connection. Drive tells a file's parent and no more, so folders above it are looked up, each
 * once a run.
 */
export class Scope {
  readonly #api: DriveApi;
  readonly full: boolean;
  /** false = it may be wrong about what shortcuts to folders lead to */
  readonly sure: boolean;
  /** chosen ids, and folders reached by shortcuts: whatever is one of them or below one of them belongs */
  readonly #roots: Set<string>;
  readonly #withShared: boolean;
  readonly #folders = new Map<string, Promise<DriveFile | null>>();

  constructor(api: DriveApi, config: Readonly<DriveConfig>, linked: readonly string[]) {
    this.#api = api;
    this.full = config.syncScope === "full";
    this.sure = linked.length < mostLinked;
    this.#roots = new Set([...config.selection.map(({ id }) => id), ...linked]);
    this.#withShared = this.#roots.has(sharedWithMe);
  }

  /** Not for files in the trash: those belong nowhere. */
  async contains(file: DriveFile): Promise<boolean> {
    if (this.full) return true;
    let at: DriveFile | null = file;
    for (let depth = 0; at && depth < deepest; depth++) {
      if (this.#isRoot(at)) return true;
      const parent: string | undefined = at.parents[0];
      if (parent === undefined) return false;
      if (this.#roots.has(parent)) return true;
      at = await this.#folder(parent);
    }
    return false;
  }

  /** Itself, or by a shortcut that belongs. */
  async reaches(file: DriveFile): Promise<boolean> {
    if (await this.contains(file)) return true;
    for (const shortcut of await this.#api.shortcutsTo(file.id)) {
      if (await this.contains(shortcut)) return true;
    }
    return false;
  }

  #isRoot(file: DriveFile): boolean {
    if (this.#roots.has(file.id)) return true;
    if (file.driveId !== undefined && this.#roots.has(file.driveId)) return true;
    return this.#withShared && file.sharedWithMeTime !== undefined;
  }

  #folder(id: string): Promise<DriveFile | null> {
    let folder = this.#folders.get(id);
    if (!folder) {
      if (this.#folders.size >= mostRemembered) this.#folders.clear();
      this.#folders.set(id, (folder = this.#api.get(id)));
    }
    return folder;
  }
}
