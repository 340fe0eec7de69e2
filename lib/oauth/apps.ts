import { Failure, type Connector, type OAuth } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { variable } from "#lib/env.ts";
import { appSecret } from "#lib/vault/oauth-places.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";

/** As whom we ask a provider: the organization's own OAuth app, or the one the operator set up for everybody. */

export interface AppCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** the organization's own tenant; null = the operator's or the provider's default (lib/oauth/endpoints.ts) */
  readonly tenant: string | null;
  readonly source: "organization" | "operator";
}

export type OAuthConnector = Connector & { readonly auth: OAuth };

export function isOAuth(connector: Connector): connector is OAuthConnector {
  return connector.auth.kind === "oauth";
}

/** The definition of a provider that connects through OAuth. @throws Error for any other: a mistake of the caller */
export function oauthOf(connector: Connector): OAuth {
  if (!isOAuth(connector)) throw new Error(`${connector.name} does not connect through OAuth`);
  return connector.auth;
}

/** The app new connections are made with; null = none is set up. @throws Failure permanent: its secret does not open */
export async function appFor(organizationId: string, connector: Connector): Promise<AppCredentials | null> {
  const own = await ownApp(organizationId, connector.id);
  return own?.enabled ? credentialsOf(own, organizationId, connector.id) : operatorsApp(oauthOf(connector));
}

/** The app a grant was given to; null = it is not known here any more. */
export async function appOf(
  organizationId: string,
  connector: Connector,
  clientId: string,
): Promise<AppCredentials | null> {
  const own = await ownApp(organizationId, connector.id);
  if (own?.client_id === clientId) return credentialsOf(own, organizationId, connector.id);
  const operators = operatorsApp(oauthOf(connector));
  return operators?.clientId === clientId ? operators : null;
}

interface Row {
  readonly enabled: boolean;
  readonly client_id: string;
  readonly client_secret: string;
  readonly tenant: string | null;
}

async function ownApp(organizationId: string, provider: string): Promise<Row | undefined> {
  const { rows } = await pool().query<Row>(
    // One that is entered half has an empty part.
    `select enabled, client_id, client_secret, tenant from oauth_apps
      where organization_id = $1 and provider = $2 and client_secret <> ''`,
    [organizationId, provider],
  );
  return rows[0];
}

function credentialsOf(row: Row, organizationId: string, provider: string): AppCredentials {
  const { client_id: clientId, tenant } = row;
  try {
    const clientSecret = vault().open(row.client_secret, appSecret(provider, organizationId));
    return { clientId, clientSecret, tenant, source: "organization" };
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new Failure("permanent", "The stored secret of the organization's OAuth app cannot be opened.", {
      fix: "Enter it again in Settings → OAuth apps, or ask an operator to put the missing sealing key back.",
      cause,
    });
  }
}

function operatorsApp(auth: OAuth): AppCredentials | null {
  const clientId = variable(`${auth.variables}_CLIENT_ID`);
  const clientSecret = variable(`${auth.variables}_CLIENT_SECRET`);
  return clientId && clientSecret ? { clientId, clientSecret, tenant: null, source: "operator" } : null;
}
