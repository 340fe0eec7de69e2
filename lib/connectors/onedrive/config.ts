import { z } from "zod";

const chosen = z.object({
  id: z
    .string()
    .regex(/^[\w!.%~-]{1,500}$/, "must be the id of a file or folder in this OneDrive")
    .refine((id) => !/^\.+$/.test(id), "must be the id of a file or folder in this OneDrive"),
  name: z.string().max(1_000),
  kind: z.enum(["folder", "file", "drive"]),
});

/** `metadata` of POST /v3/connections/onedrive; `selection` is set by choosing, after connecting. */
export const oneDriveConfig = z.object({
  syncScope: z.enum(["full", "selected"], { error: "must be full or selected" }).default("full"),
  selection: z.array(chosen).max(500, "must not have more than 500 entries").default([]),
});

export type OneDriveConfig = z.output<typeof oneDriveConfig>;
