import { ItemGone, ItemSkip, type Content, type Ctx, type ItemRef } from "../types.ts";
import { NotionApi } from "./api.ts";
import { isMissing, NotionFailure } from "./failures.ts";
import { isTrashed } from "./item.ts";
import { PageReader } from "./page-text.ts";
import { titleOf } from "./properties.ts";
import type { Tuning } from "./tuning.ts";
import { textOf } from "./visits.ts";

/** One page by itself: what failed in an earlier run, or was lost in between. Syncs read pages as they find them. */
export async function readPage(ctx: Ctx<object>, item: ItemRef, tuning: Tuning): Promise<Content> {
  const api = new NotionApi(ctx, tuning.pageSize);
  try {
    const page = await api.page(item.id);
    if (isTrashed(page)) throw new ItemGone("It is in the trash.");
    const text = await new PageReader(api, tuning).read(item.id);
    return { kind: "markdown", markdown: textOf(page, text), title: titleOf(page), type: "notion_doc" };
  } catch (error) {
    if (isMissing(error)) throw new ItemGone("Notion does not have it, or it is not shared.");
    if (error instanceof NotionFailure && error.kind === "denied") throw new ItemSkip("denied", error.message);
    throw error;
  }
}
