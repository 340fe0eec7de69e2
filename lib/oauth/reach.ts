import type { Connector } from "#lib/connectors/types.ts";
import { defaultHttpOptions } from "#lib/egress/defaults.ts";
import type { HttpOptions } from "#lib/egress/types.ts";
import { allowedByOperator, hostsOfProvider } from "./endpoints.ts";

/** How far a connection's requests may go: its connector's hosts, its provider's, and what the operator allows. */
export function reachOf(
  connector: Connector,
  config: Readonly<Record<string, unknown>>,
): Pick<HttpOptions, "allow" | "userAgent" | "retryBaseMs" | "pace"> & { hosts?: readonly string[] } {
  const { allow, ...others } = defaultHttpOptions();
  const { auth } = connector;
  const own = connector.hosts(config);
  const hosts = auth.kind === "oauth" && own ? [...own, ...hostsOfProvider(auth)] : own;
  return {
    ...others,
    allow: auth.kind === "oauth" ? [...allow, ...allowedByOperator(auth)] : allow,
    ...(hosts ? { hosts } : {}),
    pace: connector.pace(config),
  };
}
