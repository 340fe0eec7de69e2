import { EgressError, type HttpReply } from "#lib/egress/types.ts";
import { type Content, type Ctx, Failure, ItemChanged, ItemGone, type ItemRef, ItemSkip } from "../types.ts";
import { clientOf, type S3Client } from "./client.ts";
import type { S3Config } from "./config.ts";
import { isDeadCredentials, listingFailure } from "./failures.ts";
import { contentEtag, maxObjectBytes, titleOf } from "./items.ts";
import { listQuery } from "./listing.ts";
import { readsOf, type Reads } from "./reads.ts";
import { StoreError } from "./store-error.ts";

/** One object's bytes, exactly the version that was listed. */
export async function readObject(ctx: Ctx<S3Config>, item: ItemRef): Promise<Content> {
  const client = clientOf(ctx);
  const reads = readsOf(client);
  try {
    const content = await fetchListed(ctx, client, item, reads);
    reads.allowed++;
    return content;
  } catch (error) {
    if (error instanceof StoreError) throw await meaning(error, ctx, client, item, reads);
    if (error instanceof EgressError && error.kind === "too_large") {
      throw new ItemSkip("too_large", "It is larger than the listing says.");
    }
    if (error instanceof EgressError && error.kind === "bad_encoding") {
      throw new ItemSkip("broken", `Its Content-Encoding does not fit its bytes: ${error.message}`);
    }
    throw error;
  }
}

async function fetchListed(ctx: Ctx<S3Config>, client: S3Client, item: ItemRef, reads: Reads): Promise<Content> {
  const etag = etagOf(item);
  const expected = Math.min(maxObjectBytes, 2 * (item.bytes ?? maxObjectBytes) + 64 * 1024);
  const get = (headers: Readonly<Record<string, string>>, maxBytes: number) =>
    client.getBytes({ key: item.id, maxBytes, signal: ctx.signal, headers });
  const ask = async (headers: Readonly<Record<string, string>>) => {
    try {
      return await get(headers, expected);
    } catch (error) {
      const grew = error instanceof EgressError && error.kind === "too_large" && expected < maxObjectBytes;
      if (!grew) throw error;
      // Stored compressed, or a store that lies. Readers make room for what is listed, so only one at a time may be more.
      return await reads.alone(() => get(headers, maxObjectBytes));
    }
  };
  try {
    const reply = await ask(etag === "" ? plain : { ...plain, "if-match": `"${etag}"` });
    const got = bare(reply.reply.headers["etag"]);
    if (etag === "" || got === "" || got === etag || isSameByTime(reply.reply.headers, item, etag)) {
      return contentOf(reply, item, client.host);
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.status !== 412) throw error;
    if (!contentEtag.test(etag)) {
      const reply = await ask(plain);
      if (isSameByTime(reply.reply.headers, item, etag)) return contentOf(reply, item, client.host);
    }
  }
  throw new ItemChanged(`${item.title} changed since it was listed.`);
}

/** Some stores list another ETag for a multipart object than they send with it: then its time and size must agree. */
function isSameByTime(headers: HttpReply["headers"], item: ItemRef, etag: string): boolean {
  if (contentEtag.test(etag) || !item.updatedAt) return false;
  const modified = new Date(headers["last-modified"] ?? "").getTime();
  // The header has no fractions of a second.
  const listed = Math.floor(item.updatedAt.getTime() / 1000) * 1000;
  return modified === listed && Number(headers["content-length"] ?? Number.NaN) === item.bytes;
}

function contentOf(
  got: { readonly reply: HttpReply; readonly bytes: Uint8Array },
  item: ItemRef,
  host: string,
): Content {
  const { headers } = got.reply;
  const encoded = (headers["content-encoding"] ?? "identity") !== "identity";
  if (!encoded && item.bytes !== undefined && got.bytes.length !== item.bytes) {
    throw new EgressError("truncated", `${host} sent ${got.bytes.length} of ${item.bytes} bytes.`);
  }
  const mime = headers["content-type"];
  return { kind: "bytes", bytes: got.bytes, filename: titleOf(item.id), ...(mime === undefined ? {} : { mime }) };
}

/** Identity: a compressed reply would carry another ETag. */
const plain = { "accept-encoding": "identity" };

function etagOf(item: ItemRef): string {
  const data = item.data;
  if (typeof data !== "object" || data === null || !("etag" in data)) return "";
  return typeof data.etag === "string" ? data.etag : "";
}

function bare(etag: string | undefined): string {
  return etag?.replace(/^W\//, "").replace(/^"(.*)"$/, "$1") ?? "";
}

async function meaning(
  error: StoreError,
  ctx: Ctx<S3Config>,
  client: S3Client,
  item: ItemRef,
  reads: Reads,
): Promise<Error> {
  const { code, status } = error;
  if (code === "InvalidObjectState")
    return new ItemSkip("archived", "It is in an archive tier and must be restored first.");
  if (code === "NoSuchBucket") return runFailure(error, ctx, client);
  // A web page that says 404 is a gateway's word, not the store's.
  if (status === 404 && !error.foreign) return new ItemGone(`${item.title} is gone.`);
  if (isCustomerKey(error)) {
    return new ItemSkip(
      "encrypted",
      "It is encrypted with a key of the customer's own (SSE-C), which the store does not keep.",
    );
  }
  if (code.startsWith("KMS.") || code.startsWith("KMS")) {
    return new ItemSkip("denied", `Its encryption key cannot be used (${code}).`);
  }
  if (isDeadCredentials(error)) {
    // Some stores refuse the signature of a single key they spell in another way: ask whether the run is affected.
    reads.probe ??= mayList(ctx, client);
    const failure = await reads.probe;
    return failure ?? new ItemSkip("denied", `The store refuses this object alone (${code || status}).`);
  }
  if (status === 403) {
    if (await reads.refused(client, ctx.signal)) return mayNotRead(error);
    return new ItemSkip("denied", "The key may list this object but not read it.");
  }
  if (status === 429 || code === "SlowDown") return runFailure(error, ctx, client);
  // Anything else concerns this object: it is tried again by the next run, and the run goes on.
  return new EgressError("reset", `${client.host} does not give out this object (${status}${code ? ` ${code}` : ""}).`);
}

/** SSE-C objects answer 400 to a request without their key. */
function isCustomerKey(error: StoreError): boolean {
  if (error.status !== 400) return false;
  if (/^(?:ServerSideEncryptionCustomerKey|SSECustomerKey|MissingSecurityHeader)/i.test(error.code)) return true;
  return error.code === "InvalidRequest" && (error.said === "" || /encrypt/i.test(error.said));
}

/** The key may list but read nothing at all. */
export function mayNotRead(cause: unknown): Failure {
  return new Failure("denied", "Access denied: the key may list the bucket but not read its objects.", {
    fix: "Grant it s3:GetObject on the objects (and kms:Decrypt if they are encrypted with a KMS key).",
    field: "metadata.bucket",
    cause,
  });
}

async function mayList(ctx: Ctx<S3Config>, client: S3Client): Promise<Failure | undefined> {
  const { prefix } = ctx.config;
  try {
    await client.getBytes({
      query: listQuery({ maxKeys: 1, ...(prefix === undefined ? {} : { prefix }) }),
      signal: ctx.signal,
    });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return runFailure(error, ctx, client);
    throw error;
  }
}

function runFailure(error: StoreError, ctx: Ctx<S3Config>, client: S3Client): Failure {
  return listingFailure(error, { config: ctx.config, host: client.host, now: ctx.now() });
}
