import { principalForKey } from "#lib/keys/authenticate.ts";
import { mayManage, type Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { principalForUser } from "#lib/organizations/service.ts";

/**
 * On whose behalf a connect flow goes on, freshly looked up: a key revoked or narrowed, or a person removed, while somebody was at the
 * provider counts at once. A link stands for whoever made it.
 */

/** Null when they may not do it any more. `actor`: `key:<id>`, `user:<id>` or `link:<id>`. */
export async function principalOf(organizationId: string, actor: string, address?: string): Promise<Principal | null> {
  const principal = await find(organizationId, actor);
  if (!principal || !mayManage(principal)) return null;
  return address === undefined ? principal : { ...principal, address };
}

async function find(organizationId: string, actor: string): Promise<Principal | null> {
  const [kind, id = ""] = actor.split(":");
  if (kind === "user") return principalForUser(id, organizationId);
  if (kind === "key") return principalForKey(organizationId, id);
  if (kind !== "link") return null;
  const link = await prisma().connectLink.findFirst({ where: { id, organizationId }, select: { createdBy: true } });
  return link && !link.createdBy.startsWith("link:") ? find(organizationId, link.createdBy) : null;
}
