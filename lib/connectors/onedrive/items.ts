import { encodeKey, maxKeyBytes } from "#lib/contract/key.ts";
import { unsupportedKind } from "../file-types.ts";
import type { Change, ItemRef, SkipReason } from "../types.ts";
import { type DriveItem, foldersOf, timeOf, versionOf } from "./drive-item.ts";

/** Larger files are not read. */
export const maxFileBytes = 50 * 1024 * 1024;
const mostTitleChars = 400;
const mostFactChars = 200;

export type Named = Extract<Change<never>, { type: "upsert" | "skip" }>;

/** What an item that is there means for the sync; undefined for folders, which hold no text of their own. */
export function changeOf(item: DriveItem): Named | undefined {
  const refused = refusal(item);
  if (refused === "nothing") return undefined;
  const ref = itemOf(item);
  if (!refused) return { type: "upsert", item: ref };
  // The reason is part of the version, so that a verdict that changes is noticed although the content does not.
  return {
    type: "skip",
    item: { ...ref, version: `${ref.version} ${refused[0]}` },
    reason: refused[0],
    detail: refused[1],
  };
}

function refusal(item: DriveItem): readonly [SkipReason, string] | "nothing" | undefined {
  if (item.remoteItem) {
    return [
      "not_a_file",
      "A shortcut to something in another drive. Connect that drive's owner, or copy it into this one.",
    ];
  }
  if (item.package) return ["not_a_file", "A notebook or another package, which OneDrive does not give out as a file."];
  if (item.folder || item.root || item.bundle) return "nothing";
  if (!item.file) return ["not_a_file", "OneDrive lists it without any content."];
  if (item.malware) return ["denied", "OneDrive found malware in it."];
  if (encodeKey(item.id).length > maxKeyBytes) return ["id_too_long", `Its id is longer than ${maxKeyBytes} bytes.`];
  if (item.size === 0) return ["empty", "The file has no bytes."];
  if (item.size !== undefined && item.size > maxFileBytes) {
    return ["too_large", `${megabytes(item.size)} MB; the limit is ${megabytes(maxFileBytes)} MB.`];
  }
  const kind = unsupportedKind(item.name ?? "") ?? kindOfNameless(item);
  return kind === undefined ? undefined : ["unsupported_type", `No text is read from this type: ${kind}.`];
}

/** Types that hold no text. They are guessed from names, and names say more: a TypeScript file is "a video". */
export function isMedia(type: string): boolean {
  return /^(?:image|video|audio)\//.test(type);
}

function kindOfNameless({ name, file }: DriveItem): string | undefined {
  return file?.mimeType && isMedia(file.mimeType) && !name?.includes(".") ? file.mimeType : undefined;
}

function itemOf(item: DriveItem): ItemRef {
  const title = titleOf(item);
  const updatedAt = timeOf(item.lastModifiedDateTime);
  const folders = foldersOf(item);
  return {
    id: item.id,
    version: versionOf(item),
    title,
    metadata: factsOf(item),
    ...(item.webUrl !== undefined && isPage(item.webUrl) ? { url: item.webUrl } : {}),
    ...(item.file?.mimeType && !isMedia(item.file.mimeType) ? { mime: item.file.mimeType } : {}),
    ...(item.size === undefined ? {} : { bytes: item.size }),
    ...(updatedAt ? { updatedAt } : {}),
    ...(folders ? { filepath: [...folders, title].join("/") } : {}),
  };
}

function titleOf({ name }: DriveItem): string {
  const title = name?.trim() ?? "";
  return title === "" ? "File without a name" : title.slice(0, mostTitleChars).toWellFormed();
}

function isPage(url: string): boolean {
  return url.length <= 4_000 && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** Facts that are kept with the document. */
function factsOf(item: DriveItem): Record<string, string> {
  const created = timeOf(item.createdDateTime);
  const facts = {
    createdBy: item.createdBy?.user?.displayName,
    modifiedBy: item.lastModifiedBy?.user?.displayName,
    createdAt: created?.toISOString(),
  };
  const given = Object.entries(facts).flatMap(([name, value]) =>
    value ? [[name, value.slice(0, mostFactChars).toWellFormed()] as const] : [],
  );
  return Object.fromEntries(given);
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1024 / 1024).toLocaleString("en");
}
