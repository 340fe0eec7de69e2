import { encodeKey, maxKeyBytes, printableKey } from "#lib/contract/key.ts";
import type { Change, ItemRef, SkipReason } from "../types.ts";
import { unsupportedKind } from "../file-types.ts";
import type { Entry } from "./list-page.ts";
import type { TagRule } from "./tag-rule.ts";

/** Larger objects are not read. */
export const maxObjectBytes = 50 * 1024 * 1024;

/** Storage classes whose objects cannot be read before somebody restores them. */
const archiveClasses: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** MD5 of the content: says everything. Other ETags are opaque, so the time of change is a second signal. */
export const contentEtag = /^[0-9a-f]{32}$/i;

/** What an entry of the listing means for the sync. */
export function changeOf(entry: Entry, rule: TagRule): Change<never> {
  const item = itemOf(entry);
  const refused = refusal(entry, item);
  if (refused) return { type: "skip", item, reason: refused[0], detail: refused[1] };
  const verdict = rule(entry.key);
  if (verdict.skip) {
    return { type: "skip", item, reason: verdict.skip, ...(verdict.why === undefined ? {} : { detail: verdict.why }) };
  }
  return { type: "upsert", item: verdict.tags ? { ...item, tags: verdict.tags } : item };
}

function itemOf(entry: Entry): ItemRef {
  return {
    id: entry.key,
    version: versionOf(entry),
    title: titleOf(entry.key),
    bytes: entry.size,
    filepath: printableKey(entry.key),
    data: { etag: entry.etag },
    ...(entry.lastModified ? { updatedAt: entry.lastModified } : {}),
  };
}

/** Changes whenever the content may have changed. */
export function versionOf(entry: Entry): string {
  const version = `${entry.etag}-${entry.size}`;
  return contentEtag.test(entry.etag) ? version : `${version}-${entry.lastModified?.getTime() ?? 0}`;
}

/** The last part of the key that has a name. */
export function titleOf(key: string): string {
  const path = key.endsWith("/") ? key.replace(/\/+$/, "") : key;
  const name = printableKey(path.slice(path.lastIndexOf("/") + 1));
  return name.trim() === "" ? printableKey(key) : name;
}

function refusal(entry: Entry, item: ItemRef): readonly [SkipReason, string] | undefined {
  if (entry.size === 0) {
    return entry.key.endsWith("/") || entry.key.endsWith("_$folder$")
      ? ["folder_marker", "An empty object that stands for a folder."]
      : ["empty", "The object has no bytes."];
  }
  // Three bytes are the most a UTF-16 unit can need, so short keys need no counting.
  if (entry.key.length * 3 > maxKeyBytes && encodeKey(entry.key).length > maxKeyBytes) {
    return ["id_too_long", `The key is longer than ${maxKeyBytes} bytes.`];
  }
  if (archiveClasses.has(entry.storageClass)) {
    return ["archived", `Its storage class is ${entry.storageClass}.`];
  }
  if (entry.size > maxObjectBytes) {
    return ["too_large", `${megabytes(entry.size)} MB; the limit is ${megabytes(maxObjectBytes)} MB.`];
  }
  const kind = unsupportedKind(item.title);
  return kind === undefined ? undefined : ["unsupported_type", `No text is read from this type: ${kind}.`];
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1024 / 1024).toLocaleString("en");
}
