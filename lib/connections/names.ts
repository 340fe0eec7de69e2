import { plannedProviders } from "#lib/contract/providers.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { connectorOf } from "./registry.ts";

export interface ConnectionName {
  readonly id: string;
  readonly provider: string;
  /** as in ConnectionView: never empty */
  readonly name: string;
}

/** More cannot be chosen from by name. */
const namesMax = 500;

/** What connections are called, in that order; all of them (500 at most), or those with these ids. */
export async function connectionNames(
  principal: Principal,
  ids?: readonly string[],
): Promise<readonly ConnectionName[]> {
  const { rows } = await pool().query<{ id: string; provider: string; name: string; account_label: string | null }>(
    `select id, provider, name, account_label from connections
      where organization_id = $1 and state <> 'deleting' and ($2::text[] is null or id = any($2))
      order by lower(coalesce(nullif(name, ''), account_label, provider)), id limit ${namesMax}`,
    [principal.organizationId, ids ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    provider: row.provider,
    name: row.name || row.account_label || providerName(row.provider),
  }));
}

/** "Google Drive"; an unknown provider keeps its id. */
export function providerName(provider: string): string {
  return connectorOf(provider)?.name ?? plannedProviders.get(provider) ?? provider;
}
