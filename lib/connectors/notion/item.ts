import { randomUUID } from "node:crypto";
import type { ItemRef } from "../types.ts";
import { metadataOf, titleOf } from "./properties.ts";
import type { Page } from "./shapes.ts";

/** Times of edits are rounded down to the minute: within this long an edit may still come without a new time. */
const unsettledMs = 2 * 60_000;
/** Notion did not exist before; a page that claims an earlier or a future edit is read every time it is met. */
const firstPlausible = Date.UTC(2013, 0, 1);

/** When the page was edited last, ms since 1970; null = it does not say, or says nonsense. */
export function editedAt(page: Page): number | null {
  const at = Date.parse(page.last_edited_time ?? "");
  return Number.isNaN(at) ? null : at;
}

/**
 * A version that changes whenever the text may have changed. Shortly after an edit its time says too little, so it is
 * made unlike any other: the next run reads such a page again, and the hash of its text decides.
 */
function versionOf(page: Page, now: number): string {
  const at = editedAt(page);
  const time = page.last_edited_time ?? "unknown";
  const settled = at !== null && at > firstPlausible && now - at >= unsettledMs;
  return settled ? time : `${time}~${randomUUID().slice(0, 8)}`;
}

/** In the trash, and so not to be stored any more. */
export function isTrashed(page: Page): boolean {
  return page.in_trash ?? page.archived ?? false;
}

/** The row of a database, whose properties are its own and not only a title. */
export function sourceOf(page: Page): string | null {
  return page.parent?.type === "data_source_id" ? (page.parent.data_source_id ?? null) : null;
}

export function itemOf(page: Page, database: string | null, now: number): ItemRef {
  const at = editedAt(page);
  const metadata = sourceOf(page) === null ? {} : metadataOf(page, database);
  return {
    id: page.id,
    version: versionOf(page, now),
    title: titleOf(page),
    // A time of another century is wrong, and would sort the document to the top for ever.
    ...(at !== null && at > firstPlausible && at <= now + unsettledMs ? { updatedAt: new Date(at) } : {}),
    ...(page.url ? { url: page.url } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}
