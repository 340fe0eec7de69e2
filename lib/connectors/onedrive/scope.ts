import { createHash } from "node:crypto";
import { z } from "zod";
import { Failure, type Ctx } from "../types.ts";
import type { OneDriveConfig } from "./config.ts";
import { type DriveItem, timeOf } from "./drive-item.ts";
import { ask } from "./graph.ts";

const fingerprintChars = 8;
/** 160 kB in a cursor; beyond that, folders that move are noticed by the next walk only. */
const mostFolders = 20_000;
/** Folders deeper than this are a circle. */
const mostDepth = 400;
/** A folder made at least so long after the last sync began, by clocks that may differ, cannot have been there before. */
const clockMarginMs = 20 * 60_000;

const parentOnly = z.object({ parentReference: z.object({ id: z.string().nullish() }).nullish() });

/**
 * What belongs to the choice. A delta tells neither paths nor what is in a folder that moves, so membership is decided by
 * following parents, and the folders that belong are remembered from run to run.
 */
export class Scope {
  readonly #ctx: Ctx<OneDriveConfig>;
  /** null = the whole drive */
  readonly #chosen: ReadonlySet<string> | null;
  readonly #parents = new Map<string, string | null>();
  #folders: Set<string> | null;

  constructor(ctx: Ctx<OneDriveConfig>) {
    this.#ctx = ctx;
    this.#chosen = ctx.config.syncScope === "full" ? null : new Set(ctx.config.selection.map(({ id }) => id));
    this.#folders = this.#chosen && new Set();
  }

  /** Something was chosen at all. */
  get empty(): boolean {
    return this.#chosen?.size === 0;
  }

  /** What a cursor remembered. */
  recall(folders: string | null): void {
    if (!this.#chosen) return;
    const known = folders?.match(new RegExp(`.{${fingerprintChars}}`, "g")) ?? [];
    this.#folders = folders === null ? null : new Set(known);
  }

  /** For the cursor. */
  get folders(): string | null {
    return this.#folders && this.#folders.size <= mostFolders ? [...this.#folders].join("") : null;
  }

  /** A walk finds every folder anew. */
  forget(): void {
    this.#folders = this.#chosen && new Set();
  }

  /** Remembers where a folder is: to be told of all folders of a page before any question about them. */
  learn(folder: DriveItem): void {
    if (this.#chosen) this.#parents.set(folder.id, folder.parentReference?.id ?? null);
  }

  /** Whether an item belongs to the choice. @throws Failure, EgressError */
  async holds(item: DriveItem): Promise<boolean> {
    if (!this.#chosen) return true;
    if (this.#chosen.has(item.id)) return true;
    let at = item.parentReference?.id ?? null;
    for (let depth = 0; at !== null && depth < mostDepth; depth++) {
      if (this.#chosen.has(at)) return true;
      at = await this.#parentOf(at);
    }
    return false;
  }

  /** A folder of a walk. */
  async walked(folder: DriveItem): Promise<void> {
    if (this.#folders && (await this.holds(folder))) this.#folders.add(fingerprint(folder.id));
  }

  /**
   * A folder that a delta names. @returns true if what is in it came into the choice or left it, of which a delta says
   * nothing. @param since when the delta before began (ms since 1970)
   */
  async moved(folder: DriveItem, since: number): Promise<boolean> {
    if (!this.#folders) return false;
    const key = fingerprint(folder.id);
    const [was, is] = [this.#folders.has(key), await this.holds(folder)];
    if (was === is) return false;
    if (!is) return true;
    this.#folders.add(key);
    const created = timeOf(folder.createdDateTime)?.getTime() ?? 0;
    return created < since + clockMarginMs;
  }

  /**
   * A folder that is gone. @returns whether it may have held documents of ours: one that is not in the choice may have
   * been above it
   */
  removed(folder: DriveItem): boolean {
    this.#folders?.delete(fingerprint(folder.id));
    return folder.folder;
  }

  async #parentOf(id: string): Promise<string | null> {
    const known = this.#parents.get(id);
    if (known !== undefined) return known;
    const parent = await this.#askParent(id);
    this.#parents.set(id, parent);
    return parent;
  }

  async #askParent(id: string): Promise<string | null> {
    try {
      const path = `/me/drive/items/${encodeURIComponent(id)}?$select=id,parentReference`;
      const { parentReference } = await ask(this.#ctx, path, parentOnly);
      return parentReference?.id ?? null;
    } catch (error) {
      // Gone meanwhile, or in a drive that is not ours: nothing of it belongs to the choice.
      if (error instanceof Failure && (error.kind === "missing" || error.kind === "denied")) return null;
      throw error;
    }
  }
}

function fingerprint(id: string): string {
  return createHash("sha256").update(id).digest("base64url").slice(0, fingerprintChars);
}
