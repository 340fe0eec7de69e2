import type { AccessScope } from "#lib/contract/access.ts";
import { operations } from "#lib/contract/operations.ts";

/** Beginnings of the paths a key can use, e.g. `/v3/documents`: what a reply to a new key's maker says. */
export function endpointsOf(scopes: readonly AccessScope[], containerTag: string | null): string[] {
  const open = operations.filter(
    ({ access, contained, reply }) =>
      scopes.includes(access) && (containerTag === null || contained === true) && reply.status !== 501,
  );
  return [...new Set(open.map(({ path }) => path.split("/").slice(0, 3).join("/")))].sort();
}
