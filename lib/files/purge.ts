import { pool } from "#lib/db/client.ts";

/** An upload takes minutes; what no document has after this long was left by a process that died. */
const unusedHours = 24;
/** Large files have many parts, which go with them: few at a time, so that no statement takes long. */
const batch = 20;

/** Removes files that no document has, and addresses that are over. Called by maintenance. */
export async function purgeFiles(signal: AbortSignal): Promise<void> {
  await pool().query("delete from file_links where expires_at < now()");
  for (let removed = batch; removed === batch && !signal.aborted;) {
    const { rowCount } = await pool().query(
      `delete from files where id in (
         select f.id from files f
          where f.created_at < now() - make_interval(hours => ${unusedHours})
            and not exists (select 1 from documents d where d.file_id = f.id)
          order by f.created_at limit ${batch})`,
    );
    removed = rowCount ?? 0;
  }
}
