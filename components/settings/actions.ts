import type { ActionResult } from "#lib/client/result.ts";
import type { DoctorCheck, OAuthAppView } from "#lib/contract/oauth-app.ts";

/** What the set-up page of an OAuth app can ask of the server; the page hands it in. */
export interface OAuthAppActions {
  readonly save: (input: {
    provider: string;
    clientId: string;
    clientSecret?: string | undefined;
    tenant?: string | undefined;
    enabled: boolean;
  }) => Promise<ActionResult<OAuthAppView>>;
  readonly remove: (input: { provider: string }) => Promise<ActionResult<OAuthAppView>>;
  readonly showWebhookSecret: (input: { provider: string }) => Promise<ActionResult<string>>;
  readonly clearWebhookSecret: (input: { provider: string }) => Promise<ActionResult<OAuthAppView>>;
  readonly check: (input: { provider: string }) => Promise<ActionResult<readonly DoctorCheck[]>>;
}

export interface OriginActions {
  readonly add: (input: { origin: string }) => Promise<ActionResult<readonly string[]>>;
  readonly remove: (input: { origin: string }) => Promise<ActionResult<readonly string[]>>;
}
