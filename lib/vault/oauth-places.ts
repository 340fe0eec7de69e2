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
