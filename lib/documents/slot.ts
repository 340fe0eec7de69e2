import { AppError } from "#lib/contract/errors.ts";
import { containerOf, type Principal } from "#lib/contract/principal.ts";
import type { Queryable } from "#lib/db/tx.ts";
import { slotText } from "./store.ts";

/** What is added: without tags when none were named at all, which is something else than an empty list. */
export interface Unplaced {
  readonly customId: string | undefined;
  readonly tags: readonly string[] | undefined;
}

export type Placed<One extends Unplaced> = Omit<One, "tags"> & { readonly tags: readonly string[] };

/**
 * Which tags each of these is stored with. An added document that is named by its customId alone is replaced where it is,
 * so that leaving out the tags makes no second one; what several have is refused. Earlier ones of the same list count.
 * The customIds are locked (store.ts).
 */
export async function placed<One extends Unplaced>(
  client: Queryable,
  principal: Principal,
  wanted: readonly One[],
): Promise<readonly (Placed<One> | AppError)[]> {
  const container = containerOf(principal);
  const untold = wanted.flatMap(({ customId, tags }) => (tags === undefined ? (customId ?? []) : []));
  const known = await tagsByName(client, principal.organizationId, container, untold);
  return wanted.map((one) => {
    const { customId, tags } = one;
    const own = container === undefined ? [] : [container];
    if (customId === undefined) return { ...one, tags: tags ?? own };
    const there = known.get(customId) ?? [];
    const chosen = tags ?? choose(there, container);
    if (chosen instanceof AppError) return chosen;
    const settled = chosen ?? own;
    known.set(customId, distinct([...there, settled]));
    return { ...one, tags: settled };
  });
}

/** Undefined when there is none. A key for one container that names none means just that one, if it is there. */
function choose(
  there: readonly (readonly string[])[],
  container: string | undefined,
): readonly string[] | AppError | undefined {
  const alone = container === undefined ? undefined : there.find((tags) => tags.length === 1 && tags[0] === container);
  if (alone || there.length < 2) return alone ?? there[0];
  return new AppError("invalid_request", "Several documents have this customId.", {
    details:
      "They are in different containers. Name the container of the one that is meant with containerTag or containerTags; an empty list is the one without tags.",
  });
}

function distinct(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(sets.map((tags) => [slotText({ customId: "", tags }), tags])).values()];
}

/** The tags of the added documents with these customIds that the caller sees, a few of each. */
async function tagsByName(
  client: Queryable,
  organizationId: string,
  container: string | undefined,
  names: readonly string[],
): Promise<Map<string, readonly (readonly string[])[]>> {
  const found = new Map<string, readonly (readonly string[])[]>();
  if (names.length === 0) return found;
  const { rows } = await client.query(
    `select n.name, d.container_tags as tags
       from (select distinct name from jsonb_array_elements_text($2::jsonb) as x(name)) n
       cross join lateral (
         select container_tags from documents
          where organization_id = $1 and custom_id = n.name and added and deleted_at is null
            and ($3::text is null or container_tags @> array[$3::text])
          order by $3::text is not null and container_tags = array[$3::text] desc
          limit 2) d`,
    [organizationId, JSON.stringify(names), container ?? null],
  );
  for (const { name, tags } of rows as unknown as { name: string; tags: string[] }[])
    found.set(name, [...(found.get(name) ?? []), tags]);
  return found;
}
