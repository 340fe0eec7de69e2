import { printableKey } from "#lib/contract/key.ts";
import { EgressError } from "#lib/egress/types.ts";
import { type Account, type Ctx } from "../types.ts";
import { isAmazon } from "./address.ts";
import { S3Client } from "./client.ts";
import type { S3Config } from "./config.ts";
import { listingFailure, notAStore, unreachable, type Where } from "./failures.ts";
import { changeOf } from "./items.ts";
import { type Entry, ListPageError, type ListPage, parseListPage } from "./list-page.ts";
import { listQuery } from "./listing.ts";
import { mayNotRead } from "./read.ts";
import { element, StoreError } from "./store-error.ts";
import { tagRule } from "./tag-rule.ts";

const sampleSize = 20;
/** Per request; the whole check makes four at most. */
const timeoutMs = 8_000;
const wholeCheckMs = 10_000;

/** Lists the first keys and tries to read one byte: what a sync will need, without changing anything. */
export async function checkBucket(ctx: Ctx<S3Config>): Promise<Account> {
  const { config } = ctx;
  const client = new S3Client(config, ctx.http, ctx.now);
  const where = (): Where => ({ config, host: client.host, now: ctx.now() });
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(wholeCheckMs)]);
  const page = await firstPage(client, config, signal, where);
  await mayRead(client, page.entries, signal);
  if (client.skewMs !== 0) ctx.note(skewNote(client.skewMs));
  const owner = isAmazon(config) ? undefined : await bucketOwner(client, signal);
  const rule = tagRule(config.containerTagRegex, config.unmatched);
  const place = isAmazon(config) || !config.endpoint ? "s3" : new URL(config.endpoint).host;
  return {
    id: owner === undefined ? `${place}/${config.bucket}` : `${place}/${config.bucket}@${owner}`,
    label:
      owner === undefined
        ? `${config.bucket} (${client.region})`
        : `${config.bucket} (${client.region}, owner ${owner})`,
    sample: page.entries.slice(0, sampleSize).map((entry) => sampleOf(entry, rule)),
    ...(client.region === config.region ? {} : { corrected: { region: client.region } }),
  };
}

function sampleOf(entry: Entry, rule: ReturnType<typeof tagRule>): Account["sample"][number] {
  const change = changeOf(entry, rule);
  const tags = change.type === "upsert" ? change.item.tags : undefined;
  return { id: entry.key, title: printableKey(entry.key), bytes: entry.size, ...(tags ? { tags } : {}) };
}

async function firstPage(
  client: S3Client,
  config: Readonly<S3Config>,
  signal: AbortSignal,
  where: () => Where,
): Promise<ListPage> {
  const { prefix } = config;
  const query = listQuery({ maxKeys: sampleSize, ...(prefix === undefined ? {} : { prefix }) });
  try {
    const { bytes } = await client.getBytes({
      query,
      signal,
      maxBytes: 1024 * 1024,
      totalTimeoutMs: timeoutMs,
      retries: 0,
    });
    const page = parseListPage(bytes);
    const stray = prefix === undefined ? undefined : page.entries.find(({ key }) => !key.startsWith(prefix));
    if (stray) throw notAStore(where(), new Error("keys outside the prefix"));
    return page;
  } catch (error) {
    if (error instanceof StoreError) throw listingFailure(error, where());
    if (error instanceof ListPageError) throw notAStore(where(), error);
    if (error instanceof EgressError) throw unreachable(timedOut(error, signal, client.host), where());
    throw error;
  }
}

function timedOut(error: EgressError, signal: AbortSignal, host: string): EgressError {
  if (error.kind !== "aborted" || !(signal.reason instanceof DOMException) || signal.reason.name !== "TimeoutError")
    return error;
  return new EgressError("timeout", `${host} did not answer within ${wholeCheckMs / 1000} s.`, { cause: error });
}

/**
 * Reads one byte of up to three objects: a key that may list but not read should be known before the first sync.
 * Only a refusal of all of them counts; anything else is left to the sync.
 */
async function mayRead(client: S3Client, entries: readonly Entry[], signal: AbortSignal): Promise<void> {
  const readable = entries.filter(({ size, storageClass }) => size > 0 && !/GLACIER$|ARCHIVE$/.test(storageClass));
  const picks = [...new Set([readable[0], readable[readable.length >> 1], readable.at(-1)])];
  let refusal: unknown;
  for (const entry of picks) {
    if (!entry) return;
    try {
      const reply = await client.get({
        key: entry.key,
        headers: { range: "bytes=0-0" },
        signal,
        totalTimeoutMs: timeoutMs,
        retries: 0,
      });
      await reply.discard();
      return;
    } catch (error) {
      if (error instanceof EgressError) return;
      if (!(error instanceof StoreError)) throw error;
      if (error.status !== 403 || error.code === "InvalidObjectState") return;
      refusal = error;
    }
  }
  if (refusal) throw mayNotRead(refusal);
}

/** Who owns the bucket, where the store tells. Amazon's bucket names are unique anyway; other stores may have twins. */
async function bucketOwner(client: S3Client, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { bytes } = await client.getBytes({
      query: "acl=",
      signal,
      maxBytes: 256 * 1024,
      totalTimeoutMs: 3_000,
      retries: 0,
    });
    const xml = new TextDecoder().decode(bytes);
    const owner = xml.includes("<AccessControlPolicy") ? element(inside(xml, "Owner"), "ID") : "";
    return /^[\x21-\x7e]{1,200}$/.test(owner) ? owner : undefined;
  } catch (error) {
    if (error instanceof StoreError || error instanceof EgressError) return undefined;
    throw error;
  }
}

/** What stands between the first pair of tags of this name, markup included. */
function inside(xml: string, name: string): string {
  const from = xml.indexOf(`<${name}>`);
  const to = xml.indexOf(`</${name}>`, from);
  return from < 0 || to < 0 ? "" : xml.slice(from + name.length + 2, to);
}

/** What a person is told when signatures only work because we went by the store's clock. */
export function skewNote(skewMs: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(skewMs) / 60_000));
  const how = skewMs > 0 ? "behind" : "ahead of";
  return `This machine's clock is ${minutes} minute${minutes === 1 ? "" : "s"} ${how} the store's; the store's was used. Set this machine's clock (NTP).`;
}
