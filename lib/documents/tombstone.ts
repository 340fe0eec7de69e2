import type { Queryable } from "#lib/db/tx.ts";
import { Missing } from "#lib/sync/deletions.ts";
import type { DocumentScope } from "./where.ts";

/**
 * Deletes documents for their callers: hidden at once, purged later (lib/sync/maintenance.ts). One that a connection keeps
 * in sync is excluded, too: no later version of it is stored (lib/sync/decide.ts). Answers the ids it found within
 * `scope`: one that has left its caller's container since it was looked for stays.
 */
export async function tombstone(
  client: Queryable,
  { organizationId, container }: DocumentScope,
  documentIds: readonly string[],
): Promise<readonly string[]> {
  const values = [organizationId, [...documentIds]];
  // Connections before documents, in one order: as a sync's commit does, which waits here or is waited for.
  await client.query(
    `select c.id from connections c
      where c.organization_id = $1 and c.id in (
        select d.connection_id from documents d where d.organization_id = $1 and d.id = any($2::text[]))
      order by c.id for update`,
    values,
  );
  const { rows } = await client.query(
    `with live as (
       select id, missing_strikes = ${Missing.held} and missing_run_id is not null as held from documents
        where organization_id = $1 and id = any($2::text[]) and deleted_at is null
          and ($3::text is null or container_tags @> array[$3::text])
        order by id for update)
     update documents d set deleted_at = now(), updated_at = now(), deleted_reason = 'deleted on request',
       excluded = d.connection_id is not null, missing_run_id = null, missing_strikes = 0
     from live where d.id = live.id
     returning d.id, d.connection_id, live.held`,
    [...values, container ?? null],
  );
  const gone = rows as unknown as { id: string; connection_id: string | null; held: boolean }[];
  const synced = gone.filter((row) => row.connection_id !== null);
  if (synced.length > 0) {
    await client.query(
      `update connections c set document_count = greatest(0, c.document_count - n.documents),
         held_deletions = greatest(0, c.held_deletions - n.held)
       from (select x.connection, count(*)::int as documents, count(*) filter (where x.held)::int as held
               from jsonb_to_recordset($2::jsonb) as x(connection text, held boolean) group by 1) n
       where c.organization_id = $1 and c.id = n.connection`,
      [organizationId, JSON.stringify(synced.map(({ connection_id: connection, held }) => ({ connection, held })))],
    );
    // What was wrong with an item that nobody wants is no issue any more.
    await client.query(
      `delete from item_issues i using documents d
        where d.organization_id = $1 and d.id = any($2::text[]) and i.connection_id = d.connection_id and i.key = d.key`,
      [organizationId, synced.map((row) => row.id)],
    );
  }
  return gone.map((row) => row.id);
}
