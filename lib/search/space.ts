import { whereOf, type DocumentFilter, type DocumentScope, type Removals, type Where } from "#lib/documents/where.ts";

/** Where to look: what the caller can see, narrowed by what they asked for. */
export interface SearchSpace {
  readonly scope: DocumentScope;
  readonly filter: DocumentFilter;
  readonly removals: Removals;
  /** there is no other organization here: then the index need not be asked whose a chunk is, which it answers slowly */
  readonly alone: boolean;
}

/** Conditions on `documents d`: they decide, whatever an index says. */
export function spaceConditions({ scope, filter, removals }: SearchSpace): Where {
  return whereOf(scope, filter, removals);
}

/** Tags that all chunks of what is looked for have, unless their document's have just changed. */
export function tagsOf({ scope, filter }: SearchSpace): readonly string[] {
  return [...(scope.container === undefined ? [] : [scope.container]), ...(filter.containerTags ?? [])];
}

/** Whether there is any condition on documents beyond being visible. */
export function isNarrow({ scope, filter }: SearchSpace): boolean {
  return scope.container !== undefined || Object.values(filter).some((value) => value !== undefined);
}

/** Whether the index alone can tell nearly all of what is looked for: no condition, or one on tags. */
export function isIndexed({ filter }: SearchSpace): boolean {
  const { containerTags: _, ...others } = filter;
  return Object.values(others).every((value) => value === undefined);
}
