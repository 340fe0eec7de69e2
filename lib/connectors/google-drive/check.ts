import type { Account, Ctx } from "../types.ts";
import { DriveApi } from "./api.ts";
import type { DriveConfig } from "./config.ts";
import { mimes } from "./drive-file.ts";
import { titleOf } from "./items.ts";

const sampleSize = 20;

/** Who the account is and, when everything is synced, its newest files. */
export async function checkDrive(ctx: Ctx<DriveConfig>): Promise<Account> {
  const api = new DriveApi(ctx);
  const { permissionId, name, email } = await api.about();
  // With a choice, what lies outside it is nobody's business.
  const files =
    ctx.config.syncScope === "full"
      ? (
          await api.list({
            corpora: "user",
            q: `trashed = false and mimeType != '${mimes.folder}'`,
            orderBy: "modifiedTime desc",
            pageSize: String(sampleSize),
          })
        ).files
      : [];
  return {
    id: permissionId,
    label: email ?? name ?? "Google account",
    ...(email === null ? {} : { email }),
    sample: files.slice(0, sampleSize).map((file) => ({ id: file.id, title: titleOf(file) })),
  };
}
