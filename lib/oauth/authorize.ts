import type { Authorized, Connector } from "#lib/connectors/types.ts";
import type { Http } from "#lib/egress/types.ts";

/** The connection's access token on requests to its provider. @throws Failure reauth */
export function authorizeConnection(
  connection: { readonly id: string; readonly organization_id: string },
  connector: Connector,
  http: Http,
): Promise<Authorized> {
  void http;
  return Promise.reject(new Error(`${connector.name}: ${connection.id} has no grant`));
}
