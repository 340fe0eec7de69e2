import { z } from "zod";
import { Failure, type Ctx, type Resource, type Resources } from "../types.ts";
import type { OneDriveConfig } from "./config.ts";
import { driveItem, foldersOf, holdsItems, timeOf } from "./drive-item.ts";
import { ask, foreignLink, ownLink } from "./graph.ts";

const pageSize = 100;
const fields = "id,name,folder,file,package,root,deleted,remoteItem,parentReference,lastModifiedDateTime";
const mostNameChars = 300;

const listing = z.object({ value: z.array(z.unknown()), "@odata.nextLink": z.string().nullish() });

/** Folders and files to choose from. */
export const oneDriveResources: Resources<OneDriveConfig> = {
  setting: "selection",
  alongside: { syncScope: "selected" },
  needed: ({ syncScope, selection }) => syncScope === "selected" && selection.length === 0,
  async list(ctx, { parent, search, page }) {
    const path = pathOf(parent, search);
    const query = page ?? `?$select=${fields}&$top=${pageSize}`;
    if (!/^\?[\x21\x22\x24-\x7e]{1,8000}$/.test(query)) throw unknownPage();
    const reply = await ask(ctx, path + query, listing);
    const next = reply["@odata.nextLink"];
    return {
      resources: reply.value.flatMap(resourceOf),
      next: next ? nextQuery(ctx, next) : null,
    };
  },
};

function pathOf(parent: string | null, search: string | null): string {
  const folder = parent === null ? "/me/drive/root" : `/me/drive/items/${encodeURIComponent(parent)}`;
  if (parent !== null && (parent === "" || /^\.+$/.test(parent))) throw unknownPage();
  const words = search?.trim() ?? "";
  // A quote inside an OData string is written twice.
  return words === ""
    ? `${folder}/children`
    : `${folder}/search(q='${encodeURIComponent(words.replaceAll("'", "''"))}')`;
}

/** Only the query of the next page's address is kept: its path is ours, whoever brings it back. */
function nextQuery(ctx: Pick<Ctx<object>, "api">, link: string): string {
  const own = ownLink(ctx.api, link);
  if (own === null) throw foreignLink(link);
  const at = own.indexOf("?");
  if (at < 0)
    throw new Failure("permanent", "OneDrive's list goes on in a way this version does not know.", {
      fix: "Search for what you need instead.",
    });
  return own.slice(at);
}

function unknownPage(): Failure {
  return new Failure("permanent", "That page of the list is not known.", { fix: "Open the list again." });
}

function resourceOf(entry: unknown): readonly Resource[] {
  const parsed = driveItem.safeParse(entry);
  if (!parsed.success) return [];
  const item = parsed.data;
  // Shortcuts and notebooks are not synced, so they are not offered.
  if (item.deleted || item.remoteItem || item.package || item.root || !(item.folder || item.file)) return [];
  const updatedAt = timeOf(item.lastModifiedDateTime);
  const folders = foldersOf(item);
  return [
    {
      id: item.id,
      name: (item.name?.trim() || "File without a name").slice(0, mostNameChars).toWellFormed(),
      kind: item.folder ? "folder" : "file",
      opens: holdsItems(item),
      ...(folders && folders.length > 0 ? { path: folders.join(" / ") } : {}),
      ...(item.file?.mimeType ? { mime: item.file.mimeType } : {}),
      ...(updatedAt ? { updatedAt } : {}),
    },
  ];
}
