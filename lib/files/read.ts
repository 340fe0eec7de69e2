import { pool } from "#lib/db/client.ts";

/** Stored files, back as the very bytes that were uploaded. */

export interface FileFacts {
  readonly id: string;
  /** as it was called when it was uploaded: the last part of the path, printable */
  readonly name: string;
  /** as it was declared; only a hint */
  readonly mime: string | null;
  readonly bytes: number;
}

/** Undefined when there is no such file, or not all of it has arrived. */
export async function findFile(organizationId: string, fileId: string): Promise<FileFacts | undefined> {
  const { rows } = await pool().query<{ name: string; mime: string | null; bytes: string }>(
    "select name, mime, bytes from files where organization_id = $1 and id = $2 and sha256 is not null",
    [organizationId, fileId],
  );
  const [row] = rows;
  return row && { id: fileId, name: row.name, mime: row.mime, bytes: Number(row.bytes) };
}

/** The whole file, in memory of its own that may be handed to a thread. @throws Error if it is not there */
export async function fileBytes(organizationId: string, fileId: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await findFile(organizationId, fileId);
  if (!file) throw new MissingFile(fileId);
  const whole = new Uint8Array(file.bytes);
  let at = 0;
  for await (const part of partsOf(organizationId, file)) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** The file in parts, each fetched when the one before it was taken. @throws Error if it is not there */
export async function* fileStream(organizationId: string, fileId: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await findFile(organizationId, fileId);
  if (!file) throw new MissingFile(fileId);
  yield* partsOf(organizationId, file);
}

async function* partsOf(organizationId: string, file: FileFacts): AsyncGenerator<Uint8Array, void, void> {
  let left = file.bytes;
  for (let part = 0; left > 0; part++) {
    const { rows } = await pool().query<{ data: Buffer }>(
      "select data from file_parts where organization_id = $1 and file_id = $2 and part = $3",
      [organizationId, file.id, part],
    );
    const data = rows[0]?.data;
    // Removed meanwhile: half a file must not pass for one.
    if (!data || data.byteLength > left) throw new MissingFile(file.id);
    left -= data.byteLength;
    yield data;
  }
}

class MissingFile extends Error {
  constructor(fileId: string) {
    super(`The file ${fileId} is not there any more.`);
    this.name = "MissingFile";
  }
}
