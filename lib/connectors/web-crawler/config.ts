import { z } from "zod";
import { maxPatternLength, maxPatterns, splitPatterns } from "./path-filter.ts";

/** How many requests a crawl has under way at once unless the connection says otherwise. */
const defaultConcurrency = 8;

/**
 * Clicks away from the start page (0); a sitemap's pages are 1. The hosted service names 3 for its next API version and
 * nothing for this one. 3 already loses pages of ordinary manuals, silently missing pages are worse than a longer crawl,
 * and the document limit bounds it either way; what lies deeper is counted in a note.
 */
const defaultDepth = 5;

const patterns = (name: string) =>
  z
    .string()
    .max(20_000)
    .optional()
    .superRefine((value, ctx) => {
      const list = splitPatterns(value);
      if (list.length > maxPatterns)
        ctx.addIssue({ code: "custom", message: `${name} takes at most ${maxPatterns} patterns` });
      const long = list.find((pattern) => pattern.length > maxPatternLength);
      if (long !== undefined)
        ctx.addIssue({ code: "custom", message: `a pattern of ${name} has at most ${maxPatternLength} characters` });
    });

const startUrl = z
  .string({ error: "startUrl is required: the address of the site's first page, e.g. https://docs.example.com" })
  .trim()
  .max(2048, "startUrl has at most 2,048 characters")
  .superRefine((value, ctx) => {
    let url: URL;
    try {
      url = new URL(value);
    } catch {
      ctx.addIssue({ code: "custom", message: "startUrl must be a full address, e.g. https://docs.example.com" });
      return;
    }
    if (url.protocol !== "https:" && url.protocol !== "http:")
      ctx.addIssue({ code: "custom", message: "startUrl must begin with https:// or http://" });
    else if (url.username || url.password)
      ctx.addIssue({ code: "custom", message: "startUrl must not contain a user name or password" });
    else if (url.hostname === "") ctx.addIssue({ code: "custom", message: "startUrl must name a host" });
  });

export const configSchema = z.object({
  startUrl,
  crawlDepth: z.coerce
    .number()
    .int("crawlDepth is a whole number")
    .min(0, "crawlDepth is 0 (the start page alone) to 20")
    .max(20, "crawlDepth is 0 (the start page alone) to 20")
    .default(defaultDepth),
  includePaths: patterns("includePaths"),
  excludePaths: patterns("excludePaths"),
  delaySeconds: z.coerce.number().min(0).max(60, "delaySeconds is 0 to 60").default(0),
  concurrency: z.coerce.number().int().min(1).max(32, "concurrency is 1 to 32").default(defaultConcurrency),
});

export type Config = z.infer<typeof configSchema>;
