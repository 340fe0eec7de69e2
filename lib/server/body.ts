import { AppError } from "#lib/contract/errors.ts";
import { defaultKeysMax, parseJsonObject } from "./json.ts";

/** Largest JSON body, in bytes, unless the operation says otherwise. */
const bodyBytesMax = 1_000_000;
/** A larger body may have more keys: so many bytes for each. */
const bytesPerKey = 200;

const drainBytesMax = 100_000_000;
const drainMs = 10_000;

export interface Body {
  /** {} when there was none */
  readonly value: Readonly<Record<string, unknown>>;
  /** as it came; empty when there was none */
  readonly bytes: Uint8Array;
}

/**
 * Reads a JSON object as it streams in, never more than `bytesMax` of it whatever Content-Length says. No body counts
 * as `{}`: the official client sends none when it is called without parameters.
 * @throws AppError too_large, unsupported_media_type, invalid_request
 */
export async function readBody(request: Request, bytesMax = bodyBytesMax): Promise<Body> {
  const bytes = await readBytes(request, bytesMax);
  if (bytes.byteLength === 0) return { value: {}, bytes };
  // A form or text/plain needs no preflight in a browser: accepting it would open a road for forged requests.
  if (!isJson(request.headers.get("content-type")))
    throw new AppError("unsupported_media_type", "The request body must be JSON.", {
      details: "Send it with the header Content-Type: application/json.",
    });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new AppError("invalid_request", "The request body is not valid UTF-8.");
  }
  return { value: parseJsonObject(text, Math.max(defaultKeysMax, bytesMax / bytesPerKey)), bytes };
}

/** The body as it came, under the same limit. @throws AppError too_large, invalid_request */
export async function readBytes(request: Request, bytesMax = bodyBytesMax): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > bytesMax) {
    drain(request.body?.getReader());
    throw tooLarge(bytesMax);
  }
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  for (;;) {
    let step;
    try {
      step = await reader.read();
    } catch (cause) {
      throw new AppError("invalid_request", "The request body ended early.", { cause });
    }
    if (step.done) break;
    length += step.value.byteLength;
    if (length > bytesMax) {
      drain(reader);
      throw tooLarge(bytesMax);
    }
    chunks.push(step.value);
  }
  return Buffer.concat(chunks, length);
}

/**
 * Reads on beside the reply and keeps nothing: a client that is still sending must get to see the answer, and closing on
 * it would take the answer away. Who sends on and on is cut off.
 */
export function drain(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): void {
  const until = performance.now() + drainMs;
  const read = async (bytes: number): Promise<void> => {
    const step = await reader?.read();
    if (!step || step.done) return;
    const total = bytes + step.value.byteLength;
    if (total > drainBytesMax || performance.now() > until) return reader?.cancel();
    return read(total);
  };
  read(0).catch(() => {});
}

function tooLarge(bytesMax: number): AppError {
  return new AppError("too_large", "The request body is too large.", {
    details: `At most ${bytesMax.toLocaleString("en")} bytes are allowed.`,
  });
}

/** Absent counts as JSON: simple clients leave it out, and a type that a browser sends by itself is another one. */
function isJson(contentType: string | null): boolean {
  if (contentType === null) return true;
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return utf8 && /^application\/(?:[\w.-]+\+)?json$/.test(type.trim());
}
