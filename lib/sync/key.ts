import { createHash } from "node:crypto";
import { encodeId } from "#lib/contract/ids.ts";
import { decodeKey as decode, encodeKey as encode, maxKeyBytes, printableKey } from "#lib/contract/key.ts";

/** Keys of documents as Buffers, which is what pg speaks (the rules themselves are in lib/contract/key.ts). */
export { maxKeyBytes, printableKey as printable };

export function encodeKey(id: string): Buffer {
  return id.isWellFormed() ? Buffer.from(id, "utf8") : Buffer.from(encode(id));
}

export const decodeKey = (key: Buffer): string => decode(key);

/** Document ids are a function of connection and key: writing the same item twice cannot make two documents. */
export function documentId(connectionId: string, key: Buffer): string {
  return encodeId(createHash("sha256").update(connectionId).update("\0").update(key).digest());
}

/** Text as PostgreSQL's text and jsonb can hold it: well-formed, without NUL. */
export function storable(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes("\0") ? wellFormed.replaceAll("\0", "") : wellFormed;
}
