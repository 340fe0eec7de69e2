import { createHash } from "node:crypto";
import { z } from "zod";
import type { Json, SkipReason } from "../types.ts";

/**
 * What a page's row remembers between runs. `links` are the pages this one was the first to name, not all of its links:
 * together the memos of all pages are a tree that spans the site, which is what following a 304 or going on after a
 * crash needs, at a hundredth of the size.
 */
export interface Memo {
  /** how far from the start page */
  readonly depth: number;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly title?: string;
  /** short addresses (Site.shorten) */
  readonly links: readonly string[];
  /** the list above is not all there is (limit, depth): ask for the page in full next time */
  readonly cut: boolean;
  /** not stored, and why; a 304 repeats it */
  readonly skip?: { readonly reason: SkipReason; readonly detail: string };
  /** where a redirect or a canonical link leads */
  readonly target?: string;
  /** hash of the text, for pages that are not stored under their own address */
  readonly hash?: string;
  /** the rules its links were taken under (rulesHash): under others the page is asked for in full */
  readonly rules: string;
}

const maxMemoLinks = 2_000;

const schema = z.object({
  d: z.number().int().min(0),
  e: z.string().optional(),
  m: z.string().optional(),
  t: z.string().optional(),
  l: z.array(z.string()).optional(),
  c: z.literal(1).optional(),
  s: z.tuple([z.string(), z.string()]).optional(),
  r: z.string().optional(),
  h: z.string().optional(),
  f: z.string(),
});

export function packMemo(memo: Memo): Json {
  const links = memo.links.slice(0, maxMemoLinks);
  return {
    d: memo.depth,
    ...(memo.etag === undefined ? {} : { e: memo.etag }),
    ...(memo.lastModified === undefined ? {} : { m: memo.lastModified }),
    ...(memo.title === undefined ? {} : { t: memo.title }),
    ...(links.length === 0 ? {} : { l: links }),
    ...(memo.cut || links.length < memo.links.length ? { c: 1 } : {}),
    ...(memo.skip === undefined ? {} : { s: [memo.skip.reason, memo.skip.detail] }),
    ...(memo.target === undefined ? {} : { r: memo.target }),
    ...(memo.hash === undefined ? {} : { h: memo.hash }),
    f: memo.rules,
  };
}

/** Short hash of everything that decides which links of a page are followed and how its text is made. */
export function rulesHash(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 8);
}

/** null for anything that is not a memo of ours: the page is then read as if it were new. */
export function unpackMemo(json: Json): Memo | null {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return null;
  const { d, e, m, t, l, c, s, r, h, f } = parsed.data;
  return {
    depth: d,
    links: l ?? [],
    cut: c === 1,
    rules: f,
    ...(e === undefined ? {} : { etag: e }),
    ...(m === undefined ? {} : { lastModified: m }),
    ...(t === undefined ? {} : { title: t }),
    ...(s === undefined ? {} : { skip: { reason: s[0] as SkipReason, detail: s[1] } }),
    ...(r === undefined ? {} : { target: r }),
    ...(h === undefined ? {} : { hash: h }),
  };
}
