import type { Ctx } from "../types.ts";
import type { DriveApi } from "./api.ts";
import { isFolder } from "./drive-file.ts";
import { left } from "./feed.ts";
import { inParallel } from "./in-parallel.ts";
import { changeOf } from "./items.ts";
import type { Scope } from "./scope.ts";
import type { ItemChange } from "./targets.ts";

/**
 * Stored documents that a complete listing did not name. Listings are searches: a file that was edited meanwhile has
 * moved to the pages turned already, and a search may lag behind. So each one is asked for by its id; only what Google
 * then says is gone stays absent, for the deletion guard to judge. Returns how many that were.
 */
export async function* confirmUnseen(
  ctx: Pick<Ctx<object>, "known">,
  api: DriveApi,
  scope: Scope,
): AsyncGenerator<readonly ItemChange[], number, void> {
  let absent = 0;
  for await (const page of ctx.known.unseen()) {
    for (let at = 0; at < page.length; at += 200) {
      const found = await inParallel(page.slice(at, at + 200), async ({ id }): Promise<ItemChange[]> => {
        const file = await api.get(id);
        if (!file) {
          absent++;
          return [];
        }
        if (file.trashed) return [{ type: "delete", id, detail: "moved to the trash" }];
        if (isFolder(file) || !(await scope.reaches(file))) return [left(id)];
        return [changeOf(file)];
      });
      yield found.flat();
    }
  }
  return absent;
}
