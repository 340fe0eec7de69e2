import { AppError } from "#lib/contract/errors.ts";
import { mayManage, type Principal } from "#lib/contract/principal.ts";
import type { KeyView } from "#lib/contract/views.ts";
import type { ApiKey } from "#lib/db/generated/client.ts";
import { rateOf, scopesOf } from "./view.ts";

/**
 * Who may make and change keys. People: owners and admins. A key: with the scope connections, and only keys that may no
 * more than itself, or whoever holds it could hand itself the rest.
 */

/** All that a key can. */
interface Powers {
  readonly scopes: readonly string[];
  readonly containerTag: string | null;
  readonly rate: KeyView["rate"];
  /** null = for ever */
  readonly expiresAt: Date | null;
}

export function powersOf(row: ApiKey): Powers {
  return {
    scopes: scopesOf(row.scopes),
    containerTag: row.containerTag,
    rate: rateOf(row.rateMax, row.rateWindowMs),
    expiresAt: row.expiresAt,
  };
}

/** @throws AppError forbidden */
export function requireManager(principal: Principal): void {
  if (mayManage(principal)) return;
  if (principal.kind === "user")
    throw new AppError("forbidden", "You may look at this organization but not change it.", {
      details: "Ask an owner or admin to change your role.",
    });
  throw new AppError("forbidden", "This API key may not do that.", {
    details:
      principal.containerTag === null
        ? "It needs the scope connections."
        : `It is for the documents of the container ${principal.containerTag} only.`,
  });
}

/** @throws AppError forbidden, naming what `wanted` has beyond `own` */
export function requireWithin(own: Powers, wanted: Powers): void {
  const beyond = excess(own, wanted);
  if (beyond === undefined) return;
  throw new AppError("forbidden", "An API key can make and change only keys that may no more than itself.", {
    details: beyond,
  });
}

function excess(own: Powers, wanted: Powers): string | undefined {
  const missing = wanted.scopes.filter((scope) => !own.scopes.includes(scope));
  if (missing.length > 0) return `This one does not have the scope ${missing.join(", ")}.`;
  if (own.containerTag !== null && wanted.containerTag !== own.containerTag)
    return `This one is for the container ${own.containerTag} only.`;
  if (own.rate !== null && isFaster(wanted.rate, own.rate))
    return `This one is limited to ${own.rate.max} requests in ${own.rate.windowMs} ms.`;
  if (own.expiresAt !== null && (wanted.expiresAt === null || wanted.expiresAt > own.expiresAt))
    return `This one expires at ${own.expiresAt.toISOString()}.`;
  return undefined;
}

/** More at once, or more in the long run. */
function isFaster(wanted: KeyView["rate"], own: NonNullable<KeyView["rate"]>): boolean {
  return wanted === null || wanted.max > own.max || wanted.max * own.windowMs > own.max * wanted.windowMs;
}
