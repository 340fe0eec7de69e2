import { z } from "zod";
import { Failure, type Ctx } from "../types.ts";
import { driveItem, itemFields, type DriveItem } from "./drive-item.ts";
import { askLink, foreignLink, ownLink } from "./graph.ts";

/** Entries a page should have; the service may give fewer. */
const pageSize = 500;
/** Pages without an entry happen; so many in a row do not. */
const mostEmptyPages = 1_000;

const delta = z.object({
  value: z.array(z.unknown()),
  "@odata.nextLink": z.string().nullish(),
  "@odata.deltaLink": z.string().nullish(),
});

export interface FeedPage {
  readonly items: readonly DriveItem[];
  /** the page after this one; null = this is the last */
  readonly next: string | null;
  /** of the last page: where the next delta begins */
  readonly delta: string | null;
}

/** Where a walk through the whole drive begins, as a link below the API's origin. */
export function firstLink(api: string): string {
  return `${new URL(api).pathname.replace(/\/$/, "")}/me/drive/root/delta?$select=${itemFields}&$top=${pageSize}`;
}

/** The pages of one run. Stops a service that leads in circles. */
export class Feed {
  readonly #ctx: Pick<Ctx<object>, "http" | "signal" | "api" | "note">;
  readonly #asked = new Set<string>();
  #empty = 0;

  constructor(ctx: Pick<Ctx<object>, "http" | "signal" | "api" | "note">) {
    this.#ctx = ctx;
  }

  /** A fresh start: what was asked before may be asked again. */
  restart(): void {
    this.#asked.clear();
  }

  /** @throws Failure, EgressError, Resync */
  async page(link: string): Promise<FeedPage> {
    if (this.#asked.has(link)) {
      throw new Failure("permanent", "OneDrive names a page as the next one that it has given already.", {
        fix: "Nothing was deleted; the next sync tries again.",
      });
    }
    this.#asked.add(link);
    const page = await askLink(this.#ctx, link, delta, link === firstLink(this.#ctx.api));
    const items = this.#itemsOf(page.value);
    this.#empty = page.value.length === 0 ? this.#empty + 1 : 0;
    const next = this.#own(page["@odata.nextLink"]);
    const last = this.#own(page["@odata.deltaLink"]);
    if (next === null && last === null) {
      throw new Failure("transient", "OneDrive's list ends without saying so.", {
        fix: "Nothing was deleted; the next sync tries again.",
      });
    }
    if (this.#empty > mostEmptyPages) {
      throw new Failure("permanent", `OneDrive answered with ${mostEmptyPages} empty pages in a row.`, {
        fix: "Nothing was deleted; the next sync tries again.",
      });
    }
    return { items, next, delta: last };
  }

  #own(link: string | null | undefined): string | null {
    if (!link) return null;
    const own = ownLink(this.#ctx.api, link);
    if (own === null) throw foreignLink(link);
    return own;
  }

  /** Each item once, as it was named last. */
  #itemsOf(entries: readonly unknown[]): readonly DriveItem[] {
    const items = new Map<string, DriveItem>();
    for (const entry of entries) {
      const parsed = driveItem.safeParse(entry);
      if (!parsed.success) {
        this.#ctx.note("OneDrive named something without an id, which cannot be synced.");
        continue;
      }
      items.delete(parsed.data.id);
      items.set(parsed.data.id, parsed.data);
    }
    return [...items.values()];
  }
}
