import type { Account, Ctx, Json } from "../types.ts";
import { NotionApi } from "./api.ts";
import { titleOf } from "./properties.ts";
import { objectsOf, pageSchema } from "./shapes.ts";

/** Who the connection is, and a taste of what it sees: two small requests. @throws Failure */
export async function check(ctx: Ctx<object>): Promise<Account> {
  const api = new NotionApi(ctx, 5);
  const { id, bot } = await api.me();
  const workspace = textOf(ctx.grant["workspace_name"]) ?? bot?.workspace_name ?? "Notion workspace";
  const email = bot?.owner?.user?.person?.email ?? undefined;
  const pages = objectsOf(await api.search("page", null), pageSchema);
  return {
    // The workspace is what a connection is about: authorising it again gives another bot, but the same workspace.
    id: textOf(ctx.grant["workspace_id"]) ?? bot?.workspace_id ?? textOf(ctx.grant["bot_id"]) ?? id,
    label: email === undefined ? workspace : `${workspace} (${email})`,
    ...(email === undefined ? {} : { email }),
    sample: pages.map((page) => ({ id: page.id, title: titleOf(page) })),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
