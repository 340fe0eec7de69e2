import type { Ctx, Resource, Resources } from "../types.ts";
import { DriveApi, quote } from "./api.ts";
import { sharedWithMe, type DriveConfig } from "./config.ts";
import { isFolder, isShortcut, listedIn, mimes, timeOf, type DriveFile } from "./drive-file.ts";
import { changeOf, titleOf } from "./items.ts";

/** What the picker shows: folders first, then files that can be read, by name. */

const pageSize = "100";
const order = "folder,name_natural";

export const driveResources: Resources<DriveConfig> = {
  setting: "selection",
  alongside: { syncScope: "selected" },
  needed: ({ syncScope, selection }) => syncScope === "selected" && selection.length === 0,
  async list(ctx, { parent, search, page }) {
    const api = new DriveApi(ctx);
    const term = search?.trim() ?? "";
    if (term !== "") return found(api, { q: `name contains ${quote(term)}`, corpora: "allDrives" }, page);
    if (parent === null) return top(ctx, api);
    if (parent === sharedWithMe) return found(api, { q: "sharedWithMe = true", corpora: "user" }, page);
    // Shared drives answer best when they are named.
    const folder = await api.get(parent);
    const driveId = folder ? listedIn(folder) : undefined;
    const corpus: Record<string, string> = driveId === undefined ? { corpora: "user" } : { corpora: "drive", driveId };
    return found(api, { q: `${quote(parent)} in parents`, ...corpus }, page);
  },
};

async function top(ctx: Ctx<DriveConfig>, api: DriveApi): Promise<{ resources: Resource[]; next: null }> {
  const [root, drives] = await Promise.all([api.get("root"), api.drives()]);
  ctx.log("debug", "listed the places of a Drive", { drives: drives.length });
  return {
    next: null,
    resources: [
      ...(root ? [{ id: root.id, name: "My Drive", kind: "folder" as const, opens: true }] : []),
      { id: sharedWithMe, name: "Shared with me", kind: "folder", opens: true },
      ...drives.map(({ id, name }) => ({ id, name, kind: "drive" as const, path: "Shared drive", opens: true })),
    ],
  };
}

async function found(
  api: DriveApi,
  query: Readonly<Record<string, string>>,
  page: string | null,
): Promise<{ resources: Resource[]; next: string | null }> {
  const { files, next } = await api.list({
    ...query,
    q: `${query["q"] ?? ""} and trashed = false`,
    orderBy: order,
    pageSize,
    ...(page === null ? {} : { pageToken: page }),
  });
  return { resources: files.flatMap((file) => resourceOf(file) ?? []), next };
}

/** Null = there is nothing in it to sync. */
function resourceOf(file: DriveFile): Resource | null {
  const updated = timeOf(file.modifiedTime);
  const common = {
    id: file.id,
    name: titleOf(file),
    ...(file.mimeType === undefined ? {} : { mime: file.mimeType }),
    ...(updated === undefined ? {} : { updatedAt: new Date(updated) }),
  };
  if (isFolder(file)) return { ...common, kind: "folder", opens: true };
  if (isShortcut(file)) {
    const target = file.shortcutDetails;
    if (target?.targetId === undefined) return null;
    // Chosen and opened as what it leads to: the shortcut itself may go.
    const folder = target.targetMimeType === mimes.folder;
    return { ...common, id: target.targetId, kind: folder ? "folder" : "file", opens: folder };
  }
  const change = changeOf(file);
  if (change.type === "skip" && change.reason === "unsupported_type") return null;
  return { ...common, kind: "file", opens: false };
}
