import type { Authorized, Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import type { Http } from "#lib/egress/types.ts";
import { oauthOf } from "./apps.ts";
import { BearerHttp, type BearerOptions } from "./bearer.ts";
import { addressesOf } from "./endpoints.ts";
import { readGrant, sealTokens, secondsLeft, type GrantRef } from "./stored-grant.ts";
import type { TokenReply } from "./token-reply.ts";

export interface NewGrant extends GrantRef {
  readonly provider: string;
  /** the OAuth app it was given to */
  readonly clientId: string;
  readonly reply: TokenReply;
}

/**
 * Keeps what a provider gave, sealed, before anything else is done with it: whatever happens then, it is not forgotten
 * (lib/oauth/orphans.ts takes back what no connection came to use).
 */
export async function storeGrant({ id, organizationId, provider, clientId, reply }: NewGrant): Promise<void> {
  await pool().query(
    `insert into grants (id, organization_id, provider, client_id, tokens, scopes, facts, expires_at, refreshable)
     values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8::float8), $9)`,
    [
      id,
      organizationId,
      provider,
      clientId,
      sealTokens({ id, organizationId }, reply),
      reply.scopes,
      JSON.stringify(reply.facts),
      secondsLeft(reply),
      reply.refreshToken !== null,
    ],
  );
}

/**
 * The same door to the network with the grant's access token on requests to the provider's API: renewed 5 minutes before
 * its end and after a 401 (at most once a minute). @throws Failure reauth when the grant is gone or over
 */
export async function authorizeGrant(
  ref: GrantRef,
  connector: Connector,
  http: Http,
  options?: BearerOptions,
): Promise<Authorized> {
  const grant = await readGrant(ref, connector);
  const { api } = addressesOf(oauthOf(connector));
  return { http: new BearerHttp(grant, connector, http, api, options), grant: grant.facts };
}
