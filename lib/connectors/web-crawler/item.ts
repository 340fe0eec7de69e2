import { createHash } from "node:crypto";
import type { ItemRef } from "../types.ts";
import type { Entry } from "./frontier.ts";
import type { Site } from "./site.ts";

/** How a page looks as an item of the engine. */

/** @param title as the page gives it; may be empty */
export function itemOf(site: Site, entry: Entry, title: string, version: string): ItemRef {
  return {
    id: entry.key,
    version,
    title: titleOf(site, entry, title),
    url: entry.address,
    mime: "text/html",
    filepath: entry.key.slice(site.origin.length),
  };
}

/** The page's own title, or its path, or the host. */
export function titleOf(site: Site, entry: Entry, title: string): string {
  if (title !== "") return title;
  const path = entry.key.slice(site.origin.length);
  return path === "/" ? site.start.host : path.slice(0, 300);
}

/** The change signal: title and text as stored, whatever the HTML around them did. */
export function textHash(title: string, markdown: string): string {
  return createHash("sha256")
    .update(`${title.trim().slice(0, 500)}\n${markdown}`)
    .digest("hex")
    .slice(0, 32);
}

/** Last-Modified if it is a date and not in the future, else what the sitemap says. */
export function updatedAt(
  lastModified: string | undefined,
  sitemap: number | undefined,
  now: Date,
): { readonly updatedAt?: Date } {
  const at = lastModified === undefined ? Number.NaN : Date.parse(lastModified);
  if (at > 0 && at <= now.getTime()) return { updatedAt: new Date(at) };
  return sitemap === undefined ? {} : { updatedAt: new Date(sitemap) };
}

export function withoutFragment(url: string): string {
  const hash = url.indexOf("#");
  return hash < 0 ? url : url.slice(0, hash);
}

const errorTitle = /\b404\b|\bnot found\b|\bno longer (?:exists|available)\b|\bpage (?:does ?n[o']t|not) exist/i;

/** A soft 404: a short page that calls itself missing where there was a page before. */
export function looksMissing(title: string, markdown: string, before: string | undefined): boolean {
  if (before !== undefined && errorTitle.test(before)) return false;
  return markdown.length < 2_000 && (errorTitle.test(title) || errorTitle.test(markdown.slice(0, 120)));
}
