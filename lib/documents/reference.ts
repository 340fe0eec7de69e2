import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { conditionsOf, scopeOf } from "./where.ts";

/** Longer than any id or customId. */
const referenceCharsMax = 1_024;

/**
 * The id of the document a caller means by an id or a customId. An id comes first: a customId may look like one.
 * @throws AppError not_found; invalid_request when several documents that the caller sees have this customId
 */
export async function documentIdOf(principal: Principal, reference: string): Promise<string> {
  const [found] = await findDocuments(principal, [reference]);
  if (found?.kind === "one") return found.id;
  if (found?.kind === "several") throw new AppError("invalid_request", severalHaveIt, { details: useTheirIds });
  throw documentNotFound();
}

export function documentNotFound(): AppError {
  return new AppError("not_found", "Document not found");
}

export const severalHaveIt = "Several documents have this customId.";
const useTheirIds = "They are in different containers or connections. Use their ids instead.";

export type Meant = { readonly kind: "one"; readonly id: string } | { readonly kind: "none" | "several" };

/** What each of the references means, in the same order. */
export async function findDocuments(principal: Principal, references: readonly string[]): Promise<readonly Meant[]> {
  const where = await conditionsOf(scopeOf(principal), {});
  const wanted = where.value(references.filter((reference) => reference.length <= referenceCharsMax));
  const { rows } = await pool().query<{ reference: string; id: string }>(
    `select r.reference, m.id from unnest(${wanted}::text[]) as r(reference)
       cross join lateral (
         (select d.id, 0 as rank from documents d where ${where} and d.id = r.reference)
         union all
         (select d.id, 1 from documents d where ${where} and d.custom_id = r.reference limit 2)
         order by rank) m`,
    where.values,
  );
  return references.map((reference): Meant => {
    const ids = rows.filter((row) => row.reference === reference).map((row) => row.id);
    const [id] = ids.includes(reference) ? [reference] : ids;
    if (id === undefined) return { kind: "none" };
    return id === reference || new Set(ids).size === 1 ? { kind: "one", id } : { kind: "several" };
  });
}
