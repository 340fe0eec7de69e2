import type { Place } from "./seal.ts";

/** Where what OAuth needs is sealed. lib/vault/reseal.ts has the same list. */

/** `grants.tokens`: {"accessToken", "refreshToken"?} as JSON. */
export function grantTokens(grantId: string, organizationId: string): Place {
  return { table: "grants", column: "tokens", rowId: grantId, organizationId };
}

/** `oauth_apps.client_secret` of an organization's own app. */
export function appSecret(provider: string, organizationId: string): Place {
  return { table: "oauth_apps", column: "client_secret", rowId: provider, organizationId };
}

/** `oauth_apps.webhook_secret` of an organization's own app. */
export function appWebhookSecret(provider: string, organizationId: string): Place {
  return { table: "oauth_apps", column: "webhook_secret", rowId: provider, organizationId };
}

/** `connect_flows.verifier`: the PKCE verifier of a flow under way. */
export function flowVerifier(flowId: string, organizationId: string): Place {
  return { table: "connect_flows", column: "verifier", rowId: flowId, organizationId };
}

/** `connect_flows.code`: the authorization code while the person is asked. */
export function flowCode(flowId: string, organizationId: string): Place {
  return { table: "connect_flows", column: "code", rowId: flowId, organizationId };
}
