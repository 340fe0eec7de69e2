import type { GrantView } from "#lib/contract/grant-view.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { requireConnection } from "./find.ts";
import { connectorOf } from "./registry.ts";
import * as repo from "./repo.ts";

/** OAuth: what the account allows; null for other connections and where nothing is granted any more. @throws AppError not_found */
export async function grantOf(principal: Principal, connectionId: string): Promise<GrantView | null> {
  const row = await requireConnection(principal, connectionId);
  const auth = connectorOf(row.provider)?.auth;
  if (auth?.kind !== "oauth" || row.grantId === null) return null;
  const grant = await repo.findGrant(principal.organizationId, row.grantId);
  if (!grant || grant.deadAt !== null) return null;
  const given = (name: string) =>
    // OpenID Connect Core 11: granted is shown by the refresh token, and rarely by name
    grant.scopes.length === 0 || (name === "offline_access" && grant.refreshable) || grant.scopes.some(sameAs(name));
  return {
    allowed: auth.scopes.filter(({ name }) => given(name)).map(({ words }) => words),
    refused: auth.scopes.filter(({ name }) => !given(name)).map(({ words }) => words),
    since: grant.createdAt.toISOString(),
  };
}

/** Providers answer with a scope's whole address where its short name was asked for, and the other way round. */
function sameAs(name: string): (granted: string) => boolean {
  const short = (scope: string) => scope.toLowerCase().replace(/^.*[/]/, "");
  const asked = short(name);
  return (granted) => short(granted) === asked || short(granted) === `userinfo.${asked}`;
}
