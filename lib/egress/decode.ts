import { pipeline, Readable, type Transform } from "node:stream";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { EgressError } from "./types.ts";

/** Undoes Content-Encoding. Decoded bytes are counted while they are made, so a bomb stops at the cap. */

type Coding = "gzip" | "deflate" | "br" | "zstd";

/** Node has zstd since 22.15. */
const hasZstd = typeof zlib.createZstdDecompress === "function";

export const acceptEncoding: string = hasZstd ? "gzip, br, zstd, deflate" : "gzip, br, deflate";

const codings: Readonly<Record<string, Coding | undefined>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "br",
  ...(hasZstd ? { zstd: "zstd" } : {}),
};

/** aws-chunked is how an upload was framed, not how the stored object is; some stores send it back. */
const plain = new Set(["", "identity", "none", "aws-chunked"]);

/**
 * Reads Content-Encoding, in the order in which to decode.
 * @throws EgressError bad_encoding for one we cannot undo, or more than two in a row
 */
export function contentCodings(header: string | undefined, host: string): readonly Coding[] {
  if (header === undefined) return [];
  const found: Coding[] = [];
  for (const part of header.split(",")) {
    const name = part.trim().toLowerCase();
    if (plain.has(name)) continue;
    const coding = codings[name];
    if (!coding || found.length === 2) {
      throw new EgressError(
        "bad_encoding",
        `${host} sent its reply in an encoding that is not known (${name.slice(0, 20)}).`,
      );
    }
    found.unshift(coding);
  }
  return found;
}

/** RFC 9659: content coded with zstd needs no more than an 8 MB window; larger ones only cost memory. */
const zstdOptions = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

/** "deflate" should be zlib-wrapped, but many servers send it raw (RFC 9110 8.4.1.2). */
function isRawDeflate(firstByte: number): boolean {
  return (firstByte & 0x0f) !== 8;
}

const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
const inflateRaw = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflateRaw);
const brotli = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);
const zstd = hasZstd ? promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress) : undefined;

/** Below this, decoding here is quicker than a trip to the thread pool, and even a bomb of it is soon at the cap. */
const inPlaceBytes = 32 * 1024;

function decodeInPlace(bytes: Uint8Array, coding: Coding, maxOutputLength: number): Buffer {
  if (coding === "gzip") return zlib.gunzipSync(bytes, { maxOutputLength });
  if (coding === "br") return zlib.brotliDecompressSync(bytes, { maxOutputLength });
  if (coding === "zstd") return zlib.zstdDecompressSync(bytes, { ...zstdOptions, maxOutputLength });
  return (isRawDeflate(bytes[0] ?? 0) ? zlib.inflateRawSync : zlib.inflateSync)(bytes, { maxOutputLength });
}

async function decodeAside(bytes: Uint8Array, coding: Coding, maxOutputLength: number): Promise<Buffer> {
  if (coding === "gzip") return gunzip(bytes, { maxOutputLength });
  if (coding === "br") return brotli(bytes, { maxOutputLength });
  if (coding === "zstd" && zstd) return zstd(bytes, { ...zstdOptions, maxOutputLength });
  return (isRawDeflate(bytes[0] ?? 0) ? inflateRaw : inflate)(bytes, { maxOutputLength });
}

function explain(error: unknown, maxBytes: number, host: string): EgressError {
  if (error instanceof EgressError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(host, maxBytes);
  return new EgressError("bad_encoding", `${host} sent compressed data that is damaged or ends early.`, {
    cause: error,
  });
}

export function tooLarge(host: string, maxBytes: number): EgressError {
  const limit = maxBytes >= 1024 * 1024 ? `${Math.round(maxBytes / (1024 * 1024))} MB` : `${maxBytes} bytes`;
  return new EgressError("too_large", `The reply of ${host} is larger than ${limit}.`);
}

/** Decodes a whole body. @throws EgressError too_large, bad_encoding */
export async function decodeWhole(
  bytes: Uint8Array,
  order: readonly Coding[],
  maxBytes: number,
  host: string,
): Promise<Uint8Array> {
  let current = bytes;
  try {
    for (const coding of order) {
      if (current.byteLength === 0) return current;
      current =
        current.byteLength <= inPlaceBytes
          ? decodeInPlace(current, coding, maxBytes)
          : await decodeAside(current, coding, maxBytes);
    }
  } catch (error) {
    throw explain(error, maxBytes, host);
  }
  return current;
}

function decoder(coding: Coding, firstByte: number): Transform {
  if (coding === "gzip") return zlib.createGunzip();
  if (coding === "br") return zlib.createBrotliDecompress();
  if (coding === "zstd") return zlib.createZstdDecompress(zstdOptions);
  return isRawDeflate(firstByte) ? zlib.createInflateRaw() : zlib.createInflate();
}

/** Decodes a body as it comes; the source is read no faster than the result. @throws EgressError too_large, bad_encoding */
export async function* decodeStream(
  source: AsyncIterable<Uint8Array>,
  order: readonly Coding[],
  maxBytes: number,
  host: string,
): AsyncGenerator<Uint8Array, void, void> {
  let stream = source;
  for (const coding of order) stream = decodeOne(stream, coding, maxBytes, host);
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(host, maxBytes);
    yield chunk;
  }
}

async function* decodeOne(
  source: AsyncIterable<Uint8Array>,
  coding: Coding,
  maxBytes: number,
  host: string,
): AsyncGenerator<Uint8Array, void, void> {
  const input = source[Symbol.asyncIterator]();
  const first = await input.next();
  if (first.done) return;
  const head = first.value;
  async function* rest(): AsyncGenerator<Uint8Array, void, void> {
    yield head;
    for (let next = await input.next(); !next.done; next = await input.next()) yield next.value;
  }
  const output = decoder(coding, head[0] ?? 0);
  // a failure on either side destroys the other; it reaches the reader through `output`
  pipeline(Readable.from(rest(), { objectMode: false }), output, () => {});
  try {
    for await (const chunk of output) yield chunk;
  } catch (error) {
    throw explain(error, maxBytes, host);
  } finally {
    output.destroy();
    await input.return?.();
  }
}
