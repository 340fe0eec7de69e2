import { z } from "zod";

/** Every id we hand out: 128 bits as 22 characters of [0-9A-Za-z]. */
export const idPattern = /^[0-9A-Za-z]{22}$/;
export const id = z.string().regex(idPattern);

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** 16 bytes as 22 characters, most significant first. */
export function encodeId(bytes: Uint8Array): string {
  let value = 0n;
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  let text = "";
  for (let i = 0; i < 22; i++) {
    text = alphabet[Number(value % 62n)] + text;
    value /= 62n;
  }
  return text;
}

/** A new random id. */
export function newId(): string {
  return encodeId(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}
