"use server";

import { z } from "zod";
import { diagnose } from "#lib/oauth/doctor.ts";
import { changeOAuthApp, removeOAuthApp } from "#lib/organizations/oauth-apps.ts";
import { addRedirectOrigin, removeRedirectOrigin } from "#lib/organizations/redirect-origins.ts";
import { clearWebhookSecret, showWebhookSecret } from "#lib/organizations/webhook-secret.ts";
import { action } from "#lib/server/action.ts";
import { claimedAddress } from "#lib/server/claimed-address.ts";

/** Only the outer shape is checked here; what is in it is the services' business, the same as for the API. */
const provider = z.string().min(1).max(64);
const text = z.string().max(10_000);

/** Without a secret the stored one stays. */
export const saveApp = action(
  z.object({ provider, clientId: text, clientSecret: text.optional(), tenant: text.optional(), enabled: z.boolean() }),
  (principal, { provider: id, clientSecret, tenant, ...input }) =>
    changeOAuthApp(principal, id, {
      ...input,
      clientSecret: clientSecret || undefined,
      tenant: tenant === undefined ? undefined : tenant.trim() || null,
    }),
);

export const removeApp = action(z.object({ provider }), (principal, input) =>
  removeOAuthApp(principal, input.provider),
);

export const showWebhook = action(z.object({ provider }), (principal, input) =>
  showWebhookSecret(principal, input.provider),
);

export const clearWebhook = action(z.object({ provider }), (principal, input) =>
  clearWebhookSecret(principal, input.provider),
);

export const checkApp = action(z.object({ provider }), async (principal, input) =>
  diagnose(principal, input.provider, await claimedAddress()),
);

export const addOrigin = action(z.object({ origin: text }), (principal, input) =>
  addRedirectOrigin(principal, input.origin),
);

export const removeOrigin = action(z.object({ origin: text }), (principal, input) =>
  removeRedirectOrigin(principal, input.origin),
);
