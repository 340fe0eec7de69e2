import type { z } from "zod";
import type { searchChunks, searchDocuments } from "#lib/contract/operations.ts";
import { canonicalProvider } from "#lib/contract/providers.ts";
import type { DocumentFilter } from "#lib/documents/where.ts";

type Body = z.output<(typeof searchDocuments)["body"]> | z.output<(typeof searchChunks)["body"]>;

/** What a search's body narrows it to. */
export function searchFilterOf({ containerTag, containerTags = [], provider, filters, ...body }: Body): DocumentFilter {
  const tags = containerTag === undefined ? containerTags : [containerTag, ...containerTags];
  const { connectionId, type, filepath, updatedAfter, updatedBefore } = body;
  return {
    ...(tags.length > 0 ? { containerTags: [...new Set(tags)] } : {}),
    ...(provider === undefined ? {} : { provider: canonicalProvider(provider) }),
    ...(connectionId === undefined ? {} : { connectionId }),
    ...(type === undefined ? {} : { type }),
    ...(filepath === undefined ? {} : { filepath }),
    ...(updatedAfter === undefined ? {} : { updatedAfter }),
    ...(updatedBefore === undefined ? {} : { updatedBefore }),
    ...(filters === undefined ? {} : { metadata: filters }),
  };
}
