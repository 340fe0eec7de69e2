import { AppError } from "#lib/contract/errors.ts";
import { containerOf, type Principal } from "#lib/contract/principal.ts";

/** The protocol has both; together they are one list without repetitions, the single one first. */
export interface NamedTags {
  readonly containerTag?: string | null | undefined;
  readonly containerTags?: readonly string[] | null | undefined;
}

/** Undefined when none are named at all, which is something else than an empty list. */
export function namedTags({ containerTag, containerTags }: NamedTags): readonly string[] | undefined {
  const single = containerTag ?? undefined;
  const many = containerTags ?? undefined;
  if (single === undefined && many === undefined) return undefined;
  return [...new Set([...(single === undefined ? [] : [single]), ...(many ?? [])])];
}

/**
 * The tags of a document that this caller makes. Who has a key for one container makes documents there and nowhere else.
 * @throws AppError forbidden
 */
export function tagsFor(principal: Principal, named: readonly string[] | undefined): readonly string[] {
  const container = containerOf(principal);
  if (container === undefined) return named ?? [];
  if (named?.some((tag) => tag !== container))
    throw new AppError("forbidden", "This API key may not do that.", {
      details: `It is for the documents of the container ${container} only.`,
    });
  return [container];
}
