import type { Change } from "../types.ts";
import type { DriveApi } from "./api.ts";
import { isFolder, isShortcut, type DriveFile } from "./drive-file.ts";
import { inParallel } from "./in-parallel.ts";
import { changeOf, itemOf } from "./items.ts";

export type ItemChange = Exclude<Change<never>, { type: "waiting" | "checkpoint" | "done" }>;

/**
 * What files mean for the sync: a shortcut stands for its target, under the target's id and version, so that one file is
 * one document however many shortcuts lead to it.
 */
export async function changesOf(api: DriveApi, files: readonly DriveFile[]): Promise<ItemChange[]> {
  const targets = new Map<string, DriveFile | null>();
  const ids = new Set(files.filter(isShortcut).flatMap(({ shortcutDetails }) => shortcutDetails?.targetId ?? []));
  // A target that is listed itself needs no request.
  for (const file of files) if (ids.has(file.id)) targets.set(file.id, file);
  const missing = [...ids].filter((id) => !targets.has(id));
  const got = await inParallel(missing, (id) => api.get(id));
  missing.forEach((id, i) => targets.set(id, got[i] ?? null));

  const changes = new Map<string, ItemChange>();
  for (const file of files) {
    if (isFolder(file)) continue;
    const change = isShortcut(file) ? throughShortcut(file, targets) : changeOf(file);
    if (change && change.type !== "delete") changes.set(change.item.id, change);
  }
  return [...changes.values()];
}

function throughShortcut(file: DriveFile, targets: ReadonlyMap<string, DriveFile | null>): ItemChange | null {
  const id = file.shortcutDetails?.targetId;
  const target = id === undefined ? null : (targets.get(id) ?? null);
  const dangling = (detail: string): ItemChange => ({ type: "skip", item: itemOf(file), reason: "missing", detail });
  if (!target) return dangling("The shortcut leads to a file that was deleted or is not shared with this account.");
  if (target.trashed) return dangling("The shortcut leads to a file in the trash.");
  // Folders are followed where the folders of the choice are found, not here.
  if (isFolder(target)) return null;
  if (isShortcut(target)) return dangling("The shortcut leads to another shortcut.");
  return changeOf(target);
}
