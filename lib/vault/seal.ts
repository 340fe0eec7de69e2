import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { env } from "#lib/env.ts";

/**
 * Sealing of what must not be readable in the database: AES-256-GCM, written as
 * `v1.<key id>.<nonce>.<ciphertext>.<tag>` (base64url without padding). The place a value belongs to is authenticated
 * with it, so a sealed text copied to another row, column or organization does not open there.
 */

/** Where a sealed value lives. */
export interface Place {
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
  readonly organizationId: string;
}

export interface Vault {
  /** id of the key that seals */
  readonly currentKeyId: string;
  /** A new nonce each time: the same text sealed twice looks different. */
  seal(plaintext: string, place: Place): string;
  /** @throws VaultError */
  open(sealed: string, place: Place): string;
  /** False for a text sealed with an older key (or one that is no sealed text): reseal.ts looks for these. */
  isCurrent(sealed: string): boolean;
}

export type VaultErrorKind =
  /** SEALING_KEYS is missing or malformed */
  | "keys"
  /** not a sealed text */
  | "malformed"
  /** sealed with a key that is not in SEALING_KEYS */
  | "unknown_key"
  /** changed, moved to another place, or sealed with another key of the same id */
  | "not_authentic";

/** Never contains the text, the sealed text or a key. */
export class VaultError extends Error {
  readonly kind: VaultErrorKind;
  constructor(kind: VaultErrorKind, message: string) {
    super(message);
    this.name = "VaultError";
    this.kind = kind;
  }
}

export interface SealingKey {
  /** letters, digits, `_` and `-`; at most 32 */
  readonly id: string;
  /** 32 bytes */
  readonly key: Uint8Array;
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,32}$/;
const sealedPattern = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{22})$/;

/**
 * Reads SEALING_KEYS: `id:key,id:key,…`, each key 32 bytes as base64 or base64url. The first seals, all of them open.
 * @throws VaultError keys; the message names the entry, never the key
 */
export function parseSealingKeys(text: string): readonly SealingKey[] {
  const keys = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry, index): SealingKey => {
      const colon = entry.indexOf(":");
      const id = entry.slice(0, Math.max(colon, 0));
      const encoded = entry.slice(colon + 1);
      if (!idPattern.test(id)) {
        throw new VaultError(
          "keys",
          `SEALING_KEYS: entry ${index + 1} must be id:key (id of letters, digits, _ and -).`,
        );
      }
      const key = Buffer.from(encoded, "base64");
      if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded) || key.length !== keyBytes) {
        throw new VaultError("keys", `SEALING_KEYS: the key “${id}” must be 32 bytes in base64.`);
      }
      return { id, key };
    });
  if (keys.length === 0) throw new VaultError("keys", "SEALING_KEYS is empty: it needs at least one id:key.");
  return keys;
}

/** @param keys the first one seals, all of them open. @throws VaultError keys */
export function createVault(keys: readonly SealingKey[]): Vault {
  const [current] = keys;
  if (!current) throw new VaultError("keys", "There is no sealing key.");
  const byId = new Map<string, Uint8Array>();
  for (const { id, key } of keys) {
    if (!idPattern.test(id) || key.byteLength !== keyBytes) {
      throw new VaultError("keys", `The sealing key “${id}” must be 32 bytes with an id of letters, digits, _ and -.`);
    }
    if (byId.has(id)) throw new VaultError("keys", `There are two sealing keys with the id “${id}”.`);
    byId.set(id, Uint8Array.from(key));
  }
  const currentKey = byId.get(current.id) ?? current.key;
  const prefix = `v1.${current.id}.`;

  return {
    currentKeyId: current.id,
    seal(plaintext, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, currentKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(associatedData(current.id, place));
      const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return `${prefix}${nonce.toString("base64url")}.${sealed.toString("base64url")}.${cipher.getAuthTag().toString("base64url")}`;
    },
    open(sealed, place) {
      const [, keyId = "", nonce = "", ciphertext = "", tag = ""] = sealedPattern.exec(sealed) ?? [];
      if (!keyId) throw new VaultError("malformed", "This is not a sealed value.");
      const key = byId.get(keyId);
      if (!key) {
        throw new VaultError(
          "unknown_key",
          `A value was sealed with the key “${keyId}”, which is not in SEALING_KEYS: add it back, or enter the secret again.`,
        );
      }
      try {
        const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, "base64url"), { authTagLength: tagBytes });
        decipher.setAAD(associatedData(keyId, place));
        decipher.setAuthTag(Buffer.from(tag, "base64url"));
        return Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64url")), decipher.final()]).toString(
          "utf8",
        );
      } catch {
        throw new VaultError(
          "not_authentic",
          `A sealed value of ${place.table}.${place.column} does not open: it was changed, moved from another row, or its key is not the one it was sealed with.`,
        );
      }
    },
    isCurrent: (sealed) => sealed.startsWith(prefix),
  };
}

/** JSON, so that no two places look alike (`a` + `bc` is not `ab` + `c`). */
function associatedData(keyId: string, place: Place): Buffer {
  return Buffer.from(
    JSON.stringify(["v1", keyId, place.table, place.column, place.rowId, place.organizationId]),
    "utf8",
  );
}

let cached: { readonly keys: string; readonly vault: Vault } | undefined;

/** The vault of this installation, from SEALING_KEYS. @throws VaultError keys */
export function vault(): Vault {
  const { SEALING_KEYS } = env();
  if (!SEALING_KEYS) {
    throw new VaultError("keys", "SEALING_KEYS is not set: start the product with `npm start`, which provides it.");
  }
  if (cached?.keys !== SEALING_KEYS)
    cached = { keys: SEALING_KEYS, vault: createVault(parseSealingKeys(SEALING_KEYS)) };
  return cached.vault;
}
