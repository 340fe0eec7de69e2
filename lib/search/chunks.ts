import type { PoolClient } from "pg";

/** A chunk as it is shown. */
export interface ChunkText {
  readonly documentId: string;
  readonly position: number;
  readonly heading: string;
  readonly text: string;
}

export interface ChunkPlace {
  readonly documentId: string;
  readonly position: number;
}

export function placeKey({ documentId, position }: ChunkPlace): string {
  return `${documentId}_${position}`;
}

/** The chunks at these places, by `placeKey`; what is not there is left out. Whoever asks has seen their documents. */
export async function readChunks(
  client: PoolClient,
  organizationId: string,
  places: readonly ChunkPlace[],
): Promise<ReadonlyMap<string, ChunkText>> {
  if (places.length === 0) return new Map();
  const { rows } = await client.query<{ document_id: string; position: number; heading: string; text: string }>(
    `select c.document_id, c.position, c.heading, c.text
       from unnest($2::text[], $3::int[]) p(document_id, position)
       join chunks c on c.document_id = p.document_id and c.position = p.position
      where c.organization_id = $1`,
    [organizationId, places.map(({ documentId }) => documentId), places.map(({ position }) => position)],
  );
  return new Map(
    rows.map((row) => {
      const chunk = { documentId: row.document_id, position: row.position, heading: row.heading, text: row.text };
      return [placeKey(chunk), chunk];
    }),
  );
}
