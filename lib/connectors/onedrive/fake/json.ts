import type { DriveItem } from "@microsoft/microsoft-graph-types";
import { hashOf, type FakeDrive, type FakeItem } from "./drive.ts";

/** Items as Graph writes them, checked against its published types. */

export interface Manner {
  /** a work or school drive: deltas tell neither cTag nor the names of what is deleted */
  readonly business: boolean;
  readonly delta: boolean;
}

export function itemJson(drive: FakeDrive, item: FakeItem, manner: Manner): DriveItem {
  if (item.deleted && manner.delta) return deletedJson(drive, item, manner);
  const body = item.kind === "file" ? item.body() : Buffer.alloc(0);
  const by = { user: { displayName: "Ada Lovelace", id: "ada" } };
  return {
    id: item.id,
    name: item.name,
    size: body.length,
    eTag: `"{${item.id}},${item.tag}"`,
    createdDateTime: item.created.toISOString(),
    lastModifiedDateTime: item.modified.toISOString(),
    createdBy: by,
    lastModifiedBy: by,
    webUrl: `https://onedrive.example/${encodeURIComponent(item.id)}/${encodeURIComponent(item.name)}`,
    ...(item.kind === "file" && !(manner.business && manner.delta) ? { cTag: `"c:{${item.id}},${item.edition}"` } : {}),
    ...(item.parent === null ? { root: {}, parentReference: { driveId: drive.id } } : {}),
    ...(item.parent === null ? {} : { parentReference: parentOf(drive, item, manner) }),
    // Personal deltas say 0 whatever is in a folder.
    ...(item.kind === "folder" ? { folder: { childCount: manner.delta ? 0 : drive.childrenOf(item.id).length } } : {}),
    ...(item.kind === "file" ? { file: { mimeType: item.mime, hashes: { quickXorHash: hashOf(body) } } } : {}),
    ...(item.kind === "package" ? { package: { type: "oneNote" } } : {}),
    ...(item.kind === "shortcut"
      ? { remoteItem: { id: "OTHER!1", parentReference: { driveId: "other" } }, folder: {} }
      : {}),
    ...(item.malware ? { malware: { description: "EICAR" } } : {}),
    ...item.extra,
  };
}

function deletedJson(drive: FakeDrive, item: FakeItem, manner: Manner): DriveItem {
  return {
    id: item.id,
    deleted: { state: "deleted" },
    parentReference: { driveId: drive.id, id: item.parent },
    ...(manner.business ? {} : { name: item.name }),
    ...(item.kind === "file" ? { file: {} } : { folder: {} }),
  };
}

function parentOf(drive: FakeDrive, item: FakeItem, manner: Manner): DriveItem["parentReference"] {
  const folders = drive.ancestorsOf(item).filter(({ parent }) => parent !== null);
  const path = folders.toReversed().map(({ name }) => `/${encodeURIComponent(name)}`);
  return {
    driveId: drive.id,
    driveType: manner.business ? "business" : "personal",
    id: item.parent,
    ...(manner.business && manner.delta ? {} : { path: `/drive/root:${path.join("")}` }),
  };
}

/** Only the asked-for fields, as `$select` has it. */
export function selected(json: DriveItem, select: string | null): Readonly<Record<string, unknown>> {
  if (!select) return { ...json };
  const wanted = new Set(select.split(","));
  return Object.fromEntries(Object.entries(json).filter(([name]) => wanted.has(name)));
}
