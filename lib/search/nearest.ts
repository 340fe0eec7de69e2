import { inTurn } from "#lib/db/turns.ts";
import type { DocumentFilter, DocumentScope } from "#lib/documents/where.ts";
import { log } from "#lib/log.ts";
import { EmbeddingsError } from "./embeddings-error.ts";
import { embedder } from "./embeddings.ts";
import { nearestChunks, type NearChunk } from "./vectors.ts";

/** Longest a search waits for the endpoint; words alone have found something long before. */
const patienceMs = 1_500;
/** Below this, a fifth of the way from texts about other things to the same text, there is nothing to it. */
const similarityMin = 0.41;

/** The chunks nearest in meaning; none without an embeddings endpoint, or when it does not answer in time. */
export async function nearest(
  scope: DocumentScope,
  filter: DocumentFilter,
  q: string,
  limit: number,
): Promise<readonly NearChunk[]> {
  const model = embedder();
  if (!model) return [];
  try {
    const [vector] = await model.embed([q], "query", AbortSignal.timeout(patienceMs));
    if (!vector) return [];
    const near = await inTurn(scope.organizationId, () => nearestChunks(scope, filter, vector, limit));
    return near.filter(({ similarity }) => similarity >= similarityMin);
  } catch (error) {
    if (error instanceof EmbeddingsError && error.kind === "resting") return [];
    log("warn", "searched by words alone: the embeddings endpoint failed", {
      organizationId: scope.organizationId,
      error: error instanceof Error ? error.message : String(error),
    });
    return [];
  }
}
