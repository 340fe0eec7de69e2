import type { PoolClient } from "pg";
import { chunksWithAll, chunksWithAny, chunksWithMost, type Candidate, type Wanted } from "./candidates.ts";
import type { SearchPlan } from "./plan.ts";
import type { SearchSpace } from "./space.ts";

export interface Staged {
  readonly candidates: readonly Candidate[];
  /** some lack a term: what they lack may be elsewhere in their documents */
  readonly relaxed: boolean;
}

/** Fewer documents than this, or than were asked for, and the next stage is tried. */
const enough = 5;

/** Chunks with all terms; if those are too few also with most of them; if those are too few also with any. */
export async function findCandidates(
  client: PoolClient,
  space: SearchSpace,
  plan: SearchPlan,
  limit: number,
  wanted: Wanted,
): Promise<Staged> {
  const found = new Map<string, Candidate>();
  const documents = new Set<string>();
  let relaxed = false;
  if (plan.terms.length === 0) return { candidates: [], relaxed };
  for (const stage of [chunksWithAll, chunksWithMost, chunksWithAny]) {
    if (stage !== chunksWithAll) {
      if (plan.terms.filter((term) => !term.optional).length < 2 || documents.size >= Math.min(limit, enough)) break;
      relaxed = true;
    }
    for (const candidate of await stage(client, space, plan, wanted)) {
      const key = `${candidate.documentId}_${candidate.position}`;
      if (!found.has(key)) found.set(key, candidate);
      documents.add(candidate.documentId);
    }
  }
  return { candidates: [...found.values()], relaxed };
}
