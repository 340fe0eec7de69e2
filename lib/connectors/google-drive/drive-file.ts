import { z } from "zod";

/** A file as Drive v3 describes it: read leniently, for one odd field must not cost the others. */

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? undefined);
const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value ?? false);

const driveFile = z.object({
  id: z.string().min(1).max(500),
  name: text,
  mimeType: text,
  trashed: flag,
  parents: z
    .array(z.string())
    .nullish()
    .catch(null)
    .transform((value) => value ?? []),
  driveId: text,
  createdTime: text,
  modifiedTime: text,
  version: text,
  size: text,
  md5Checksum: text,
  headRevisionId: text,
  webViewLink: text,
  owners: z
    .array(z.object({ emailAddress: text, displayName: text }))
    .nullish()
    .catch(null)
    .transform((value) => value ?? []),
  sharedWithMeTime: text,
  capabilities: z
    .object({ canDownload: z.boolean().nullish().catch(null), canReadDrive: z.boolean().nullish().catch(null) })
    .nullish()
    .catch(null),
  shortcutDetails: z
    .object({ targetId: text, targetMimeType: text })
    .nullish()
    .catch(null)
    .transform((value) => value ?? undefined),
});

export type DriveFile = z.output<typeof driveFile>;

/** The `fields` of one file. */
export const fileFields =
  "id,name,mimeType,trashed,parents,driveId,createdTime,modifiedTime,version,size,md5Checksum,headRevisionId,webViewLink,owners(emailAddress,displayName),sharedWithMeTime,capabilities(canDownload,canReadDrive),shortcutDetails(targetId,targetMimeType)";

/** Null = it cannot be identified. */
export function parseFile(value: unknown): DriveFile | null {
  const parsed = driveFile.safeParse(value);
  return parsed.success ? parsed.data : null;
}

export function parseFiles(values: readonly unknown[]): DriveFile[] {
  return values.flatMap((value) => parseFile(value) ?? []);
}

export const mimes = {
  folder: "application/vnd.google-apps.folder",
  shortcut: "application/vnd.google-apps.shortcut",
  doc: "application/vnd.google-apps.document",
  sheet: "application/vnd.google-apps.spreadsheet",
  slides: "application/vnd.google-apps.presentation",
} as const;

/**
 * The shared drive in which the file can be listed; undefined = none, or the account is no member of it: what it may see
 * of that drive is among its own files.
 */
export const listedIn = (file: DriveFile): string | undefined =>
  file.capabilities?.canReadDrive === false ? undefined : file.driveId;

export const isFolder = (file: DriveFile): boolean => file.mimeType === mimes.folder;
export const isShortcut = (file: DriveFile): boolean => file.mimeType === mimes.shortcut;

/** ms since 1970; undefined = missing or not a time */
export function timeOf(value: string | undefined): number | undefined {
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
