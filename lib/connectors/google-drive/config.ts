import { z } from "zod";

/** The virtual folder of the picker that holds what others shared with the account. */
export const sharedWithMe = "shared-with-me";

const chosen = z.object({
  id: z.string().min(1).max(200),
  name: z.string().max(1_000),
  kind: z.enum(["folder", "file", "drive"]),
});

/** `metadata` of POST /v3/connections/google-drive. */
export const driveConfig = z.object({
  /** selected = nothing is synced before somebody chose; full = everything the account can open */
  syncScope: z.enum(["selected", "full"], { error: "must be “selected” or “full”" }).default("selected"),
  /** what was chosen: files, folders with everything below them, whole shared drives */
  selection: z.array(chosen).max(500, "must have at most 500 entries").default([]),
});

export type DriveConfig = z.output<typeof driveConfig>;
