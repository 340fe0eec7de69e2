import type { Connector, OAuth } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { variable } from "#lib/env.ts";

/**
 * Which providers new connections can be made of: those without OAuth, and those with an OAuth app, the organization's own
 * or the operator's. Opens no secret, so that a lost sealing key does not take the list away.
 */
export async function readinessIn(organizationId: string): Promise<(connector: Connector) => boolean> {
  const { rows } = await pool().query<{ provider: string }>(
    "select provider from oauth_apps where organization_id = $1 and enabled and client_id <> '' and client_secret <> ''",
    [organizationId],
  );
  const own = new Set(rows.map(({ provider }) => provider));
  return ({ id, auth }) => auth.kind !== "oauth" || own.has(id) || hasOperatorsApp(auth);
}

/** Whether the operator has set the provider's variables. */
export function hasOperatorsApp({ variables }: OAuth): boolean {
  return [`${variables}_CLIENT_ID`, `${variables}_CLIENT_SECRET`].every((name) => Boolean(variable(name)));
}
