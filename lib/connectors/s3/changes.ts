import { z } from "zod";
import { EgressError } from "#lib/egress/types.ts";
import type { Change, Ctx } from "../types.ts";
import { skewNote } from "./check.ts";
import { clientOf } from "./client.ts";
import type { S3Config } from "./config.ts";
import { listingFailure } from "./failures.ts";
import { changeOf } from "./items.ts";
import type { Entry } from "./list-page.ts";
import { ascends, pageFetcher } from "./listing.ts";
import { PageStarts } from "./page-starts.ts";
import { listEntries } from "./ranges.ts";
import { readsOf } from "./reads.ts";
import { StoreError } from "./store-error.ts";
import { tagRule } from "./tag-rule.ts";
import { uriDecodeKey, uriEncodePath } from "./uri.ts";

/** Keys in a cursor are percent-encoded: the database's JSON takes neither NUL nor lone surrogates. */
export const s3Cursor = z.object({
  v: z.literal(1),
  /** the last key decided by a run that is not finished; null = between runs */
  at: z.string().nullable(),
  /** where pages of the last complete listing ended, ascending */
  starts: z.array(z.string()).max(1_000),
  /** the same, gathered so far by the run that is not finished, every `stride` pages */
  fresh: z.array(z.string()).max(1_000),
  stride: z.number().int().min(1),
});

export type S3Cursor = z.output<typeof s3Cursor>;

/**
 * Everything below the prefix, in the order of the keys' bytes, page by page. There is no other way to learn of deletions,
 * and LastModified is no watermark (one-second grain; for multipart uploads the time they began).
 */
export async function* s3Changes(
  ctx: Ctx<S3Config>,
  since: S3Cursor | null,
): AsyncGenerator<readonly Change<S3Cursor>[], void, void> {
  const { config } = ctx;
  const client = clientOf(ctx);
  const reads = readsOf(client);
  const rule = tagRule(config.containerTagRegex, config.unmatched);
  const going = ctx.resuming && since !== null && since.at !== null ? since : undefined;
  const gathered = going ? new PageStarts(going.fresh.map(uriDecodeKey), going.stride) : new PageStarts();
  const starts = (since?.starts ?? []).map(uriDecodeKey);
  let last = typeof going?.at === "string" ? uriDecodeKey(going.at) : undefined;
  const oldStarts = since?.starts ?? [];
  let ordered = true;
  const own = new AbortController();
  const fetchPage = pageFetcher(client, config.prefix, AbortSignal.any([ctx.signal, own.signal]));

  try {
    for await (const listed of listEntries(fetchPage, client.host, { after: last, starts })) {
      const entries = below(listed, config.prefix);
      if (entries.length === 0) continue;
      if (ordered && !ascends(entries, last)) {
        ordered = false;
        ctx.note(
          "The store does not list its keys in order, so objects deleted there cannot be told from unseen ones.",
        );
      }
      last = entries.at(-1)?.key;
      const changes: Change<S3Cursor>[] = [];
      for (const entry of entries) {
        const change = changeOf(entry, rule);
        if (change.type === "upsert") reads.listed(entry.key);
        changes.push(change);
        if (ordered) gathered.add(entry.key);
      }
      const at = ordered && last !== undefined ? uriEncodePath(last) : null;
      const fresh = gathered.keys.map(uriEncodePath);
      changes.push({ type: "checkpoint", cursor: { v: 1, at, starts: oldStarts, fresh, stride: gathered.stride } });
      yield changes;
    }
  } catch (error) {
    if (error instanceof StoreError) throw listingFailure(error, { config, host: client.host, now: ctx.now() });
    if (error instanceof EgressError && error.kind === "aborted") ctx.signal.throwIfAborted();
    throw error;
  } finally {
    own.abort();
  }
  if (client.skewMs !== 0) ctx.note(skewNote(client.skewMs));
  // The last start would open a range with nothing in it.
  const kept = ordered ? gathered.keys.filter((key) => key !== last) : [];
  yield [
    {
      type: "done",
      coverage: "full",
      cursor: { v: 1, at: null, starts: kept.map(uriEncodePath), fresh: [], stride: 1 },
    },
  ];
}

/** A store that ignores the prefix must not widen the connection. */
function below(entries: readonly Entry[], prefix: string | undefined): readonly Entry[] {
  if (prefix === undefined || entries.every(({ key }) => key.startsWith(prefix))) return entries;
  return entries.filter(({ key }) => key.startsWith(prefix));
}
