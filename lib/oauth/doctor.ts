import { Failure, type Connector } from "#lib/connectors/types.ts";
import type { ClaimedAddress } from "#lib/contract/claimed-address.ts";
import type { DoctorCheck } from "#lib/contract/oauth-app.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { requireOAuthConnector } from "#lib/organizations/oauth-apps.ts";
import { VaultError } from "#lib/vault/seal.ts";
import { appFor, oauthOf, type AppCredentials } from "./apps.ts";
import { checkAddress, checkHttps } from "./doctor-address.ts";
import { checkClient, checkReach } from "./doctor-network.ts";
import { callbackUrl } from "./redirect.ts";
import { missingScopes } from "./token-reply.ts";

/**
 * Looks at everything that has to be right before an account can be connected, and says in words what cannot be seen.
 * Answers within 16 s. @throws AppError not_found, forbidden
 */
export async function diagnose(
  principal: Principal,
  provider: string,
  claimed: ClaimedAddress | null,
): Promise<readonly DoctorCheck[]> {
  requireWriter(principal);
  const connector = requireOAuthConnector(provider);
  const { app, lost } = await appOrNull(principal.organizationId, connector);
  const used = app !== null && (await hasBeenUsed(principal.organizationId, connector, app));
  const [client, reach, redirect, scopes] = await Promise.all([
    lost ? lostSecret : checkClient(principal.organizationId, connector, app, used),
    checkReach(connector, app?.tenant ?? null),
    checkRedirect(principal.organizationId, connector, app),
    checkScopes(principal.organizationId, connector, app),
  ]);
  const { APP_URL } = env();
  return [client, ...reach, checkAddress(APP_URL, claimed), checkHttps(APP_URL), redirect, scopes];
}

const lostSecret: DoctorCheck = {
  id: "client",
  title: "Client id and secret",
  state: "problem",
  detail: "The stored client secret cannot be opened: the key it was sealed with is not in SEALING_KEYS any more.",
  fix: "Enter the secret again, or ask the operator to put the key back.",
};

async function appOrNull(
  organizationId: string,
  connector: Connector,
): Promise<{ readonly app: AppCredentials | null; readonly lost: boolean }> {
  try {
    return { app: await appFor(organizationId, connector), lost: false };
  } catch (error) {
    if (error instanceof Failure && error.cause instanceof VaultError) return { app: null, lost: true };
    throw error;
  }
}

/** Whether the provider has given tokens for these very credentials. The operator's may have changed with any restart. */
async function hasBeenUsed(organizationId: string, connector: Connector, app: AppCredentials): Promise<boolean> {
  if (app.source === "operator") return false;
  const own = await prisma().oAuthApp.findUnique({
    where: { organizationId_provider: { organizationId, provider: connector.id } },
    select: { updatedAt: true, refusedAt: true },
  });
  if (own?.refusedAt) return false;
  const grant = await prisma().grant.findFirst({
    where: {
      organizationId,
      provider: connector.id,
      clientId: app.clientId,
      refreshedAt: { gt: own?.updatedAt ?? new Date() },
    },
    select: { id: true },
  });
  return grant !== null;
}

/** Only the provider knows what is registered; that somebody came back with a code proves it. */
async function checkRedirect(
  organizationId: string,
  connector: Connector,
  app: AppCredentials | null,
): Promise<DoctorCheck> {
  const check = { id: "redirect", title: "Redirect URI" };
  const redirectUri = callbackUrl(connector.id);
  const cameBack = app
    ? await prisma().connectFlow.findFirst({
        where: {
          organizationId,
          provider: connector.id,
          clientId: app.clientId,
          redirectUri,
          status: { in: ["confirming", "choosing", "done"] },
        },
        select: { id: true },
      })
    : null;
  if (cameBack)
    return { ...check, state: "ok", detail: `Somebody has already come back from ${connector.name} to it.`, fix: null };
  return {
    ...check,
    state: "unknown",
    detail: `Only ${connector.name} knows which addresses are registered there.`,
    fix: `Compare it letter by letter. If it is wrong, ${connector.name} shows an error page instead of its question.`,
  };
}

/** What the newest account was really granted. */
async function checkScopes(
  organizationId: string,
  connector: Connector,
  app: AppCredentials | null,
): Promise<DoctorCheck> {
  const auth = oauthOf(connector);
  const check = { id: "scopes", title: "Permissions" };
  if (auth.scopes.length === 0)
    return {
      ...check,
      state: "unknown",
      detail: `${connector.name} is not asked for permissions one by one: what the app may do is chosen where it is made.`,
      fix: null,
    };
  const grant = app
    ? await prisma().grant.findFirst({
        where: { organizationId, provider: connector.id, clientId: app.clientId, deadAt: null },
        orderBy: { createdAt: "desc" },
        select: { scopes: true },
      })
    : null;
  if (!grant)
    return {
      ...check,
      state: "unknown",
      detail: "This shows when the first account is connected.",
      fix: null,
    };
  const missing = missingScopes(auth, grant.scopes.length > 0 ? grant.scopes : null);
  if (missing.length === 0)
    return {
      ...check,
      state: "ok",
      detail: "The account connected last granted everything that was asked for.",
      fix: null,
    };
  return {
    ...check,
    state: "problem",
    detail: `The account connected last did not grant: ${missing.map(({ words }) => words).join("; ")}.`,
    fix: `Add the missing permissions to the app (${missing.map(({ name }) => name).join(", ")}), then connect the account again and leave every box ticked.`,
  };
}
