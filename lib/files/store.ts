import { createHash } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { partBytes } from "./limits.ts";

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly mime: string | null;
  readonly bytes: number;
  readonly sha256: Uint8Array;
}

/**
 * Keeps a file as it arrives: the next bytes are asked for when those before are stored, so however large it is and
 * however many come at once, a part of each is all that is in memory. Every part is a statement of its own: an upload
 * takes minutes, which no transaction should. If it breaks off, what there is of it is removed.
 * @param chunks the bytes, in pieces of any size; what it throws is thrown on
 */
export async function storeFile(
  organizationId: string,
  described: { readonly name: string; readonly mime: string | null },
  chunks: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  const id = newId();
  await pool().query("insert into files (id, organization_id, name, mime) values ($1, $2, $3, $4)", [
    id,
    organizationId,
    described.name,
    described.mime,
  ]);
  try {
    const { bytes, sha256 } = await storeParts(organizationId, id, chunks);
    // Only now is it a file that can be read.
    await pool().query("update files set bytes = $3, sha256 = $4 where organization_id = $1 and id = $2", [
      organizationId,
      id,
      bytes,
      sha256,
    ]);
    return { id, ...described, bytes, sha256 };
  } catch (error) {
    // Should that fail, too, maintenance finds it (lib/files/purge.ts).
    await removeUnused(organizationId, id).catch(() => {});
    throw error;
  }
}

async function storeParts(organizationId: string, fileId: string, chunks: AsyncIterable<Uint8Array>) {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(partBytes);
  let filled = 0;
  let part = 0;
  const flush = async () => {
    await inTurn(() =>
      pool().query("insert into file_parts (file_id, part, organization_id, data) values ($1, $2, $3, $4)", [
        fileId,
        part,
        organizationId,
        buffer.subarray(0, filled),
      ]),
    );
    part += 1;
    filled = 0;
  };
  for await (const chunk of chunks) {
    hash.update(chunk);
    for (let at = 0; at < chunk.byteLength;) {
      const piece = chunk.subarray(at, at + partBytes - filled);
      buffer.set(piece, filled);
      filled += piece.byteLength;
      at += piece.byteLength;
      if (filled === partBytes) await flush();
    }
  }
  const bytes = part * partBytes + filled;
  if (filled > 0) await flush();
  return { bytes, sha256: hash.digest() };
}

/** Most of the pool is left to other requests, however many uploads there are; and those that wait do so without a limit. */
const writersMax = 4;
const waiting: (() => void)[] = [];
let writers = 0;

async function inTurn(write: () => Promise<unknown>): Promise<void> {
  if (writers < writersMax) writers += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await write();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else writers -= 1;
  }
}

/** Corrects what a file was declared as. */
export async function declareMime(organizationId: string, fileId: string, mime: string | null): Promise<void> {
  await pool().query("update files set mime = $3 where organization_id = $1 and id = $2", [
    organizationId,
    fileId,
    mime,
  ]);
}

/** Removes a file that no document has; one that a document has stays. */
export async function removeUnused(organizationId: string, fileId: string): Promise<void> {
  await pool().query(
    `delete from files f where f.organization_id = $1 and f.id = $2
       and not exists (select 1 from documents d where d.file_id = f.id)`,
    [organizationId, fileId],
  );
}
