import { pool } from "#lib/db/client.ts";
import type { Json, Known, KnownItem } from "#lib/connectors/types.ts";
import { decodeKey, encodeKey } from "./key.ts";

type Row = { key: Buffer; state: KnownItem["state"]; version: string | null; memo: Json };

const toItem = (row: Row): KnownItem => ({
  id: decodeKey(row.key),
  state: row.state,
  version: row.version,
  memo: row.memo,
});

const pageSize = 5_000;

/** What a connector may ask about earlier runs. `settled` resolves when everything yielded so far is committed. */
export function createKnown(connectionId: string, runId: string, settled: () => Promise<void>): Known {
  async function* pages(text: string): AsyncGenerator<readonly KnownItem[]> {
    for (let after: Buffer = Buffer.alloc(0); ;) {
      const { rows } = await pool().query<Row>(text, [connectionId, runId, after, pageSize]);
      if (rows.length > 0) yield rows.map(toItem);
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return;
      after = last.key;
    }
  }
  return {
    async get(ids) {
      const keys = ids.map((id) => encodeKey(id));
      const { rows } = await pool().query<Row>({
        name: "known",
        text: `select key, 'stored' as state, version, memo from documents
               where connection_id = $1 and key = any($2::bytea[]) and deleted_at is null
               union all
               select i.key, i.verdict::text, i.version, i.memo from item_issues i
               where i.connection_id = $1 and i.key = any($2::bytea[]) and not exists (
                 select 1 from documents d where d.connection_id = $1 and d.key = i.key and d.deleted_at is null)`,
        values: [connectionId, keys],
      });
      return new Map(rows.map((row) => [decodeKey(row.key), toItem(row)]));
    },
    seenThisRun: () =>
      pages(`select key, state, version, memo from (
               select key, 'stored' as state, version, memo from documents
               where connection_id = $1 and seen_run_id = $2 and deleted_at is null
               union all
               select i.key, i.verdict::text, i.version, i.memo from item_issues i
               where i.connection_id = $1 and i.seen_run_id = $2 and not exists (
                 select 1 from documents d
                 where d.connection_id = $1 and d.key = i.key and d.deleted_at is null and d.seen_run_id = $2)
             ) seen where key > $3 order by key limit $4`),
    async *unseen() {
      await settled();
      yield* pages(`select key, 'stored' as state, version, memo from documents
                    where connection_id = $1 and deleted_at is null and seen_run_id is distinct from $2
                      and key > $3 order by key limit $4`);
    },
  };
}
