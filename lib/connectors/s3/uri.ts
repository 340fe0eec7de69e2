import { encodeKey, decodeKey } from "#lib/contract/key.ts";

const hex = Array.from({ length: 256 }, (_, i) => `%${i.toString(16).toUpperCase().padStart(2, "0")}`);
const leftAlone = /[!'()*]/g;

/** Percent-encodes every byte but A–Z a–z 0–9 - . _ ~, as SigV4's canonical query wants it. */
export function uriEncode(text: string): string {
  if (!text.isWellFormed()) return encodeBytes(encodeKey(text));
  const encoded = encodeURIComponent(text);
  return /[!'()*]/.test(encoded) ? encoded.replace(leftAlone, (c) => hex[c.charCodeAt(0)] ?? c) : encoded;
}

/** The same, but with "/" kept: an object key as a path. Dot segments stay as they are; S3 never resolves them. */
export function uriEncodePath(key: string): string {
  const encoded = uriEncode(key);
  return encoded.includes("%2F") ? encoded.replaceAll("%2F", "/") : encoded;
}

function encodeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9\-._~]/.test(char) ? char : hex[byte];
  }
  return text;
}

/** A key out of a listing with encoding-type=url: `+` is a space, bytes that are not UTF-8 are kept (contract/key.ts). */
export function uriDecodeKey(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return decodeLoosely(spaced);
  }
}

/** Byte by byte; a percent sign that introduces no byte is taken as itself. */
function decodeLoosely(text: string): string {
  const source = encodeKey(text);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    const digits = source[i] === 0x25 ? String.fromCharCode(source[i + 1] ?? 0, source[i + 2] ?? 0) : "";
    if (/^[0-9a-fA-F]{2}$/.test(digits)) {
      bytes[length++] = Number.parseInt(digits, 16);
      i += 2;
    } else {
      bytes[length++] = source[i] ?? 0;
    }
  }
  return decodeKey(bytes.subarray(0, length));
}
