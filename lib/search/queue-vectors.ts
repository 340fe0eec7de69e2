import { pool } from "#lib/db/client.ts";
import { transaction, type Queryable } from "#lib/db/tx.ts";
import { sendVectors } from "#lib/jobs/queue.ts";
import { log } from "#lib/log.ts";
import { embedder } from "./embeddings.ts";

/** Which documents' chunks wait for vectors. Nothing waits while no embeddings endpoint is configured. */

/**
 * Says that these documents have new chunks: in the transaction that wrote them. The documents are `done` without their
 * vectors, which follow when the endpoint has given them.
 */
export async function queueVectors(
  client: Queryable,
  organizationId: string,
  documentIds: readonly string[],
): Promise<void> {
  if (embedder() === null || documentIds.length === 0) return;
  await client.query(
    `insert into vector_tasks (document_id, organization_id)
     select id, $1 from unnest($2::text[]) as id order by id
     on conflict (document_id) do update set due = clock_timestamp(), attempts = 0`,
    [organizationId, documentIds],
  );
  await sendVectors(client, organizationId);
}

/**
 * From time to time, by one worker: sends jobs for what is due, and sees to it that everything is embedded anew when
 * the configured model is another one than before, or when there was none.
 */
export async function tendVectors(): Promise<void> {
  const by = embedder();
  const { rows } = await pool().query<{ space: string }>("select space from vector_space");
  const current = rows[0]?.space;
  if (by === null) {
    // Whatever changes from now on has no vector: when an endpoint comes back, all documents are looked at again.
    if (current !== undefined) await pool().query("delete from vector_space");
    return;
  }
  if (current !== by.family && !current?.startsWith(`${by.family}:`)) {
    log("info", "every document gets vectors", { model: by.model });
    // Vectors of this model are still there? Then only what changed meanwhile is embedded.
    const { rows: kept } = await pool().query<{ space: string }>(
      "select space from chunk_signs where starts_with(space, $1) limit 1",
      [`${by.family}:`],
    );
    await startSpace(kept[0]?.space ?? by.family);
  }
  while (await queueStep());
  const { rows: waiting } = await pool().query<{ organization_id: string }>(
    "select distinct organization_id from vector_tasks where due <= clock_timestamp()",
  );
  for (const { organization_id: organizationId } of waiting) await sendVectors(pool(), organizationId);
}

/**
 * Called with the space of vectors that have come. True when it is the one all vectors are to be in; if it is not,
 * because the endpoint gives other ones than before for the same model, every document is looked at again.
 */
export async function enterSpace(family: string, space: string): Promise<void> {
  const { rows } = await pool().query<{ space: string }>("select space from vector_space");
  const current = rows[0]?.space;
  if (current === space) return;
  if (current === undefined || current === family) {
    await pool().query(
      `insert into vector_space (space) values ($1)
       on conflict (id) do update set space = excluded.space where vector_space.space = $2`,
      [space, family],
    );
    return;
  }
  log("warn", "the embeddings endpoint gives vectors of another size than before; every document is embedded anew");
  await startSpace(space);
}

async function startSpace(space: string): Promise<void> {
  await pool().query(
    `insert into vector_space (space, queue_after) values ($1, '')
     on conflict (id) do update set space = excluded.space, queue_after = '',
       baseline = case when vector_space.space = excluded.space then vector_space.baseline end`,
    [space],
  );
}

const stepDocuments = 1_000;

/** Queues the next documents for a space that was started; false = there is nothing left to queue. */
async function queueStep(): Promise<boolean> {
  return transaction(async (client) => {
    // Another worker that is at it will have queued them.
    const marked = await client.query<{ queue_after: string }>(
      "select queue_after from vector_space where queue_after is not null for no key update skip locked",
    );
    const after = marked.rows[0]?.queue_after;
    if (after === undefined) return false;
    const { rows } = await client.query<{ last: string | null }>(
      `with queued as (
         insert into vector_tasks (document_id, organization_id)
         select id, organization_id from documents d
          where id > $1 and deleted_at is null and exists (select 1 from chunks c where c.document_id = d.id)
          order by id limit ${stepDocuments}
         on conflict (document_id) do update set due = clock_timestamp(), attempts = 0
         returning document_id)
       select max(document_id) as last from queued having count(*) = ${stepDocuments}`,
      [after],
    );
    const last = rows[0]?.last ?? null;
    await client.query("update vector_space set queue_after = $1", [last]);
    return last !== null;
  });
}
