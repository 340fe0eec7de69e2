import { createHash } from "node:crypto";
import { unsupportedKind } from "../file-types.ts";
import type { Change, ItemRef, SkipReason } from "../types.ts";
import { mimes, timeOf, type DriveFile } from "./drive-file.ts";

/** Larger files are not downloaded. */
export const maxFileBytes = 50 * 1024 * 1024;
const longestTitle = 1_000;

/** How read() gets an item's text. */
export type Way = "doc" | "sheet" | "slides" | "file";

const ways: Readonly<Record<string, Way>> = { [mimes.doc]: "doc", [mimes.sheet]: "sheet", [mimes.slides]: "slides" };

const apps = "application/vnd.google-apps.";
const withoutText: Readonly<Record<string, string>> = {
  form: "a Google Form",
  site: "a Google Site",
  map: "a Google My Maps map",
  drawing: "a Google Drawing",
  script: "an Apps Script",
  jam: "a Jamboard",
  vid: "a Google Vids video",
  fusiontable: "a Fusion Table",
  photo: "a photo",
  audio: "an audio file",
  video: "a video",
};

/** What a file (neither folder nor shortcut) means for the sync. */
export function changeOf(
  file: DriveFile,
): Exclude<Change<never>, { type: "waiting" | "checkpoint" | "done" | "delete" }> {
  const item = itemOf(file);
  const refused = refusal(file);
  return refused ? { type: "skip", item, reason: refused[0], detail: refused[1] } : { type: "upsert", item };
}

export function itemOf(file: DriveFile): ItemRef {
  const way = ways[file.mimeType ?? ""] ?? "file";
  const size = Number(file.size);
  const bytes = way === "file" && file.size !== undefined && Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  const updated = timeOf(file.modifiedTime);
  const owner = file.owners[0]?.emailAddress ?? file.owners[0]?.displayName;
  return {
    id: file.id,
    version: versionOf(file),
    title: titleOf(file),
    // A path would have to follow every move of a folder above; the name is what people look for.
    filepath: titleOf(file),
    data: { way },
    ...(file.webViewLink?.startsWith("https://") ? { url: file.webViewLink } : {}),
    ...(file.mimeType === undefined ? {} : { mime: file.mimeType }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(updated === undefined ? {} : { updatedAt: new Date(updated) }),
    metadata: {
      ...(file.mimeType === undefined ? {} : { mimeType: file.mimeType }),
      ...(owner === undefined ? {} : { owner }),
      ...(file.driveId === undefined ? {} : { sharedDrive: file.driveId }),
    },
  };
}

export function titleOf(file: DriveFile): string {
  const name = file.name?.trim() ?? "";
  if (name === "") return "Untitled";
  return name.length > longestTitle ? `${name.slice(0, longestTitle - 1)}…` : name;
}

/**
 * Changes whenever title or content may have changed. Bytes have a checksum; Docs, Sheets and Slides have a counter that
 * rises with every change, so at worst they are exported once more and found to be the same.
 */
export function versionOf(file: DriveFile): string {
  const name = createHash("sha256")
    .update(file.name ?? "")
    .digest("base64url")
    .slice(0, 10);
  const bytes = file.md5Checksum ?? file.headRevisionId;
  if (bytes !== undefined) return `${bytes}-${file.size ?? ""}-${name}`;
  return `v${file.version ?? ""}-${file.version === undefined ? (file.modifiedTime ?? "") : ""}-${name}`;
}

function refusal(file: DriveFile): readonly [SkipReason, string] | undefined {
  const mime = file.mimeType ?? "";
  if (mime.startsWith(apps) && ways[mime] === undefined) {
    const what = withoutText[mime.slice(apps.length)] ?? "a file of another app";
    return ["unsupported_type", `It is ${what}, of which Google exports no text.`];
  }
  if (file.capabilities?.canDownload === false) {
    return ["denied", "Its owner does not allow this account to download it."];
  }
  if (ways[mime] !== undefined) return undefined;
  const kind = unsupportedKind(file.name ?? "") ?? /^(image|video|audio|font)\//.exec(mime)?.[1];
  if (kind !== undefined) return ["unsupported_type", `It is of type ${kind}, which holds no text.`];
  const size = Number(file.size ?? Number.NaN);
  if (size === 0) return ["empty", "The file has no bytes."];
  if (size > maxFileBytes) {
    const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
    return ["too_large", `It has ${megabytes(size)} MB; at most ${megabytes(maxFileBytes)} MB are read.`];
  }
  return undefined;
}
