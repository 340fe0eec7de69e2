import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { foldTallies } from "#lib/documents/count.ts";
import { resendLostDocuments } from "#lib/documents/lost.ts";
import { env } from "#lib/env.ts";
import { purgeFiles } from "#lib/files/purge.ts";
import { log } from "#lib/log.ts";
import { reseal } from "#lib/vault/reseal.ts";
import { vault } from "#lib/vault/seal.ts";

/**
 * What is done in the background, in small transactions, so that it can be stopped and taken up anywhere. One worker at
 * a time (advisory lock); a second one finds it taken and goes on.
 */

const batch = 1_000;
/** Runs are kept this long, and the newest of each connection always. */
const runDays = 90;
const runsKept = 50;
const lockKey = 743_210_661;

export async function maintain(signal: AbortSignal): Promise<void> {
  const client = await pool().connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>("select pg_try_advisory_lock($1) as mine", [lockKey]);
    if (!rows[0]?.mine) return;
    try {
      for (const job of [
        resendLostDocuments,
        finishDeletions,
        purgeTombstones,
        purgeRuns,
        purgeFiles,
        purgeSmall,
        foldTallies,
      ]) {
        if (signal.aborted) return;
        await job(signal);
      }
      await resealOld(signal);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [lockKey]);
    }
  } finally {
    client.release();
  }
}

/** Repeats a batch until it finds nothing more. */
async function drain(signal: AbortSignal, once: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await once()) > 0);
}

/** Removes connections whose undo window is over, with their documents or without. */
export async function finishDeletions(signal: AbortSignal): Promise<void> {
  const { rows } = await pool().query<{ id: string; delete_documents: boolean }>(
    "select id, delete_documents from connections where state = 'deleting' and delete_after <= now() order by id limit 100",
  );
  for (const { id, delete_documents: remove } of rows) {
    await drain(signal, () => (remove ? removeDocuments(id) : releaseDocuments(id)));
    await drain(signal, () =>
      changed(
        `delete from run_items where id in (
           select i.id from run_items i join sync_runs r on r.id = i.run_id where r.connection_id = $1 limit ${batch})`,
        [id],
      ),
    );
    await drain(signal, () =>
      changed(
        `delete from item_issues where connection_id = $1 and key in (
           select key from item_issues where connection_id = $1 limit ${batch})`,
        [id],
      ),
    );
    if (signal.aborted) return;
    // Restored in the meantime? Then it stays: the state is looked at again. Channels are ended at the provider first
    // (lib/webhooks/channels.ts): that needs the connection's grant.
    await transaction(async (client) => {
      await client.query(
        `delete from connections where id = $1 and state = 'deleting' and delete_after <= now()
           and not exists (select 1 from documents where connection_id = $1)
           and not exists (select 1 from webhook_channels where connection_id = $1)`,
        [id],
      );
    });
  }
}

const stillDeleting =
  "exists (select 1 from connections where id = $1 and state = 'deleting' and delete_after <= now())";

const removeDocuments = (connectionId: string): Promise<number> =>
  changed(
    `delete from documents where id in (
       select id from documents where connection_id = $1 and ${stillDeleting} limit ${batch})`,
    [connectionId],
  );

/** Kept documents belong to nobody but the organization; tombstones among them go. */
const releaseDocuments = async (connectionId: string): Promise<number> => {
  const gone = await changed(
    `delete from documents where id in (
       select id from documents where connection_id = $1 and deleted_at is not null and ${stillDeleting} limit ${batch})`,
    [connectionId],
  );
  const kept = await changed(
    `update documents set connection_id = null, key = null, missing_run_id = null, missing_strikes = 0, seen_run_id = null,
       updated_at = now()
     where id in (select id from documents where connection_id = $1 and deleted_at is null and ${stillDeleting} limit ${batch})`,
    [connectionId],
  );
  return gone + kept;
};

export async function purgeTombstones(signal: AbortSignal): Promise<void> {
  await drain(signal, () =>
    changed(
      `delete from documents where id in (
         select id from documents where deleted_at < now() - make_interval(secs => $1) and not excluded limit ${batch})`,
      [env().TOMBSTONE_DAYS * 86_400],
    ),
  );
  await drain(signal, forgetExcluded);
}

/** Of what was deleted here and must not come back only that remains: which item it is. */
const forgetExcluded = (): Promise<number> =>
  changed(
    `with old as (
       select id from documents where excluded and deleted_at < now() - make_interval(secs => $1) and content_hash is not null
        limit ${batch}),
     text as (delete from contents c using old where c.document_id = old.id),
     chunk as (delete from chunks c using old where c.document_id = old.id),
     signs as (delete from chunk_signs s using old where s.document_id = old.id)
     update documents d set title = null, summary = null, url = null, filepath = null, custom_id = null, metadata = '{}',
       content_hash = null, memo = null, version = null, mime = null, bytes = null
     from old where d.id = old.id`,
    [env().TOMBSTONE_DAYS * 86_400],
  );

async function purgeRuns(signal: AbortSignal): Promise<void> {
  const { rows } = await pool().query<{ id: string }>(
    `select r.id from sync_runs r
     where r.completed_at < now() - make_interval(days => ${runDays}) and (
       select count(*) from sync_runs n where n.connection_id = r.connection_id and n.queued_at > r.queued_at) >= ${runsKept}
     order by r.completed_at limit 200`,
  );
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return;
  await drain(signal, () =>
    changed(
      `delete from run_items where id in (select id from run_items where run_id = any($1::text[]) limit ${batch})`,
      [ids],
    ),
  );
  if (!signal.aborted) await changed("delete from sync_runs where id = any($1::text[])", [ids]);
}

async function purgeSmall(): Promise<void> {
  await changed("delete from idempotency_keys where created_at < now() - interval '48 hours'");
  await changed("delete from rate_buckets where updated_at < now() - interval '1 day'");
  await changed(
    "delete from account_paces where next_at < now() - interval '1 day' and coalesce(held_until, next_at) < now()",
  );
  await changed("delete from worker_heartbeats where seen_at < now() - interval '7 days'");
}

async function resealOld(signal: AbortSignal): Promise<void> {
  if (!env().SEALING_KEYS) return;
  const { resealed, unreadable } = await reseal(pool(), vault(), { signal });
  if (resealed > 0) log("info", "secrets were sealed with the current key", { values: resealed });
  for (const { table, column, rowId, why } of unreadable) {
    log("error", "a sealed value cannot be opened", { table, column, row: rowId, why });
  }
}

async function changed(text: string, values: unknown[] = []): Promise<number> {
  return (await pool().query(text, values)).rowCount ?? 0;
}
