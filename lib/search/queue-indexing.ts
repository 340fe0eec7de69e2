import type { Queryable } from "#lib/db/tx.ts";
import { sendIndex } from "#lib/jobs/queue.ts";

/**
 * Asks for these documents to be indexed again, in the transaction that stored their text or changed their tags: the
 * tasks and the job that does them exist if and only if that commits.
 */
export async function queueIndexing(
  client: Queryable,
  organizationId: string,
  documentIds: readonly string[],
): Promise<void> {
  if (documentIds.length === 0) return;
  await client.query(
    `insert into index_tasks (document_id, organization_id)
     select id, $1 from unnest($2::text[]) as id
     on conflict (document_id) do update set due = clock_timestamp(), attempts = 0`,
    [organizationId, [...documentIds]],
  );
  await sendIndex(client, organizationId);
}

/**
 * The same for everything an organization has, because what indexing depends on is another one now (chunkSize). Documents
 * are found by their old chunks until their turn comes.
 */
export async function reindexOrganization(client: Queryable, organizationId: string): Promise<void> {
  await client.query(
    `insert into index_tasks (document_id, organization_id)
     select d.id, $1 from documents d join contents c on c.document_id = d.id
      where d.organization_id = $1 and d.deleted_at is null
     on conflict (document_id) do update set due = clock_timestamp(), attempts = 0`,
    [organizationId],
  );
  await sendIndex(client, organizationId);
}
