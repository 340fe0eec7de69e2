import type { Connector } from "#lib/connectors/types.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import type { CheckOptions } from "./check.ts";
import type { Connection } from "./repo.ts";

/** Asking a source as the account a connection is connected as; nothing to add where settings hold the credentials. */
export function asConnected(connector: Connector, row: Connection): CheckOptions {
  if (connector.auth.kind !== "oauth") return {};
  const connection = { id: row.id, organization_id: row.organizationId };
  return { authorize: (http) => authorizeConnection(connection, connector, http) };
}
