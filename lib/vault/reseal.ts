import type pg from "pg";
import { VaultError, type Place, type Vault } from "./seal.ts";

export interface ResealResult {
  /** now sealed with the current key */
  readonly resealed: number;
  /** places whose values could not be opened; they are left as they are */
  readonly unreadable: readonly (Place & { readonly why: string })[];
  /** stopped by the signal before the end: call again */
  readonly stopped: boolean;
}

interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** the column that is the place's rowId; unique together with organization_id */
  readonly rowId: string;
}

/**
 * Everything that is sealed in the database; null and empty mean that there is nothing. A new sealed column has its line
 * here, or a rotation loses it.
 */
export const sealedColumns: readonly SealedColumn[] = [
  { table: "connections", column: "secrets", rowId: "id" },
  { table: "grants", column: "tokens", rowId: "id" },
  { table: "oauth_apps", column: "client_secret", rowId: "provider" },
  { table: "oauth_apps", column: "webhook_secret", rowId: "provider" },
  { table: "connect_flows", column: "verifier", rowId: "id" },
  { table: "connect_flows", column: "code", rowId: "id" },
];

/** Sealed, but gone before its key is. */
export const shortLived: readonly Omit<SealedColumn, "rowId">[] = [{ table: "idempotency_keys", column: "body" }];

interface Row {
  readonly id: string;
  readonly organization_id: string;
  readonly sealed: string;
}

/**
 * Seals every value again that was sealed with an older key, so that the older key can be taken out of SEALING_KEYS. Can
 * be stopped and called again at any time: what is done is recognised by its key id. A value that somebody changes
 * meanwhile is left alone (it is sealed with the current key then).
 */
export async function reseal(
  pool: Pick<pg.Pool, "query">,
  vault: Vault,
  options: { readonly batch?: number; readonly signal?: AbortSignal } = {},
): Promise<ResealResult> {
  const { batch = 200, signal } = options;
  const unreadable: ResealResult["unreadable"][number][] = [];
  let resealed = 0;
  for (const { table, column, rowId } of sealedColumns) {
    let after: Pick<Row, "id" | "organization_id"> = { id: "", organization_id: "" };
    for (;;) {
      if (signal?.aborted) return { resealed, unreadable, stopped: true };
      const { rows } = await pool.query<Row>(
        `select ${rowId} as id, organization_id, ${column} as sealed from ${table}
          where ${column} <> '' and not starts_with(${column}, $1) and (${rowId}, organization_id) > ($2, $3)
          order by ${rowId}, organization_id limit $4`,
        [`v1.${vault.currentKeyId}.`, after.id, after.organization_id, batch],
      );
      const last = rows.at(-1);
      if (!last) break;
      after = last;
      const opened: { readonly row: Row; readonly now: string }[] = [];
      for (const row of rows) {
        const place: Place = { table, column, rowId: row.id, organizationId: row.organization_id };
        try {
          opened.push({ row, now: vault.seal(vault.open(row.sealed, place), place) });
        } catch (error) {
          if (!(error instanceof VaultError)) throw error;
          unreadable.push({ ...place, why: error.message });
        }
      }
      if (opened.length === 0) continue;
      const done = await pool.query(
        `update ${table} t set ${column} = n.sealed
           from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as n(id, organization_id, before, sealed)
          where t.${rowId} = n.id and t.organization_id = n.organization_id and t.${column} = n.before`,
        [
          opened.map(({ row }) => row.id),
          opened.map(({ row }) => row.organization_id),
          opened.map(({ row }) => row.sealed),
          opened.map(({ now }) => now),
        ],
      );
      resealed += done.rowCount ?? 0;
    }
  }
  return { resealed, unreadable, stopped: false };
}
