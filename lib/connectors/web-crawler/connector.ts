import { ExtractError } from "#lib/extract/types.ts";
import { defineConnector, ItemGone, ItemSkip, type Connector, type Content, type Ctx, type ItemRef } from "../types.ts";
import { Boilerplate } from "./boilerplate.ts";
import { check } from "./check.ts";
import { configSchema, type Config } from "./config.ts";
import { crawl } from "./crawl.ts";
import { cursorSchema, type Cursor } from "./cursor.ts";
import { unreachable } from "./failures.ts";
import { fetchPage } from "./fetch-page.ts";
import { createSite } from "./site.ts";
import { defaultTuning, type Tuning } from "./tuning.ts";
import type { Clock } from "./turns.ts";

/** @param tuning, clock replaced by tests */
export function createWebCrawler(tuning: Tuning = defaultTuning, clock?: Clock): Connector<Config, Cursor> {
  return {
    id: "web-crawler",
    name: "Website",
    summary: "Pages of one public website, kept fresh by a polite crawl",
    noun: ["page", "pages"],
    category: "web",
    config: configSchema,
    settings: ["startUrl", "crawlDepth", "includePaths", "excludePaths", "delaySeconds", "concurrency"],
    secrets: [],
    rescan: ["startUrl"],
    fields: {
      startUrl: {
        label: "First page",
        help: "The crawl begins here and stays on this host.",
        placeholder: "https://docs.example.com",
        kind: "url",
        group: "main",
      },
      crawlDepth: {
        label: "Depth",
        help: "Clicks away from the first page, 0 to 20. Pages of the site's sitemap count as one click.",
        placeholder: "5",
        kind: "number",
        group: "advanced",
      },
      includePaths: {
        label: "Only these paths",
        help: "One pattern per line, e.g. /docs/** or *.html. Empty means the whole site.",
        placeholder: "/docs/**",
        kind: "list",
        group: "advanced",
      },
      excludePaths: {
        label: "Not these paths",
        help: "One pattern per line. Wins over the field above.",
        placeholder: "/blog/**",
        kind: "list",
        group: "advanced",
      },
      delaySeconds: {
        label: "Seconds between pages",
        help: "0 to 60. A longer delay in robots.txt is kept anyway.",
        placeholder: "0",
        kind: "number",
        group: "advanced",
      },
      concurrency: {
        label: "Requests at once",
        help: "1 to 32. Eight is what polite crawlers use; one if there is a delay.",
        placeholder: "8",
        kind: "number",
        group: "advanced",
      },
    },
    auth: { kind: "none" },
    cursor: cursorSchema,
    order: "marked",
    // Pages, redirects and sitemaps are held to the one host by the crawl itself (site.ts). Only robots.txt may be kept
    // elsewhere (RFC 9309 2.3.1.2), so the list is open to every public host.
    hosts: () => undefined,
    pace: (config) => ({ perSecond: 0, concurrency: config.concurrency }),
    readers: 4,
    everyHours: 24,
    documentType: "webpage",
    customId: (_config, id) => id,
    check: (ctx) => check(ctx, tuning.checkTimeoutMs),
    changes: (ctx, since) => crawl(ctx, since, tuning, clock),
    read: (ctx, item) => readPage(ctx, item, tuning),
  };
}

/**
 * A single page by itself. The crawl hands over every page's text with its change, so this is only for what the engine
 * lost in between; without the site's other pages nothing is known of what they repeat.
 */
async function readPage(ctx: Ctx<Config>, item: ItemRef, tuning: Tuning): Promise<Content> {
  const site = createSite(ctx.config.startUrl);
  const outcome = await fetchPage(ctx.http, site, item.url ?? item.id, {}, tuning.page, ctx.signal);
  switch (outcome.kind) {
    case "page": {
      try {
        const page = await ctx.page({ bytes: outcome.bytes, url: outcome.url, contentType: outcome.contentType });
        if (outcome.noindex || page.noindex) throw new ItemSkip("noindex", "The page asks not to be indexed.");
        const boilerplate = new Boilerplate("");
        return { kind: "markdown", markdown: boilerplate.clean(page), title: page.title, type: "webpage" };
      } catch (error) {
        if (error instanceof ExtractError) throw new ItemSkip(error.reason, error.message);
        throw error;
      }
    }
    case "gone":
      throw new ItemGone(`The site answers ${outcome.status}.`);
    case "redirect":
      throw new ItemSkip("redirected", outcome.detail);
    case "skip":
      throw new ItemSkip(outcome.reason, outcome.detail);
    case "unchanged":
      throw new ItemGone("The site answers 304 without being asked to.");
    case "fail":
      if (outcome.trouble?.error) throw unreachable(site.start.host, outcome.trouble.error);
      throw new ItemSkip(outcome.reason, outcome.detail);
  }
}

export const webCrawler = defineConnector(createWebCrawler());
