import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { sendDocuments, withoutDocumentJob } from "#lib/jobs/queue.ts";

const batch = 500;

/**
 * Sends for documents that wait to be read and have no job any more (a queue that lost jobs, a restored backup). A job
 * too many does no harm: what is to be done is decided from the document's row. Returns how many.
 */
export async function resendLostDocuments(): Promise<number> {
  const { rows } = await pool().query<{ id: string }>(
    `select id from documents
      where connection_id is null and status in ('queued', 'extracting') and deleted_at is null and version is not null
        and updated_at < now() - interval '2 minutes'
      order by updated_at limit ${batch}`,
  );
  if (rows.length === 0) return 0;
  return transaction(async (client) => {
    const lost = await withoutDocumentJob(
      client,
      rows.map((row) => row.id),
    );
    await sendDocuments(client, lost);
    return lost.length;
  });
}
