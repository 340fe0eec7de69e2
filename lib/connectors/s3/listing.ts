import { compareKeys } from "#lib/contract/key.ts";
import { EgressError } from "#lib/egress/types.ts";
import { Failure } from "../types.ts";
import type { S3Client } from "./client.ts";
import { type Entry, type ListPage, ListPageError, parseListPage } from "./list-page.ts";
import { StoreError } from "./store-error.ts";
import { uriEncode } from "./uri.ts";

/** 1,000 keys at their longest, percent-encoded, need about 4 MB. */
const maxPageBytes = 8 * 1024 * 1024;
/** Some stores answer a few pages without a key while they skip deleted objects. */
const maxEmptyPages = 3;

/** Where a page begins: after a key, or at a continuation token; neither = at the beginning. */
export interface PageStart {
  readonly after?: string;
  readonly token?: string;
}

export type FetchPage = (start: PageStart) => Promise<ListPage>;

/** Asks for pages of up to 1,000 keys below a prefix. @throws StoreError, EgressError, Failure */
export function pageFetcher(client: S3Client, prefix: string | undefined, signal: AbortSignal): FetchPage {
  return async (start) => {
    const query = listQuery({ ...start, ...(prefix === undefined ? {} : { prefix }) });
    try {
      const { bytes } = await client.getBytes({ query, maxBytes: maxPageBytes, signal });
      return parseListPage(bytes);
    } catch (error) {
      throw asUnavailable(error, client.host);
    }
  };
}

/** The canonical query of ListObjectsV2: names in order, everything encoded. */
export function listQuery(query: PageStart & { readonly prefix?: string; readonly maxKeys?: number }): string {
  let text = query.token === undefined ? "" : `continuation-token=${uriEncode(query.token)}&`;
  text += "encoding-type=url&list-type=2";
  if (query.maxKeys !== undefined) text += `&max-keys=${query.maxKeys}`;
  if (query.prefix !== undefined) text += `&prefix=${uriEncode(query.prefix)}`;
  if (query.after !== undefined) text += `&start-after=${uriEncode(query.after)}`;
  return text;
}

/** A reply that is no listing says nothing about the bucket: the run fails, is tried again, and deletes nothing. */
function asUnavailable(error: unknown, host: string): unknown {
  if (error instanceof ListPageError) return unavailable(host, error.message, error);
  const unusable = error instanceof EgressError && (error.kind === "too_large" || error.kind === "bad_encoding");
  return unusable ? unavailable(host, error.message, error) : error;
}

function unavailable(host: string, what: string, cause?: unknown): Failure {
  return new Failure("transient", `The listing of ${host} cannot be used: ${what.replace(/\.$/, "")}.`, {
    fix: "Nothing was deleted and the next run tries again. If it stays like this, check the endpoint.",
    cause,
  });
}

/**
 * Pages in a chain, from a start until the listing or the range (`until`, inclusive) ends. Answers that would go round in
 * circles end it with an error, because a listing that never says it is complete must not count as complete.
 */
export async function* chain(
  fetchPage: FetchPage,
  host: string,
  start: PageStart,
  until?: string,
): AsyncGenerator<ListPage, void, void> {
  let at = start;
  let empty = 0;
  let before: ListPage | undefined;
  // Brent's cycle detection: one remembered token finds a circle of any length.
  let landmark = start.token;
  let steps = 0;
  let reach = 2;
  for (;;) {
    const page = await fetchPage(at);
    empty = page.entries.length === 0 ? empty + 1 : 0;
    if (page.truncated && empty >= maxEmptyPages)
      throw unavailable(host, "page after page is empty, yet more is promised");
    if (before && sameKeys(before, page)) throw unavailable(host, "it repeats the same page");
    yield page;
    const last = page.entries.at(-1);
    if (!page.truncated || (until !== undefined && last && compareKeys(last.key, until) >= 0)) return;
    if (page.token === undefined) throw unavailable(host, "it promises more without saying where to go on");
    if (page.token === landmark) throw unavailable(host, "it goes round in a circle");
    if (++steps === reach) {
      steps = 0;
      reach *= 2;
      landmark = page.token;
    } else {
      landmark ??= page.token;
    }
    before = page;
    at = { token: page.token };
  }
}

function sameKeys(a: ListPage, b: ListPage): boolean {
  const [first] = a.entries;
  return (
    first !== undefined &&
    a.entries.length === b.entries.length &&
    first.key === b.entries[0]?.key &&
    a.entries.at(-1)?.key === b.entries.at(-1)?.key
  );
}

/** Keys ascend by their bytes, within the page and after `last`. */
export function ascends(entries: readonly Entry[], last: string | undefined): boolean {
  let previous = last;
  for (const { key } of entries) {
    if (previous !== undefined && compareKeys(previous, key) >= 0) return false;
    previous = key;
  }
  return true;
}

/** The store does not do start-after: it says so. */
export function rejectsStartAfter(error: unknown): boolean {
  return error instanceof StoreError && (error.status === 400 || error.status === 405 || error.status === 501);
}
