import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { documentIdOf } from "./reference.ts";

export interface ChunkView {
  readonly position: number;
  readonly text: string;
  /** the headings it is under */
  readonly heading: string;
  /** where it is in the document's content, in UTF-16 code units */
  readonly start: number;
  readonly end: number;
  readonly createdAt: string;
}

export interface DocumentChunks {
  readonly documentId: string;
  readonly total: number;
  /** in order, in batches: a long document has many thousands */
  readonly batches: AsyncGenerator<readonly ChunkView[], void, void>;
}

const batchSize = 500;

/** What a document was cut into, by its id or customId; none before it has been indexed. @throws AppError not_found */
export async function chunksOf(
  principal: Principal,
  reference: string,
  containerTag?: string,
): Promise<DocumentChunks> {
  const documentId = await documentIdOf(principal, reference, containerTag);
  const { organizationId } = principal;
  const { rows } = await pool().query<{ total: string }>(
    "select count(*) as total from chunks where organization_id = $1 and document_id = $2",
    [organizationId, documentId],
  );
  return { documentId, total: Number(rows[0]?.total ?? 0), batches: batchesOf(organizationId, documentId) };
}

async function* batchesOf(organizationId: string, documentId: string): DocumentChunks["batches"] {
  for (let after = -1; ;) {
    const { rows } = await pool().query<Omit<ChunkView, "createdAt"> & { created_at: Date }>(
      `select position, text, heading, start, stop as "end", created_at from chunks
        where organization_id = $1 and document_id = $2 and position > $3 order by position limit ${batchSize}`,
      [organizationId, documentId, after],
    );
    if (rows.length > 0)
      yield rows.map(({ created_at: createdAt, ...chunk }) => ({ ...chunk, createdAt: createdAt.toISOString() }));
    const last = rows.at(-1);
    if (!last || rows.length < batchSize) return;
    after = last.position;
  }
}
