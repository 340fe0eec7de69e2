import { Failure, type Authorized, type Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import type { Http } from "#lib/egress/types.ts";
import { authorizeGrant } from "./grants.ts";

/** The connection's access token on requests to its provider. @throws Failure reauth */
export async function authorizeConnection(
  connection: { readonly id: string; readonly organization_id: string },
  connector: Connector,
  http: Http,
): Promise<Authorized> {
  const organizationId = connection.organization_id;
  const { rows } = await pool().query<{ grant_id: string | null }>(
    "select grant_id from connections where id = $1 and organization_id = $2",
    [connection.id, organizationId],
  );
  const id = rows[0]?.grant_id ?? null;
  if (id === null) {
    throw new Failure("reauth", `This connection has no access to ${connector.name}.`, {
      fix: "Reconnect the account.",
    });
  }
  return authorizeGrant({ id, organizationId }, connector, http);
}
