import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { OAuthAppView } from "#lib/contract/oauth-app.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { appWebhookSecret } from "#lib/vault/oauth-places.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";
import { requireWriter } from "./access.ts";
import { getOAuthApp, requireOAuthConnector } from "./oauth-apps.ts";

/**
 * What signs the notices an organization's own OAuth app is registered for. The provider sends it to us
 * (lib/webhooks/handshake.ts) and wants it typed in at its own page, so it can be looked at; that is written down.
 */

/** @throws AppError not_found, forbidden */
export async function showWebhookSecret(principal: Principal, provider: string): Promise<string> {
  requireWriter(principal);
  const { organizationId } = principal;
  const { id } = requireOAuthConnector(provider);
  return inTransaction(async (tx) => {
    const row = await tx.oAuthApp.findUnique({
      where: { organizationId_provider: { organizationId, provider: id } },
      select: { webhookSecret: true },
    });
    if (!row?.webhookSecret) throw notThere();
    const secret = opened(row.webhookSecret, id, organizationId);
    await record(tx, principal, "oauth_app.webhook_show", `oauth_app:${id}`);
    return secret;
  });
}

/** The next one that comes is taken. @throws AppError not_found, forbidden */
export async function clearWebhookSecret(principal: Principal, provider: string): Promise<OAuthAppView> {
  requireWriter(principal);
  const { organizationId } = principal;
  const { id } = requireOAuthConnector(provider);
  await inTransaction(async (tx) => {
    const { count } = await tx.oAuthApp.updateMany({
      where: { organizationId, provider: id, webhookSecret: { not: null } },
      data: { webhookSecret: null },
    });
    if (count > 0) await record(tx, principal, "oauth_app.webhook_clear", `oauth_app:${id}`);
  });
  return getOAuthApp(principal, id);
}

function opened(sealed: string, provider: string, organizationId: string): string {
  try {
    return vault().open(sealed, appWebhookSecret(provider, organizationId));
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new AppError("invalid_request", "The token cannot be opened any more.", {
      details: "Forget it here, and have the provider send another one.",
      cause,
    });
  }
}

function notThere(): AppError {
  return new AppError("not_found", "The provider has not sent a token yet.");
}
