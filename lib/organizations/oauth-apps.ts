import { record } from "#lib/audit/record.ts";
import { allConnectors, connectorOf } from "#lib/connections/registry.ts";
import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import {
  isMaskedSecret,
  oauthAppProblem,
  type OAuthAppPart,
  type OAuthAppView,
  type OwnOAuthAppView,
} from "#lib/contract/oauth-app.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { canonicalProvider } from "#lib/contract/providers.ts";
import { prisma } from "#lib/db/client.ts";
import type { OAuthApp, Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { variable } from "#lib/env.ts";
import { isOAuth, type OAuthConnector } from "#lib/oauth/apps.ts";
import { hasOperatorsApp } from "#lib/oauth/readiness.ts";
import { appSecret } from "#lib/vault/oauth-places.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";
import { webhooksWanted, webhookAddress } from "#lib/webhooks/address.ts";
import { requireWriter } from "./access.ts";
import { lockOrganization } from "./lock.ts";

/**
 * An organization's own OAuth app per provider. Parts may be entered one by one, as the API's protocol has it: a part
 * that is not there yet is stored as an empty text, and only an app with both client id and secret can be enabled.
 */

/** Left out = unchanged; null = cleared. */
export interface OAuthAppChange {
  readonly enabled?: boolean | null | undefined;
  readonly clientId?: string | null | undefined;
  /** its own mask means: unchanged */
  readonly clientSecret?: string | null | undefined;
  readonly tenant?: string | null | undefined;
}

/** @throws AppError not_found for a provider that needs no OAuth app */
export function requireOAuthConnector(provider: string): OAuthConnector {
  const connector = connectorOf(canonicalProvider(provider));
  if (connector && isOAuth(connector)) return connector;
  throw new AppError("not_found", "This provider has no OAuth app to set up.");
}

/** One per provider that connects through OAuth, in the order of the registry. */
export async function listOAuthApps(principal: Principal): Promise<readonly OAuthAppView[]> {
  const { organizationId } = principal;
  const [rows, counts] = await Promise.all([
    prisma().oAuthApp.findMany({ where: { organizationId } }),
    connectionsByApp(organizationId),
  ]);
  return allConnectors()
    .filter(isOAuth)
    .map((connector) => {
      const row = rows.find(({ provider }) => provider === connector.id);
      return viewOf(connector, row, counts.get(`${connector.id} ${row?.clientId}`) ?? 0);
    });
}

/** @throws AppError not_found */
export async function getOAuthApp(principal: Principal, provider: string): Promise<OAuthAppView> {
  const connector = requireOAuthConnector(provider);
  const view = (await listOAuthApps(principal)).find((each) => each.provider === connector.id);
  if (!view) throw new Error("a provider of the registry is in the list");
  return view;
}

/** @throws AppError not_found, forbidden, invalid_request naming `clientId`, `clientSecret` or `tenant` */
export async function changeOAuthApp(
  principal: Principal,
  provider: string,
  change: OAuthAppChange,
): Promise<OAuthAppView> {
  requireWriter(principal);
  const connector = requireOAuthConnector(provider);
  await inTransaction(async (tx) => {
    await lockOrganization(tx, principal.organizationId);
    await applyChange(tx, principal, connector, change);
  });
  return getOAuthApp(principal, connector.id);
}

/** New connections use the operator's app again, if there is one. @throws AppError not_found, forbidden */
export function removeOAuthApp(principal: Principal, provider: string): Promise<OAuthAppView> {
  return changeOAuthApp(principal, provider, { enabled: false, clientId: null, clientSecret: null, tenant: null });
}

/**
 * In a transaction that holds the organization's lock. `nameOf` says what the caller calls a part.
 * @throws AppError invalid_request
 */
export async function applyChange(
  tx: Prisma.TransactionClient,
  principal: Principal,
  connector: OAuthConnector,
  change: OAuthAppChange,
  nameOf: (part: OAuthAppPart | "enabled") => string = (part) => part,
): Promise<void> {
  const { organizationId } = principal;
  const key = { organizationId_provider: { organizationId, provider: connector.id } };
  const before = await tx.oAuthApp.findUnique({ where: key });
  const given = { ...change, clientSecret: keptIfMasked(change.clientSecret) };
  requireParts(connector, given, nameOf);

  const clientId = given.clientId === undefined ? (before?.clientId ?? "") : (given.clientId?.trim() ?? "");
  const clientSecret = sealedSecret(organizationId, connector.id, given.clientSecret, before);
  const tenant = given.tenant === undefined ? (before?.tenant ?? null) : (given.tenant?.trim() ?? null);
  const complete = clientId !== "" && clientSecret !== "";
  const enabled = given.enabled === undefined ? (before?.enabled ?? false) && complete : (given.enabled ?? false);
  if (enabled && !complete) {
    const missing = (["clientId", "clientSecret"] as const).filter((part) => !{ clientId, clientSecret }[part]);
    throw invalid(missing.map((part) => ({ path: nameOf(part), message: "is needed to use your own OAuth app" })));
  }

  const changed = [
    ...(clientId === (before?.clientId ?? "") ? [] : ["clientId"]),
    ...(clientSecret === (before?.clientSecret ?? "") ? [] : ["clientSecret"]),
    ...(tenant === (before?.tenant ?? null) ? [] : ["tenant"]),
    ...(enabled === (before?.enabled ?? false) ? [] : ["enabled"]),
  ];
  if (changed.length === 0) return;
  const target = `oauth_app:${connector.id}` as const;
  if (clientId === "" && clientSecret === "" && tenant === null) {
    await tx.oAuthApp.deleteMany({ where: { organizationId, provider: connector.id } });
    return record(tx, principal, "oauth_app.remove", target);
  }
  // Of other credentials nobody has said anything yet.
  const forgotten = changed.some((part) => part !== "enabled") ? { refusedAt: null } : {};
  const data = { clientId, clientSecret, tenant, enabled, ...forgotten };
  await tx.oAuthApp.upsert({
    where: key,
    create: { organizationId, provider: connector.id, ...data },
    update: data,
    select: { provider: true },
  });
  await record(tx, principal, "oauth_app.update", target, { changed, enabled });
}

function keptIfMasked(secret: string | null | undefined): string | null | undefined {
  return typeof secret === "string" && isMaskedSecret(secret) ? undefined : secret;
}

function requireParts(connector: OAuthConnector, given: OAuthAppChange, nameOf: (part: OAuthAppPart) => string): void {
  const problems: FieldProblem[] = [];
  for (const part of ["clientId", "clientSecret", "tenant"] as const) {
    const value = given[part];
    if (typeof value !== "string") continue;
    const message =
      part === "tenant" && !connector.auth.tenant
        ? `${connector.name} knows no such thing`
        : value.trim() === ""
          ? "must not be empty; null clears it"
          : oauthAppProblem(part, value);
    if (message) problems.push({ path: nameOf(part), message });
  }
  if (problems.length > 0) throw invalid(problems);
}

/** The sealed text to store; "" = none. Entering the secret that is there already is no change. */
function sealedSecret(
  organizationId: string,
  provider: string,
  given: string | null | undefined,
  before: OAuthApp | null,
): string {
  if (given === undefined) return before?.clientSecret ?? "";
  if (given === null) return "";
  const secret = given.trim();
  if (before && openedSecret(before) === secret) return before.clientSecret;
  return vault().seal(secret, appSecret(provider, organizationId));
}

/** Null when there is none, or when its sealing key is gone: a page must not fail because of that. */
function openedSecret(row: OAuthApp): string | null {
  if (row.clientSecret === "") return null;
  try {
    return vault().open(row.clientSecret, appSecret(row.provider, row.organizationId));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

function viewOf(connector: OAuthConnector, row: OAuthApp | undefined, connections: number): OAuthAppView {
  const { auth } = connector;
  const operator = hasOperatorsApp(auth);
  return {
    provider: connector.id,
    providerName: connector.name,
    source: row?.enabled ? "organization" : operator ? "operator" : null,
    operator,
    own: row ? ownView(connector, row, connections) : null,
    tenant: auth.tenant
      ? {
          label: auth.tenant.label,
          help: auth.tenant.help,
          fallback: variable(auth.tenant.variable) ?? auth.tenant.fallback,
        }
      : null,
  };
}

function ownView(connector: OAuthConnector, row: OAuthApp, connections: number): OwnOAuthAppView {
  const secret = openedSecret(row);
  return {
    enabled: row.enabled,
    clientId: row.clientId || null,
    secret: {
      set: secret !== null,
      // Client secrets are long; of a short one the end would give away too much.
      last4: secret !== null && secret.length >= 12 ? secret.slice(-4) : null,
    },
    tenant: row.tenant,
    notices: connector.webhook?.secretVariable
      ? {
          address: `${webhookAddress(connector.id)}?organization=${row.organizationId}`,
          secretSet: row.webhookSecret !== null,
          reachable: webhooksWanted(),
        }
      : null,
    connections,
    refusedAt: row.refusedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** `<provider> <client id>` → connections whose grant was given to that app. */
async function connectionsByApp(organizationId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await prisma().$queryRaw<{ app: string; count: bigint }[]>`
    select g.provider || ' ' || g.client_id as app, count(*) as count
      from connections c join grants g on g.id = c.grant_id and g.organization_id = c.organization_id
     where c.organization_id = ${organizationId} and c.state <> 'deleting'
     group by 1`;
  return new Map(rows.map(({ app, count }) => [app, Number(count)]));
}

function invalid(fields: readonly FieldProblem[]): AppError {
  return new AppError("invalid_request", "The OAuth app could not be saved.", { fields });
}
