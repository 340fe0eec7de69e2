import type { Connector, Endpoint, OAuth } from "#lib/connectors/types.ts";
import { variable } from "#lib/env.ts";

/** Where a provider's services are: its real addresses, or the operator's. */

export interface Addresses {
  readonly authorize: string;
  readonly token: string;
  readonly api: string;
  readonly revoke: string | null;
}

/**
 * Without a slash at the end. `tenant`: the organization's own, else the operator's, else the provider's default.
 * Addresses the operator names replace the base; one that already ends with the path is taken as it is.
 */
export function addressesOf(auth: OAuth, tenant?: string | null): Addresses {
  const at = (endpoint: Endpoint) => addressOf(endpoint, tenant ?? tenantOf(auth));
  return {
    authorize: at(auth.authorize),
    token: at(auth.token),
    api: at(auth.api),
    revoke: auth.revoke && !isStrayed(auth.revoke, auth.token) ? at(auth.revoke) : null,
  };
}

/** The API's address of any connector; "" where it has none of its own. */
export function apiOf(connector: Connector): string {
  return connector.auth.kind === "oauth" ? addressesOf(connector.auth).api : "";
}

/** `host:port` of the addresses an operator set: they are trusted like EGRESS_ALLOW. */
export function allowedByOperator(auth: OAuth): readonly string[] {
  const given = [auth.authorize, auth.token, auth.api, ...(auth.revoke ? [auth.revoke] : [])]
    .map(({ variable: name }) => variable(name))
    .filter((value) => value !== undefined)
    .map((value) => new URL(value));
  return [...new Set(given.map((url) => `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`))];
}

/** Host names (without port, lower case) that requests of this provider may go to. */
export function hostsOfProvider(auth: OAuth): readonly string[] {
  const { token, api, revoke } = addressesOf(auth);
  return [...new Set([token, api, ...(revoke ? [revoke] : [])].map((address) => new URL(address).hostname))];
}

/** Tokens of a server the operator named must never be sent to the real provider. */
function isStrayed(revoke: Endpoint, token: Endpoint): boolean {
  return variable(token.variable) !== undefined && variable(revoke.variable) === undefined;
}

function tenantOf(auth: OAuth): string {
  return auth.tenant ? (variable(auth.tenant.variable) ?? auth.tenant.fallback) : "";
}

function addressOf({ base, path, variable: name }: Endpoint, tenant: string): string {
  const given = variable(name)?.replace(/\/+$/, "");
  const whole =
    given === undefined ? base + path : isWhole(given, path) ? given : given + path.slice(overlap(given, path));
  return whole.replaceAll("{tenant}", encodeURIComponent(tenant));
}

/** Ends as the path does, whatever stands before: `/contoso/oauth2/v2.0/token` for `/{tenant}/oauth2/v2.0/token`. */
function isWhole(address: string, path: string): boolean {
  return new URL(address).pathname.endsWith(path.slice(path.lastIndexOf("/")));
}

/** How much of the path's beginning the address already ends with, in whole segments. */
function overlap(address: string, path: string): number {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (address.endsWith(path.slice(0, end))) return end;
  }
  return 0;
}
