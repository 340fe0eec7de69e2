/**
 * Provider ids as text and as bytes. Object keys are bytes that usually, but not always, are UTF-8. In text, bytes that
 * are not UTF-8 stand as lone surrogates U+DC80–U+DCFF ("surrogateescape"), so every key has exactly one text and back.
 * The bytes are what `documents.key` holds and what listings are ordered by.
 */

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Longest id that can be stored, in bytes. */
export const maxKeyBytes = 2048;

/** The bytes of an id. A lone surrogate outside U+DC80–U+DCFF (no provider sends one) becomes its three-byte form. */
export function encodeKey(id: string): Uint8Array {
  if (id.isWellFormed()) return encoder.encode(id);
  const bytes: number[] = [];
  for (const char of id) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else if (code >= 0xd800 && code <= 0xdfff)
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

/** The text of a key's bytes; `encodeKey` gives exactly these bytes back. */
export function decodeKey(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeEscaped(bytes);
  }
}

function decodeEscaped(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      text += strict.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** Length of the valid UTF-8 sequence that begins here, 0 if none does (Unicode table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if (next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

/** Orders ids by their bytes, as stores list them (UTF-16 order differs above U+D7FF). Negative: a before b. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Below the surrogates UTF-16 and UTF-8 agree.
    if (x < 0xd800 && y < 0xd800) return x - y;
    return compareBytes(encodeKey(a), encodeKey(b));
  }
  if (a.length === b.length) return 0;
  // One is the beginning of the other, unless the cut falls inside a surrogate pair.
  const next = (a.length > length ? a : b).charCodeAt(length);
  if (next < 0xd800) return a.length - b.length;
  return compareBytes(encodeKey(a), encodeKey(b));
}

/** Orders byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** For people: escaped bytes and control characters replaced, well-formed, without NUL. */
export function printableKey(id: string): string {
  const text = id.isWellFormed() ? id : id.toWellFormed();
  return /\p{Cc}/u.test(text) ? text.replace(/\p{Cc}/gu, "\ufffd") : text;
}
