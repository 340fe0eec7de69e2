import type { PoolClient } from "pg";

/** What becomes of a document that could not be indexed: another attempt later, or the end. */

export const indexAttempts = 5;
/** Seconds after the first, second, … failure. */
const waits = [5, 15, 60, 300] as const;

/** What `documents.failure` says then; a document that failed for another reason is not done by being indexed. */
export const indexFailure =
  "Its text could not be made searchable. Add it again or sync it again; if that does not help, the worker's log says why.";

/**
 * Counts a failure, unless it was counted before the attempt. Returns how often it has failed by now; 0 = the task is
 * gone.
 */
export async function noteFailure(
  client: PoolClient,
  organizationId: string,
  documentId: string,
  counted: boolean,
): Promise<number> {
  const { rows } = await client.query<{ attempts: number }>(
    `update index_tasks set attempts = attempts + $4,
       due = clock_timestamp() + make_interval(secs => ($3::int[])[least(attempts + $4, array_length($3::int[], 1))])
     where organization_id = $1 and document_id = $2 returning attempts`,
    [organizationId, documentId, waits, counted ? 0 : 1],
  );
  const attempts = rows[0]?.attempts ?? 0;
  if (attempts >= indexAttempts) await giveUp(client, organizationId, [documentId]);
  return attempts;
}

/** The document has failed; if it was found before, it still is, by its old chunks. */
export async function giveUp(
  client: PoolClient,
  organizationId: string,
  documentIds: readonly string[],
): Promise<void> {
  await client.query(
    `update documents set status = 'failed', failure = $3
     where organization_id = $1 and id = any($2::text[]) and status in ('chunking', 'indexing', 'embedding', 'done')`,
    [organizationId, documentIds, indexFailure],
  );
  await client.query("delete from index_tasks where organization_id = $1 and document_id = any($2::text[])", [
    organizationId,
    documentIds,
  ]);
}
