import { lowerBound, type ByteKey, type Objects, type StoredObject } from "./objects.ts";
import { percentEncode } from "./signature.ts";

/** How a store may deviate from S3 when it lists. */
export interface ListingQuirks {
  readonly startAfter?: "ignored" | "rejected";
  /** keys come in another order than their bytes': backwards, or neighbours swapped within each page */
  readonly order?: "reversed" | "swapped";
  /** encoding-type is ignored: keys come as XML text */
  readonly encoding?: "ignored";
  /** missing: truncated without a token · same: always the same token · circle: the second and third page in turn */
  readonly token?: "missing" | "same" | "circle";
  /** so many empty truncated pages before each real one */
  readonly emptyPages?: number;
  readonly pageSize?: number;
  /** no quotes round ETags, W/ before them, or none */
  readonly etag?: "bare" | "weak" | "none";
}

/** The reply to ListObjectsV2, or undefined if the store rejects the request. */
export function listReply(
  objects: Objects,
  query: ReadonlyMap<string, string>,
  quirks: ListingQuirks,
  bucket: string,
): string | undefined {
  const startAfter = query.get("start-after");
  if (startAfter !== undefined && quirks.startAfter === "rejected") return undefined;
  const url = query.get("encoding-type") === "url" && quirks.encoding !== "ignored";
  const show = (key: ByteKey) => (url ? urlEncode(key) : xmlEscape(key));
  const prefix = query.get("prefix") ?? "";
  const max = Math.min(Number(query.get("max-keys") ?? 1000), quirks.pageSize ?? 1000);
  const place = readToken(query.get("continuation-token"));
  const after = place?.after ?? (quirks.startAfter === "ignored" ? "" : (startAfter ?? ""));
  const empties = place?.empties ?? 0;
  const found: StoredObject[] = [];
  let more = false;
  const reversed = quirks.order === "reversed";
  let index = reversed ? objects.count - 1 : lowerBound(objects, after > prefix ? after : prefix);
  if (reversed && after !== "") index = lowerBound(objects, after) - 1;
  for (; index >= 0 && index < objects.count; index += reversed ? -1 : 1) {
    const object = objects.at(index);
    if (!reversed && object.key === after) continue;
    if (!object.key.startsWith(prefix)) {
      if (reversed) continue;
      break;
    }
    if (found.length >= max || empties < (quirks.emptyPages ?? 0)) {
      more = true;
      break;
    }
    found.push(object);
  }
  const last = found.at(-1)?.key ?? after;
  let token = found.length === 0 && more ? writeToken(after, empties + 1) : writeToken(last, 0);
  if (quirks.token === "circle") {
    const firstEnd = objects.at(max - 1).key;
    token = writeToken(after === firstEnd ? objects.at(2 * max - 1).key : firstEnd, 0);
  }
  if (quirks.order === "swapped") {
    for (let i = 0; i + 1 < found.length; i += 2) found.splice(i, 2, ...found.slice(i, i + 2).toReversed());
  }
  const contents = found.map(
    (object) =>
      `<Contents><Key>${show(object.key)}</Key><LastModified>${object.modified.toISOString()}</LastModified>${etagElement(object.etag, quirks)}<Size>${object.size}</Size><StorageClass>${object.storageClass}</StorageClass></Contents>`,
  );
  const endless = quirks.token !== undefined && quirks.token !== "missing";
  return `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><Prefix>${show(prefix)}</Prefix>${startAfter === undefined ? "" : `<StartAfter>${show(startAfter)}</StartAfter>`}<KeyCount>${found.length}</KeyCount><MaxKeys>${max}</MaxKeys>${url ? "<EncodingType>url</EncodingType>" : ""}<IsTruncated>${more || endless}</IsTruncated>${tokenElement(token, more || endless, quirks)}${contents.join("")}</ListBucketResult>`;
}

function tokenElement(token: string, more: boolean, quirks: ListingQuirks): string {
  if (!more || quirks.token === "missing") return "";
  return `<NextContinuationToken>${quirks.token === "same" ? "token/A+=" : token}</NextContinuationToken>`;
}

function etagElement(etag: string, quirks: ListingQuirks): string {
  if (quirks.etag === "none") return "";
  if (quirks.etag === "bare") return `<ETag>${etag}</ETag>`;
  return `<ETag>${quirks.etag === "weak" ? "W/" : ""}&quot;${etag}&quot;</ETag>`;
}

/** Opaque to the client, with characters that must be encoded in a query. */
function writeToken(after: ByteKey, empties: number): string {
  return `1/${empties}+${Buffer.from(after, "latin1").toString("base64")}`;
}

function readToken(token: string | undefined): { readonly after: ByteKey; readonly empties: number } | undefined {
  const match = token === undefined ? null : /^1\/(\d+)\+(.*)$/.exec(token);
  return match
    ? { after: Buffer.from(match[2] ?? "", "base64").toString("latin1"), empties: Number(match[1]) }
    : undefined;
}

/** As Amazon encodes keys: a space is "+", the slash stays. */
function urlEncode(key: ByteKey): string {
  if (/^[A-Za-z0-9\-._~/]*$/.test(key)) return key;
  return percentEncode(key, "/ ").replaceAll(" ", "+");
}

export function xmlEscape(bytes: ByteKey): string {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text.replace(/[&<>"\r\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}
