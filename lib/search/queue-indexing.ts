import { pool } from "#lib/db/client.ts";
import { transaction, type Queryable } from "#lib/db/tx.ts";
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
  await addTasks(client, organizationId, documentIds);
  await sendIndex(client, organizationId);
}

async function addTasks(client: Queryable, organizationId: string, documentIds: readonly string[]): Promise<void> {
  await client.query(
    `insert into index_tasks (document_id, organization_id)
     select id, $1 from unnest($2::text[]) as id order by id
     on conflict (document_id) do update set due = clock_timestamp(), attempts = 0`,
    [organizationId, [...documentIds]],
  );
}

/**
 * The same for everything an organization has, because what indexing depends on is another one now (chunkSize). Documents
 * are found by their old chunks until their turn comes. Quick however many there are: only marks the organization; the
 * job queues them, some at a time (queueStep).
 */
export async function reindexOrganization(client: Queryable, organizationId: string): Promise<void> {
  await client.query("update organizations set reindex_after = '' where id = $1", [organizationId]);
  await sendIndex(client, organizationId);
}

const stepDocuments = 1_000;

/** Queues the next documents of an organization that is to be indexed again; false = there is nothing left to queue. */
export async function queueStep(organizationId: string): Promise<boolean> {
  return transaction(async (client) => {
    // Another worker that is at it will have queued them.
    const marked = await client.query<{ reindex_after: string }>(
      `select reindex_after from organizations where id = $1 and reindex_after is not null
       for no key update skip locked`,
      [organizationId],
    );
    const after = marked.rows[0]?.reindex_after;
    if (after === undefined) return false;
    const { rows } = await client.query<{ id: string }>(
      `select d.id from documents d join contents c on c.document_id = d.id
       where d.organization_id = $1 and d.id > $2 and d.deleted_at is null order by d.id limit ${stepDocuments}`,
      [organizationId, after],
    );
    const ids = rows.map((row) => row.id);
    if (ids.length > 0) await addTasks(client, organizationId, ids);
    await client.query("update organizations set reindex_after = $2 where id = $1", [
      organizationId,
      ids.length < stepDocuments ? null : (ids.at(-1) ?? null),
    ]);
    return ids.length > 0;
  });
}

/**
 * From time to time: sends a job for every organization with something due, or marked, in case that nothing is queued
 * for it: after an update of the product, after a failure, or when a job was lost.
 */
export async function tendIndex(): Promise<void> {
  const { rows } = await pool().query<{ id: string }>(
    `select o.id from organizations o
     where o.reindex_after is not null
       or exists (select 1 from index_tasks t where t.organization_id = o.id and t.due <= statement_timestamp())`,
  );
  for (const { id } of rows) await sendIndex(pool(), id);
}
