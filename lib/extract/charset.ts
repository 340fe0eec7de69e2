import { isAscii, isUtf8 } from "node:buffer";
import { eastAsianEncoding } from "./east-asian.ts";

/**
 * Bytes to text. Order of trust: byte order mark, then what the transport declared, then what the document declares
 * about itself, then UTF-8 if the bytes are valid UTF-8, then an encoding of East Asia if they are clearly text in one,
 * then windows-1252 (the web's default).
 */
export function decodeBytes(bytes: Uint8Array, declared?: string): string {
  const bom = byteOrderMark(bytes);
  if (bom !== undefined) return decodeAs(bytes.subarray(bom.length), bom.label);
  const label = knownLabel(declared);
  if (label !== undefined && !(label === "utf-8" && !isUtf8(bytes) && looksSingleByte(bytes)))
    return decodeAs(bytes, label);
  return decodeAs(bytes, isUtf8(bytes) ? "utf-8" : (eastAsianEncoding(bytes) ?? "windows-1252"));
}

/** The same for HTML: a `<meta>` in the first 1,024 bytes counts when neither a mark nor the header says anything. */
export function decodeHtml(bytes: Uint8Array, contentType?: string): string {
  const declared = charsetParameter(contentType);
  if (byteOrderMark(bytes) !== undefined || knownLabel(declared) !== undefined) return decodeBytes(bytes, declared);
  const found = metaCharset(bytes);
  // A document that could say so in ASCII is not UTF-16, whatever it says.
  return decodeBytes(bytes, found !== undefined && /^utf-?16/i.test(found) ? "utf-8" : found);
}

/** `charset` of a Content-Type header. */
export function charsetParameter(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : /;\s*charset\s*=\s*["']?([^\s"';]+)/i.exec(contentType)?.[1];
}

/** A byte order mark at the start, and how long it is. */
export function byteOrderMark(bytes: Uint8Array): { label: string; length: number } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { label: "utf-8", length: 3 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { label: "utf-16le", length: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { label: "utf-16be", length: 2 };
  return undefined;
}

function metaCharset(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024)).toString("latin1");
  const xml = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)/.exec(head)?.[1];
  const uncommented = head.replace(/<!--[\s\S]*?(?:-->|$)/g, "");
  const meta = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)/i.exec(uncommented)?.[1];
  return meta ?? xml;
}

/** The canonical name when the label is one browsers know; encodings that hide ASCII are refused. */
function knownLabel(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding;
  } catch {
    return undefined;
  }
}

/** Declared as UTF-8 but not: mostly a few odd bytes, rarely another encoding altogether. */
function looksSingleByte(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 65_536);
  const text = Buffer.from(sample.buffer, sample.byteOffset, sample.length).toString("utf8");
  let bad = 0;
  let good = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0xfffd) bad++;
    else if (c > 127) good++;
  }
  return bad > good;
}

/** Bytes 0x80 to 0x9f of windows-1252; elsewhere it is Latin-1. */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Decodes with an encoding by its canonical name; malformed input becomes U+FFFD. */
export function decodeAs(bytes: Uint8Array, label: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (label === "utf-8") return isAscii(bytes) ? buffer.toString("latin1") : buffer.toString("utf8");
  if (label === "windows-1252") {
    // Node's own decoder of this name reads Latin-1 instead.
    const text = buffer.toString("latin1");
    return isAscii(bytes) ? text : text.replace(/[\u0080-\u009f]/g, (c) => windows1252[c.charCodeAt(0) - 0x80] ?? c);
  }
  return new TextDecoder(label, { ignoreBOM: true }).decode(bytes);
}
