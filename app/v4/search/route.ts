import { AppError } from "#lib/contract/errors.ts";
import * as operations from "#lib/contract/operations.ts";
import { searchChunks } from "#lib/search/search.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { searchFilterOf } from "#lib/server/search-filter.ts";
import { chunkResultToWire } from "#lib/server/search-wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(operations.searchChunks, async ({ principal, body }) => {
    if (body.searchMode === "memories")
      throw new AppError("not_implemented", "This server extracts no memories.", {
        details: 'Search its documents instead: searchMode "documents", or POST /v3/search.',
        headers: { "x-should-retry": "false" },
      });
    const { results, milliseconds } = await searchChunks(principal, {
      q: body.q,
      limit: body.limit,
      filter: searchFilterOf(body),
      threshold: body.threshold,
      neighbours: body.include.chunks ?? false,
    });
    return json({
      results: results.map((result) => chunkResultToWire(result, body.include)),
      timing: Math.round(milliseconds),
      total: results.length,
    });
  }),
});
