import { AppError } from "#lib/contract/errors.ts";
import { canonicalProvider, plannedProviders } from "#lib/contract/providers.ts";
import { connectors as builtIn } from "#lib/connectors/index.ts";
import type { Connector } from "#lib/connectors/types.ts";

/** Which connectors the services work with. A map, so that names like `toString` find nothing. */
let registry: ReadonlyMap<string, Connector> = byId(builtIn);

function byId(connectors: readonly Connector[]): ReadonlyMap<string, Connector> {
  return new Map(connectors.map((connector) => [connector.id, connector]));
}

/** For tests: other connectors than the built-in ones. Returns the way back. */
export function useConnectors(connectors: readonly Connector[]): () => void {
  const before = registry;
  registry = byId(connectors);
  return () => {
    registry = before;
  };
}

export function allConnectors(): readonly Connector[] {
  return [...registry.values()];
}

/** By id, without aliases; undefined for a provider this version does not have (any more). */
export function connectorOf(provider: string): Connector | undefined {
  return registry.get(provider);
}

/** Whether the name (aliases included) is a provider's at all, available here or not. */
export function isProvider(name: string): boolean {
  const provider = canonicalProvider(name);
  return registry.has(provider) || plannedProviders.has(provider);
}

/** The connector to create a connection with. @throws AppError invalid_request for one that is unknown or not available yet */
export function requireConnector(name: string): Connector {
  const provider = canonicalProvider(name);
  const connector = registry.get(provider);
  if (connector) return connector;
  const available = [...registry.keys()].join(", ");
  const planned = plannedProviders.get(provider);
  throw new AppError(
    "invalid_request",
    planned ? `${planned} is not available on this server yet.` : "Unknown provider",
    {
      details: `Available providers: ${available || "none"}`,
    },
  );
}

/** The canonical name of a provider, available here or not. @throws AppError not_found */
export function requireProvider(name: string): string {
  if (!isProvider(name)) throw providerNotFound();
  return canonicalProvider(name);
}

export function providerNotFound(): AppError {
  return new AppError("not_found", "Provider not found");
}
