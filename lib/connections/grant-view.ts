import type { GrantView } from "#lib/contract/grant-view.ts";
import type { OAuth } from "#lib/connectors/types.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { missingScopes } from "#lib/oauth/token-reply.ts";
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
  const missing = new Set(missingScopes(auth, grant.scopes.length === 0 ? null : grant.scopes));
  const isMissing = (scope: OAuth["scopes"][number]) =>
    missing.has(scope) || (scope.name === "offline_access" && !grant.refreshable);
  const words = (scopes: OAuth["scopes"]) => scopes.map((scope) => scope.words);
  return {
    allowed: words(auth.scopes.filter((scope) => !isMissing(scope))),
    refused: words(auth.scopes.filter(isMissing)),
    since: grant.createdAt.toISOString(),
  };
}
