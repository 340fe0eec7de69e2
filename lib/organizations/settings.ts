import { allConnectors } from "#lib/connections/registry.ts";
import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import { maskedSecret, type OAuthAppView } from "#lib/contract/oauth-app.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { plannedProviders, settingsPrefixes } from "#lib/contract/providers.ts";
import { settingsWithoutUse } from "#lib/contract/settings.ts";
import type { JsonValue } from "#lib/contract/views.ts";
import { prisma } from "#lib/db/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { isOAuth, type OAuthConnector } from "#lib/oauth/apps.ts";
import { requireWriter } from "./access.ts";
import { changeChunkSize, readChunkSize } from "./chunk-size.ts";
import { lockOrganization } from "./lock.ts";
import { applyChange, listOAuthApps, type OAuthAppChange } from "./oauth-apps.ts";
import { listRedirectOrigins, replaceRedirectOrigins } from "./redirect-origins.ts";

/** An organization's settings as one flat object, the way the API's protocol has them. */

export type Settings = Readonly<Record<string, JsonValue>>;

export interface SettingsUpdated {
  readonly orgId: string;
  readonly orgSlug: string;
  /** what was named, as it is now */
  readonly updated: Settings;
}

/** The end of a field's name → what it is about. */
const parts = {
  CustomKeyEnabled: "enabled",
  ClientId: "clientId",
  ClientSecret: "clientSecret",
  Tenant: "tenant",
} as const;
type Ending = keyof typeof parts;
const endings = Object.keys(parts) as Ending[];

interface Field {
  readonly name: string;
  readonly ending: Ending;
  readonly connector: OAuthConnector;
}

/** Every field there is; secrets are masked, and what nobody has set is null. */
export async function readSettings(principal: Principal): Promise<Settings> {
  const [apps, redirectOrigins, chunkSize] = await Promise.all([
    listOAuthApps(principal),
    listRedirectOrigins(principal.organizationId),
    readChunkSize(principal.organizationId),
  ]);
  const known = new Map(apps.map((app) => [app.provider, app]));
  return {
    ...Object.fromEntries(absentFields().map(({ name }) => [name, null])),
    ...Object.fromEntries(fields().map((field) => [field.name, valueOf(field, known.get(field.connector.id))])),
    ...Object.fromEntries(Object.keys(settingsWithoutUse).map((name) => [name, null])),
    chunkSize,
    redirectOrigins,
  };
}

/**
 * Changes what is named, all of it or nothing: null clears, a secret's own mask leaves it as it is.
 * @throws AppError forbidden, invalid_request naming every field that is wrong
 */
export async function updateSettings(
  principal: Principal,
  patch: Readonly<Record<string, unknown>>,
): Promise<SettingsUpdated> {
  requireWriter(principal);
  const { organizationId } = principal;
  const named = fields().filter(({ name }) => patch[name] !== undefined);
  requireValues(named, patch);
  await inTransaction(async (tx) => {
    await lockOrganization(tx, organizationId);
    for (const connector of new Set(named.map((field) => field.connector))) {
      const own = named.filter((field) => field.connector === connector);
      const change: OAuthAppChange = Object.fromEntries(own.map(({ ending, name }) => [parts[ending], patch[name]]));
      await applyChange(tx, principal, connector, change, (part) => nameOf(connector, part));
    }
    const origins = patch["redirectOrigins"];
    if (origins !== undefined) await replaceRedirectOrigins(tx, principal, (origins ?? []) as string[]);
    const size = patch["chunkSize"];
    if (size !== undefined) await changeChunkSize(tx, principal, size === -1 ? null : (size as number | null));
  });
  const [settings, organization] = await Promise.all([
    readSettings(principal),
    prisma().organization.findUniqueOrThrow({ where: { id: organizationId }, select: { slug: true } }),
  ]);
  // false and null are the same here; whoever sent one gets it back
  const now = { ...settings, shouldLLMFilter: patch["shouldLLMFilter"] === false ? false : null };
  const shown = Object.entries(now).filter(([name]) => patch[name] !== undefined);
  return { orgId: organizationId, orgSlug: organization.slug, updated: Object.fromEntries(shown) };
}

function fields(): readonly Field[] {
  return allConnectors()
    .filter(isOAuth)
    .flatMap((connector) =>
      endings
        .filter((ending) => ending !== "Tenant" || connector.auth.tenant !== undefined)
        .map((ending) => ({ name: connector.auth.settings + ending, ending, connector })),
    );
}

function nameOf(connector: OAuthConnector, part: (typeof parts)[Ending]): string {
  return connector.auth.settings + (endings.find((ending) => parts[ending] === part) ?? "");
}

/** Fields the protocol knows of providers that have no connector here. */
function absentFields(): readonly { readonly name: string; readonly provider: string }[] {
  const present = new Set(
    allConnectors()
      .filter(isOAuth)
      .map(({ auth }) => auth.settings),
  );
  return [...settingsPrefixes]
    .filter(([prefix]) => !present.has(prefix))
    .flatMap(([prefix, provider]) =>
      endings
        .filter((ending) => ending !== "Tenant")
        .map((ending) => ({ name: prefix + ending, provider: plannedProviders.get(provider) ?? provider })),
    );
}

function valueOf({ ending }: Field, app: OAuthAppView | undefined): JsonValue {
  const own = app?.own;
  if (!own) return null;
  if (ending === "CustomKeyEnabled") return own.enabled;
  if (ending === "ClientId") return own.clientId;
  if (ending === "Tenant") return own.tenant;
  return own.secret.set ? maskedSecret(own.secret.last4) : null;
}

function requireValues(named: readonly Field[], patch: Readonly<Record<string, unknown>>): void {
  const problems: FieldProblem[] = named.flatMap(({ name, ending }) => {
    const value = patch[name];
    const wanted = ending === "CustomKeyEnabled" ? "boolean" : "string";
    if (value === null || typeof value === wanted) return [];
    return [{ path: name, message: `must be ${wanted === "boolean" ? "true, false" : "a text"} or null` }];
  });
  const absent = new Map(absentFields().map(({ name, provider }) => [name, provider]));
  const own = new Set(fields().map(({ name }) => name));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined || own.has(name)) continue;
    const provider = absent.get(name);
    if (provider !== undefined) problems.push({ path: name, message: `this server has no ${provider} connector` });
    // Ignored like other unknown fields it would leave somebody believing that their OAuth app is in use.
    else if (endings.some((ending) => name.endsWith(ending)))
      problems.push({ path: name.slice(0, 100), message: "is not a setting of this server" });
  }
  if (problems.length > 0) throw new AppError("invalid_request", "The settings are not valid.", { fields: problems });
}
