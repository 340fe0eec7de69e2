import type { OAuthSetupView } from "#lib/contract/oauth-app.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { env } from "#lib/env.ts";
import { oauthOf } from "./apps.ts";
import { callbackUrl } from "./redirect.ts";

/** How to make an OAuth app at a provider, with the addresses of this very server filled in. */
export function setupOf(connector: Connector): OAuthSetupView {
  const auth = oauthOf(connector);
  const { where, url, steps, caveats } = auth.setup;
  return {
    redirectUris: [callbackUrl(connector.id), `${env().APP_URL}/v3/connections/${connector.id}/callback`],
    where,
    url,
    steps,
    caveats,
    scopes: auth.scopes,
    variables: [`${auth.variables}_CLIENT_ID`, `${auth.variables}_CLIENT_SECRET`],
  };
}
