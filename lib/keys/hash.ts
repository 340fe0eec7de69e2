import { createHash, randomBytes } from "node:crypto";

/** API keys are 256 random bits, so a slow hash would buy nothing: SHA-256 of the whole key is what is stored. */
export function hashKey(key: string): Buffer {
  return createHash("sha256").update(key, "utf8").digest();
}

/** A new key: `sm_` and 43 characters of base64url. Shown once, never stored. */
export function newKey(): string {
  return `sm_${randomBytes(32).toString("base64url")}`;
}

/** The last four characters, to tell keys apart in lists. */
export function keySuffix(key: string): string {
  return key.slice(-4);
}
