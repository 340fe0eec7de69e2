import type { Place } from "./seal.ts";

/** Where the client secret of an organization's own OAuth app lives, sealed as plain text. */
export function oauthAppSecret(organizationId: string, provider: string): Place {
  return { table: "oauth_apps", column: "client_secret", rowId: `${organizationId}:${provider}`, organizationId };
}

/** Where what signs the webhooks of an organization's own OAuth app lives, sealed as plain text. */
export function oauthAppWebhookSecret(organizationId: string, provider: string): Place {
  return { table: "oauth_apps", column: "webhook_secret", rowId: `${organizationId}:${provider}`, organizationId };
}
