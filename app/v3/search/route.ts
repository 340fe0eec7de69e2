import * as operations from "#lib/contract/operations.ts";
import { withFullTexts } from "#lib/search/full-texts.ts";
import { searchDocuments } from "#lib/search/search.ts";
import { json, jsonObjectWith } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { searchFilterOf } from "#lib/server/search-filter.ts";
import { foundDocumentToWire } from "#lib/server/search-wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(operations.searchDocuments, async ({ principal, body }) => {
    const { results, milliseconds } = await searchDocuments(principal, {
      q: body.q,
      limit: body.limit,
      filter: searchFilterOf(body),
      ...(body.docId === undefined ? {} : { docId: body.docId }),
      chunkThreshold: body.chunkThreshold,
      onlyMatchingChunks: body.onlyMatchingChunks,
    });
    const rest = { timing: Math.round(milliseconds), total: results.length };
    const shown = { summary: body.includeSummary };
    return body.includeFullDocs
      ? jsonObjectWith(
          "results",
          withFullTexts(principal, results),
          (result) => foundDocumentToWire(result, shown),
          rest,
        )
      : json({ results: results.map((result) => foundDocumentToWire(result, shown)), ...rest });
  }),
});
