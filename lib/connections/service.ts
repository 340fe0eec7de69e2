import type { Principal } from "#lib/contract/principal.ts";
import { canonicalProvider } from "#lib/contract/providers.ts";
import type { Connector } from "#lib/connectors/types.ts";
import type { ConnectionView, ProviderView } from "#lib/contract/views.ts";
import { refusedApps } from "#lib/oauth/app-verdict.ts";
import { readinessIn } from "#lib/oauth/readiness.ts";
import { connectionNotFound, requireConnection, viewOf } from "./find.ts";
import type { ListConnectionsInput } from "./inputs.ts";
import { providerView } from "./providers.ts";
import { allConnectors, connectorOf, providerNotFound, requireProvider } from "./registry.ts";
import * as repo from "./repo.ts";
import { connectionView } from "./view.ts";

/**
 * The verbs of connections. Every one takes who is calling first, sees only that caller's organization and throws
 * AppError for callers: an unknown id and another organization's id are the same `not_found`.
 */
export { createConnection } from "./create.ts";
export { deleteConnection, restoreConnection } from "./removal.ts";
export { chooseResources, listResources, listResourcesByNumber } from "./resources.ts";
export { requireConnector, requireProvider } from "./registry.ts";
export { splitMetadata } from "./settings.ts";
export { importProvider, requestSync } from "./sync.ts";
export { previewTags, testConnection } from "./trial.ts";
export { pauseConnection, resumeConnection, updateConnection } from "./update.ts";

/** Every provider that can be connected, in the order of the registry. */
export async function listProviders(principal: Principal): Promise<readonly ProviderView[]> {
  const view = await providerViews(principal.organizationId);
  return allConnectors().map(view);
}

/** @throws AppError not_found */
export async function getProvider(principal: Principal, provider: string): Promise<ProviderView> {
  const connector = connectorOf(requireProvider(provider));
  if (!connector) throw providerNotFound();
  const view = await providerViews(principal.organizationId);
  return view(connector);
}

async function providerViews(organizationId: string): Promise<(connector: Connector) => ProviderView> {
  const [counts, isReady, refused] = await Promise.all([
    repo.countByProvider(organizationId),
    readinessIn(organizationId),
    refusedApps(organizationId),
  ]);
  return (connector) =>
    providerView(connector, counts.get(connector.id) ?? 0, isReady(connector), refused.has(connector.id));
}

/** Newest first. */
export async function listConnections(
  principal: Principal,
  input: ListConnectionsInput = {},
): Promise<readonly ConnectionView[]> {
  const { organizationId } = principal;
  const filter = input.provider === undefined ? input : { ...input, provider: canonicalProvider(input.provider) };
  const rows = await repo.findConnections(organizationId, filter);
  const ids = rows.map((row) => row.id);
  const [runs, issues] = await Promise.all([
    repo.latestRuns(organizationId, ids),
    repo.countIssues(organizationId, ids),
  ]);
  return (await repo.asOfRuns(organizationId, rows, runs)).map((row) =>
    connectionView({
      row,
      connector: connectorOf(row.provider),
      runs: runs.get(row.id) ?? [],
      issueCount: issues.get(row.id) ?? 0,
      reveal: false,
    }),
  );
}

/** With the last four characters of each secret. @throws AppError not_found */
export async function getConnection(principal: Principal, connectionId: string): Promise<ConnectionView> {
  return viewOf(principal, await requireConnection(principal, connectionId));
}

/** The newest connection of that provider with all of these tags. @throws AppError not_found */
export async function getConnectionByTags(
  principal: Principal,
  provider: string,
  containerTags: readonly string[],
): Promise<ConnectionView> {
  const filter = { provider: requireProvider(provider), containerTags };
  const [row] = await repo.findConnections(principal.organizationId, filter, 1);
  if (!row) throw connectionNotFound();
  return viewOf(principal, row);
}
