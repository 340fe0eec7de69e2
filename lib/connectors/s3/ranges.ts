import { compareKeys } from "#lib/contract/key.ts";
import type { Entry, ListPage } from "./list-page.ts";
import { ascends, chain, type FetchPage, rejectsStartAfter } from "./listing.ts";
import { ReadAhead } from "./read-ahead.ts";

/** Ranges asked for side by side. */
const fanOut = 16;
/** Pages a range may be ahead; with page starts thinned out a range has several. */
const pagesAhead = 4;

export interface ListPlan {
  /** keys up to and including this one are already done */
  readonly after: string | undefined;
  /** ascending keys at which pages of an earlier complete listing ended */
  readonly starts: readonly string[];
}

/**
 * Every entry of a listing, in order, in batches. A chain of continuation tokens costs one round trip after the other;
 * with page starts remembered from the last complete listing, ranges between them are asked for side by side instead.
 * The remembered keys only cut the work: a range that grew is read on to its end key, and what lies behind its end is
 * left to the next range, so no key is lost or doubled however much the bucket changed.
 *
 * A store that ignores or refuses start-after gets the chain; one that lists in another order is listed again by the
 * chain from the beginning (the caller sees the order and draws no conclusion from absence).
 */
export async function* listEntries(
  fetchPage: FetchPage,
  host: string,
  plan: ListPlan,
): AsyncGenerator<readonly Entry[], void, void> {
  const { after } = plan;
  const starts = after === undefined ? plan.starts : plan.starts.filter((key) => compareKeys(key, after) > 0);
  const bounds = [after, ...starts];
  const open: (ReadAhead<ListPage> | undefined)[] = [];
  const ahead = (from: number) => {
    for (let i = from; i < Math.min(bounds.length, from + fanOut); i++) {
      const begin = bounds[i];
      const depth = bounds.length === 1 ? 1 : pagesAhead;
      open[i] ??= new ReadAhead(
        chain(fetchPage, host, begin === undefined ? {} : { after: begin }, bounds[i + 1]),
        depth,
      );
    }
  };

  let previous: { readonly page: ListPage; readonly done: number } | undefined;
  try {
    for (let i = 0; i < bounds.length; i++) {
      ahead(i);
      const begin = bounds[i];
      const end = bounds[i + 1];
      const range = open[i];
      if (!range) break;
      let last = begin;
      for (let first = true; ; first = false) {
        let page: ListPage | undefined;
        try {
          page = await range.next();
        } catch (error) {
          if (!first || begin === undefined || !rejectsStartAfter(error)) throw error;
          yield* withoutStartAfter(fetchPage, host, previous, after);
          return;
        }
        if (!page) break;
        const head = page.entries[0]?.key;
        if (first && begin !== undefined && head !== undefined && compareKeys(head, begin) <= 0) {
          yield* withoutStartAfter(fetchPage, host, previous, after);
          return;
        }
        if (bounds.length > 1 && !ascends(page.entries, last)) {
          for await (const whole of chain(fetchPage, host, {})) yield whole.entries;
          return;
        }
        const count = end === undefined ? page.entries.length : countUpTo(page.entries, end);
        if (count > 0) yield count === page.entries.length ? page.entries : page.entries.slice(0, count);
        last = page.entries[count - 1]?.key ?? last;
        previous = { page, done: count };
        if (count < page.entries.length || (end !== undefined && last === end)) break;
      }
      range.close();
      open[i] = undefined;
    }
  } finally {
    for (const range of open) range?.close();
  }
}

/** Goes on where the previous range stopped, by its own token. */
async function* withoutStartAfter(
  fetchPage: FetchPage,
  host: string,
  previous: { readonly page: ListPage; readonly done: number } | undefined,
  after: string | undefined,
): AsyncGenerator<readonly Entry[], void, void> {
  if (previous) {
    const { page, done } = previous;
    if (done < page.entries.length) yield page.entries.slice(done);
    if (!page.truncated) return;
    if (page.token !== undefined) {
      for await (const next of chain(fetchPage, host, { token: page.token })) yield next.entries;
      return;
    }
  }
  for await (const page of chain(fetchPage, host, {})) {
    // What is done already was listed in order, so what follows it follows it in this listing too.
    const rest = after === undefined ? page.entries : page.entries.filter(({ key }) => compareKeys(key, after) > 0);
    if (rest.length > 0) yield rest;
  }
}

function countUpTo(entries: readonly Entry[], end: string): number {
  const tail = entries.at(-1);
  if (!tail || compareKeys(tail.key, end) <= 0) return entries.length;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && compareKeys(entry.key, end) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
