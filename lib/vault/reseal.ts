import type pg from "pg";
import { connectionSecrets } from "./connection-secrets.ts";
import { VaultError, type Vault } from "./seal.ts";

export interface ResealResult {
  /** now sealed with the current key */
  readonly resealed: number;
  /** connections whose secrets could not be opened; they are left as they are */
  readonly unreadable: readonly {
    readonly connectionId: string;
    readonly organizationId: string;
    readonly why: string;
  }[];
  /** stopped by the signal before the end: call again */
  readonly stopped: boolean;
}

interface Row {
  readonly id: string;
  readonly organization_id: string;
  readonly secrets: string;
}

/**
 * Seals the secrets of every connection again that were sealed with an older key, so that the older key can be taken
 * out of SEALING_KEYS. Can be stopped and called again at any time: what is done is recognised by its key id. A row
 * that somebody changes meanwhile is left alone (it is sealed with the current key then).
 */
export async function resealConnections(
  pool: Pick<pg.Pool, "query">,
  vault: Vault,
  options: { readonly batch?: number; readonly signal?: AbortSignal } = {},
): Promise<ResealResult> {
  const { batch = 200, signal } = options;
  const unreadable: ResealResult["unreadable"][number][] = [];
  let resealed = 0;
  let after = "";
  for (;;) {
    if (signal?.aborted) return { resealed, unreadable, stopped: true };
    const { rows } = await pool.query<Row>(
      `select id, organization_id, secrets from connections
        where secrets is not null and not starts_with(secrets, $1) and id > $2
        order by id limit $3`,
      [`v1.${vault.currentKeyId}.`, after, batch],
    );
    const last = rows.at(-1);
    if (!last) return { resealed, unreadable, stopped: false };
    after = last.id;
    const ids: string[] = [];
    const before: string[] = [];
    const now: string[] = [];
    for (const row of rows) {
      const place = connectionSecrets(row.id, row.organization_id);
      try {
        now.push(vault.seal(vault.open(row.secrets, place), place));
      } catch (error) {
        if (!(error instanceof VaultError)) throw error;
        unreadable.push({ connectionId: row.id, organizationId: row.organization_id, why: error.message });
        continue;
      }
      ids.push(row.id);
      before.push(row.secrets);
    }
    if (ids.length === 0) continue;
    const done = await pool.query(
      `update connections c set secrets = n.sealed
         from unnest($1::text[], $2::text[], $3::text[]) as n(id, before, sealed)
        where c.id = n.id and c.secrets = n.before`,
      [ids, before, now],
    );
    resealed += done.rowCount ?? 0;
  }
}
