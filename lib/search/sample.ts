import type { PoolClient } from "pg";
import { tagsOf, type SearchSpace } from "./space.ts";

/**
 * A word that is in every other chunk has so many matches that finding them takes long before the first one is ranked. Of
 * such matches a part is asked for: chunks carry, as two more words of their vector, in which of 16 and of 256 parts of
 * everything they are (index-batch.ts). A part is always the same one, so the same search has the same answer.
 */

/** What these words begin with; no word of a text has a colon. */
export const sixteenth = "s:";
export const part = "b:";
/** So many chunks in a row are in the same part: documents as a whole, unless they are long ones, which are in many. */
export const chunksOfPart = 16;

/** Matches from which on only a part is asked for, and how many it should have. */
const many = 20_000;
const wanted = 3_000;
/** With fewer words of one spelling than this, there cannot be so many matches. */
const suspicious = 2_000;

/**
 * `tsquery` of the part of everything to look at; undefined = all of them.
 * @param seen chunks that have the rarest of the words, about; its other forms are not counted
 */
export async function sampleOf(
  client: PoolClient,
  space: SearchSpace,
  query: string,
  seen: number,
): Promise<string | undefined> {
  if (seen < suspicious) return undefined;
  // The planner knows how common words are, in all their forms, and asking it reads nothing.
  const tags = tagsOf(space);
  const values: unknown[] = [query];
  const conditions = ["vector @@ $1::tsquery"];
  // No tags are no condition: of an empty one the planner believes that hardly anything meets it.
  if (tags.length > 0) conditions.push(`tags @> $${values.push(tags)}::text[]`);
  if (!space.alone) conditions.push(`organization_id = $${values.push(space.scope.organizationId)}`);
  const { rows } = await client.query<{ "QUERY PLAN": readonly [{ Plan: { "Plan Rows": number } }] }>(
    `explain (format json) select 1 from chunks where ${conditions.join(" and ")}`,
    values,
  );
  const matches = rows[0]?.["QUERY PLAN"][0].Plan["Plan Rows"] ?? 0;
  return matches < many ? undefined : partOf(wanted / matches);
}

/** At least this share of everything. */
export function partOf(share: number): string {
  const [prefix, count, digits] = share >= 1 / 16 ? [sixteenth, 16, 1] : [part, 256, 2];
  const names = Array.from({ length: Math.min(count, Math.ceil(share * count)) }, (_, i) =>
    i.toString(16).padStart(digits, "0"),
  );
  return names.map((name) => `'${prefix}${name}'`).join(" | ");
}
