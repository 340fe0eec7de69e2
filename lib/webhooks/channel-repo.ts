import { pool } from "#lib/db/client.ts";

/** Queries on webhook_channels. */

/** The provider asks to renew it now: the next round does (lib/webhooks/channels.ts). */
export async function renewChannelSoon(organizationId: string, id: string): Promise<void> {
  await pool().query(
    `update webhook_channels set state = state || '{"renew": true}' where organization_id = $1 and id = $2`,
    [organizationId, id],
  );
}

/** It will tell nothing more: another one is made by the next round. */
export async function endChannel(organizationId: string, id: string): Promise<void> {
  await pool().query("delete from webhook_channels where organization_id = $1 and id = $2", [organizationId, id]);
}
