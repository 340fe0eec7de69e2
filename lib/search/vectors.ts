import type { PoolClient } from "pg";
import { transaction } from "#lib/db/tx.ts";
import { conditionsOf, type DocumentFilter, type DocumentScope } from "#lib/documents/where.ts";
import { backgroundOf, nearness } from "./baseline.ts";
import { embedder, type Embedder } from "./embeddings.ts";
import { bitsOf, cosine, numbersOf } from "./quantise.ts";

/**
 * Vectors without any extension of PostgreSQL. A first pass counts the signs in which a chunk's vector and the query's
 * differ (one bit for each number); the best few hundred are then compared by cosine with one byte for each number.
 */

/** A vector, and the passage and chunk it is of. */
export interface PassageVector {
  /** first 16 bytes of the SHA-256 of what was embedded */
  readonly passage: Buffer;
  readonly position: number;
  /** when the chunk was made: a later one at its place is not meant */
  readonly chunkAt: Date;
  readonly vector: Float32Array;
}

export interface NearChunk {
  readonly documentId: string;
  readonly position: number;
  /** 0 = no nearer than texts about other things, 0.85 = the same (lib/search/baseline.ts) */
  readonly similarity: number;
}

/** Among more chunks than can be looked through in this time, words alone decide. Compiling costs more than it saves. */
const session = "set transaction read only; set local statement_timeout = 2000; set local jit = off";

/** Chunks that go from the first pass to the second, for each one wanted, and at least. */
const perWanted = 10;
const least = 300;

/** Which vectors can be compared: same model and settings, same size. */
export function spaceOf({ family }: Pick<Embedder, "family">, size: number): string {
  return `${family}:${size}`;
}

/** Stores vectors of a document's passages; one that is there already is replaced. Sizes are all the same. */
export async function storeVectors(
  client: Pick<PoolClient, "query">,
  organizationId: string,
  documentId: string,
  space: string,
  vectors: readonly PassageVector[],
): Promise<void> {
  // Twice the same passage in a document: the later one stands for both.
  const rows = [...new Map(vectors.map((each) => [each.passage.toString("hex"), each])).values()];
  if (rows.length === 0) return;
  const passages = rows.map(({ passage }) => passage);
  await client.query(
    `insert into chunk_signs (organization_id, document_id, space, passage, position, chunk_at, bits)
     select $1, $2, $3, passage, position, chunk_at, bits::varbit
       from unnest($4::bytea[], $5::int[], $6::timestamptz[], $7::text[]) as t(passage, position, chunk_at, bits)
     on conflict (document_id, passage) do update
       set space = excluded.space, position = excluded.position, chunk_at = excluded.chunk_at, bits = excluded.bits`,
    [
      organizationId,
      documentId,
      space,
      passages,
      rows.map(({ position }) => position),
      rows.map(({ chunkAt }) => chunkAt),
      rows.map(({ vector }) => bitsOf(vector)),
    ],
  );
  await client.query(
    `insert into chunk_vectors (document_id, passage, numbers)
     select $1, passage, numbers from unnest($2::bytea[], $3::bytea[]) as t(passage, numbers)
     on conflict (document_id, passage) do update set numbers = excluded.numbers`,
    [documentId, passages, rows.map(({ vector }) => numbersOf(vector))],
  );
}

/**
 * The chunks whose vectors are nearest to this one, nearest first; `limit` at most 200. Chunks without a vector of the
 * configured model are left out, as are those that have been made anew since.
 * @param vector from `embedder()`, kind "query"
 */
export async function nearestChunks(
  scope: DocumentScope,
  filter: DocumentFilter,
  vector: Float32Array,
  limit: number,
): Promise<readonly NearChunk[]> {
  const by = embedder();
  if (by === null || limit < 1) return [];
  const near: Near = {
    space: spaceOf(by, vector.length),
    bits: bitsOf(vector),
    most: Math.max(least, limit * perWanted),
  };
  // Where nearly everything may be found, the first pass does without the documents, which would double its time; what
  // it finds is checked afterwards. Should too little of it be left, all is asked again, documents first.
  const wide = scope.container === undefined && Object.values(filter).every(isUnset);
  const found = wide ? await candidates(scope, filter, near, "afterwards") : [];
  const rows = found.length >= limit ? found : await candidates(scope, filter, near, "first");
  if (rows.length === 0) return [];
  const background = await backgroundOf(near.space, vector);
  return rows
    .map(({ document_id: documentId, position, numbers }) => {
      return { documentId, position, similarity: nearness(cosine(vector, numbers), background) };
    })
    .sort((a, b) => b.similarity - a.similarity || (a.documentId < b.documentId ? -1 : 1) || a.position - b.position)
    .slice(0, limit);
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

interface Near {
  readonly space: string;
  readonly bits: string;
  readonly most: number;
}

interface Candidate {
  readonly document_id: string;
  readonly position: number;
  readonly numbers: Buffer;
}

/** What the first pass leaves, without chunks that have been made anew since their vector was. */
async function candidates(
  scope: DocumentScope,
  filter: DocumentFilter,
  { space, bits, most }: Near,
  documents: "first" | "afterwards",
): Promise<readonly Candidate[]> {
  const where = await conditionsOf(scope, filter);
  const inSpace = `s.organization_id = $1 and s.space = ${where.value(space)}`;
  const distance = `bit_count(s.bits # ${where.value(bits)}::text::varbit)`;
  const [join, and] =
    documents === "first" ? ["join documents d on d.id = s.document_id", `and ${where.toString()}`] : ["", ""];
  const sql = `
     with near as materialized (
       select s.document_id, s.passage, s.position, s.chunk_at from chunk_signs s ${join}
        where ${inSpace} ${and} order by ${distance} limit ${where.value(most)})
     select near.document_id, near.position, v.numbers
       from near
       join documents d on d.id = near.document_id
       join chunks c on c.document_id = near.document_id and c.position = near.position and c.created_at = near.chunk_at
       join chunk_vectors v on v.document_id = near.document_id and v.passage = near.passage
      where ${where.toString()}`;
  return transaction(async (client) => {
    await client.query(session);
    return (await client.query<Candidate>(sql, where.values)).rows;
  });
}
