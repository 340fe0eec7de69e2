import type { NoticesView } from "#lib/contract/views.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { variable } from "#lib/env.ts";
import { webhooksWanted } from "#lib/webhooks/address.ts";
import type { Connection } from "./repo.ts";

type Row = Pick<Connection, "id" | "organizationId" | "provider" | "state" | "nextSyncAt">;

/** Whether its provider tells of changes by itself; null where it never does, or nothing is synced anyway. */
export async function noticesOf(row: Row, connector: Connector | undefined): Promise<NoticesView | null> {
  const webhook = connector?.webhook;
  if (!webhook || row.state !== "active" || row.nextSyncAt === null) return null;
  if (!webhooksWanted()) return { arrive: false, detail: "Notices need a public https address (APP_URL)." };
  if (!webhook.channels) {
    const signed = webhook.secretVariable !== undefined && variable(webhook.secretVariable) !== undefined;
    const arrive = signed || (await hasOwnSecret(row));
    return { arrive, detail: arrive ? null : "Its webhook is not set up." };
  }
  const { rows } = await pool().query<{ works: boolean; problem: string | null }>(
    `select remote_id is not null and expires_at > now() as works, state ->> 'problem' as problem
     from webhook_channels where organization_id = $1 and connection_id = $2`,
    [row.organizationId, row.id],
  );
  const arrive = rows.some(({ works }) => works);
  return { arrive, detail: arrive ? null : (rows.find(({ problem }) => problem !== null)?.problem ?? null) };
}

async function hasOwnSecret({ organizationId, provider }: Row): Promise<boolean> {
  const { rowCount } = await pool().query(
    "select 1 from oauth_apps where organization_id = $1 and provider = $2 and webhook_secret is not null",
    [organizationId, provider],
  );
  return rowCount === 1;
}
