import type { WireChunkResult, WireSearchResult } from "#lib/contract/wire.ts";
import type { ChunkResult, FoundChunk, FoundDocument } from "#lib/search/search.ts";

/** What was found → the API's shapes. */

export function foundDocumentToWire(
  { document, score, chunks, content }: FoundDocument & { readonly content?: string | null },
  { summary }: { readonly summary: boolean },
): WireSearchResult {
  return {
    documentId: document.id,
    title: document.title,
    type: document.type,
    score: rounded(score),
    metadata: { ...document.metadata },
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    ...(summary ? { summary: document.summary } : {}),
    ...(content === undefined ? {} : { content }),
    chunks: chunks.map((chunk) => ({
      content: chunk.text,
      isRelevant: chunk.relevant,
      score: rounded(chunk.score),
      position: chunk.position,
      heading: chunk.heading,
      highlights: [...chunk.highlights],
    })),
    url: document.url,
    customId: document.customId,
    connectionId: document.connectionId,
    provider: document.provider,
    filepath: document.filepath,
    containerTags: [...document.containerTags],
  };
}

export interface Include {
  readonly documents?: boolean | undefined;
  readonly summaries?: boolean | undefined;
  readonly chunks?: boolean | undefined;
}

export function chunkResultToWire({ document, chunk, neighbours }: ChunkResult, include: Include): WireChunkResult {
  return {
    id: `${document.id}_${chunk.position}`,
    chunk: chunk.text,
    similarity: rounded(chunk.score),
    updatedAt: document.updatedAt,
    metadata: { ...document.metadata },
    filepath: document.filepath,
    ...(include.documents || include.summaries
      ? {
          documents: [
            {
              id: document.id,
              createdAt: document.createdAt,
              updatedAt: document.updatedAt,
              title: document.title,
              type: document.type,
              metadata: { ...document.metadata },
              ...(include.summaries ? { summary: document.summary } : {}),
            },
          ],
        }
      : {}),
    ...(include.chunks
      ? {
          chunks: [chunk, ...neighbours].sort((a, b) => a.position - b.position).map(chunkToWire),
        }
      : {}),
    documentId: document.id,
    position: chunk.position,
    heading: chunk.heading,
    highlights: [...chunk.highlights],
  };
}

function chunkToWire({ documentId, position, text, score }: FoundChunk) {
  return { content: text, documentId, position, score: rounded(score) };
}

/** Enough to tell results apart. */
function rounded(score: number): number {
  return Math.round(score * 10_000) / 10_000;
}
