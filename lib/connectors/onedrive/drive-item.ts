import { createHash } from "node:crypto";
import { z } from "zod";

/** Items of a drive as Graph describes them. Only the id must be there; whatever else is missing or odd is left out. */

const text = z.string().optional().catch(undefined);
/** A facet says something by being there. */
const facet = z
  .unknown()
  .optional()
  .transform((value) => value !== undefined && value !== null);
const person = z
  .object({ user: z.object({ displayName: text }).optional().catch(undefined) })
  .optional()
  .catch(undefined);

const hashes = z.object({ quickXorHash: text, sha256Hash: text, sha1Hash: text });
const file = z.object({ mimeType: text, hashes: hashes.optional().catch(undefined) });

export const driveItem = z.object({
  id: z.string().min(1),
  name: text,
  size: z.number().int().min(0).optional().catch(undefined),
  eTag: text,
  cTag: text,
  webUrl: text,
  createdDateTime: text,
  lastModifiedDateTime: text,
  createdBy: person,
  lastModifiedBy: person,
  parentReference: z.object({ id: text, path: text }).optional().catch(undefined),
  file: file.nullish().catch({ mimeType: undefined }),
  folder: facet,
  package: facet,
  bundle: facet,
  root: facet,
  deleted: facet,
  malware: facet,
  remoteItem: facet,
});

export type DriveItem = z.output<typeof driveItem>;

/** The fields above, and nothing else: a download address would be asked for in vain, it is only good for minutes. */
export const itemFields =
  "id,name,size,eTag,cTag,webUrl,createdDateTime,lastModifiedDateTime,createdBy,lastModifiedBy,parentReference,file,folder,package,bundle,root,deleted,malware,remoteItem";

/** Holds other items: a folder, the top of the drive, a notebook. */
export function holdsItems(item: DriveItem): boolean {
  return (item.folder || item.root || item.package) && !item.remoteItem;
}

const mostVersionChars = 200;

/**
 * Changes with the content, the name and the folder. Graph leaves cTag out of a business drive's delta; the content's own
 * hash is next best, because eTag changes with every permission as well.
 */
export function versionOf(item: DriveItem): string {
  const where = digest(`${item.name ?? ""}\0${item.parentReference?.id ?? ""}`).slice(0, 8);
  const content = contentVersion(item);
  return `${content.length > mostVersionChars ? digest(content) : content} ${where}`;
}

function contentVersion(item: DriveItem): string {
  if (item.cTag) return item.cTag;
  const hash = item.file?.hashes?.quickXorHash ?? item.file?.hashes?.sha256Hash ?? item.file?.hashes?.sha1Hash;
  if (hash) return `hash ${hash} ${item.size ?? "?"}`;
  return item.eTag ? item.eTag : `${item.size ?? "?"} bytes of ${item.lastModifiedDateTime ?? "unknown time"}`;
}

function digest(value: string): string {
  return createHash("sha256").update(value).digest("base64url");
}

/** undefined for anything that is not a time. */
export function timeOf(value: string | undefined): Date | undefined {
  const time = new Date(value ?? "");
  return Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9_999 ? undefined : time;
}

/** `/drive/root:/A%20b/C` and `/drives/…/root:/A%20b/C` → `["A b", "C"]`; undefined where Graph leaves the path out. */
export function foldersOf(item: DriveItem): readonly string[] | undefined {
  const { path } = item.parentReference ?? {};
  const colon = path?.indexOf("root:") ?? -1;
  if (path === undefined || colon < 0) return undefined;
  const names = path.slice(colon + 5).split("/");
  return names.filter((name) => name !== "").map(decoded);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
