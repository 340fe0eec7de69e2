import { Failure, type Authorized, type Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import type { Http } from "#lib/egress/types.ts";
import { authorizeGrant } from "./grants.ts";
import type { GrantRef } from "./stored-grant.ts";

/**
 * The connection's access token on requests to its provider; when somebody reconnects meanwhile, that of its new grant.
 * @throws Failure reauth
 */
export async function authorizeConnection(
  connection: { readonly id: string; readonly organization_id: string },
  connector: Connector,
  http: Http,
): Promise<Authorized> {
  const successor = () => grantOf(connection.id, connection.organization_id);
  const ref = await successor();
  if (ref === null) {
    throw new Failure("reauth", `This connection has no access to ${connector.name}.`, {
      fix: "Reconnect the account.",
    });
  }
  return authorizeGrant(ref, connector, http, { successor });
}

async function grantOf(connectionId: string, organizationId: string): Promise<GrantRef | null> {
  const { rows } = await pool().query<{ grant_id: string | null }>(
    "select grant_id from connections where id = $1 and organization_id = $2",
    [connectionId, organizationId],
  );
  const id = rows[0]?.grant_id ?? null;
  return id === null ? null : { id, organizationId };
}
