import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { conditionsOf, scopeOf } from "./where.ts";

/** Longer than any id or customId. */
const referenceCharsMax = 1_024;

/**
 * The id of the document a caller means by an id or a customId. An id comes first: a customId may look like one. With a
 * container tag only documents that have it count; of several with one customId then the one that has no other tag.
 * @throws AppError not_found; invalid_request when several documents that the caller sees have this customId
 */
export async function documentIdOf(principal: Principal, reference: string, containerTag?: string): Promise<string> {
  const [found] = await findDocuments(principal, [reference], containerTag);
  if (found?.kind === "one") return found.id;
  if (found?.kind === "several") throw new AppError("invalid_request", severalHaveIt, { details: nameTheContainer });
  throw documentNotFound();
}

export function documentNotFound(): AppError {
  return new AppError("not_found", "Document not found");
}

export const severalHaveIt = "Several documents have this customId.";
const nameTheContainer =
  "They are in different containers or connections. Name the container in the query (containerTag), or use their ids.";

export type Meant = { readonly kind: "one"; readonly id: string } | { readonly kind: "none" | "several" };

/** What each of the references means, in the same order. */
export async function findDocuments(
  principal: Principal,
  references: readonly string[],
  containerTag?: string,
): Promise<readonly Meant[]> {
  const where = await conditionsOf(
    scopeOf(principal),
    containerTag === undefined ? {} : { containerTags: [containerTag] },
  );
  const alone = containerTag === undefined ? "false" : `(d.container_tags = array[${where.value(containerTag)}::text])`;
  const wanted = where.value(references.filter((reference) => reference.length <= referenceCharsMax));
  const { rows } = await pool().query<{ reference: string; id: string; alone: boolean }>(
    `select r.reference, m.id, m.alone from unnest(${wanted}::text[]) as r(reference)
       cross join lateral (
         (select d.id, 0 as rank, ${alone} as alone from documents d where ${where} and d.id = r.reference)
         union all
         (select d.id, 1, ${alone} from documents d where ${where} and d.custom_id = r.reference
           order by 3 desc limit 2)
         order by rank) m`,
    where.values,
  );
  return references.map((reference): Meant => {
    const found = rows.filter((row) => row.reference === reference);
    const single = found.filter((row) => row.alone);
    const all = found.map((row) => row.id);
    const ids = all.includes(reference) || single.length !== 1 ? all : single.map((row) => row.id);
    const [id] = ids.includes(reference) ? [reference] : ids;
    if (id === undefined) return { kind: "none" };
    return id === reference || new Set(ids).size === 1 ? { kind: "one", id } : { kind: "several" };
  });
}
