import { canonicalProvider } from "#lib/contract/providers.ts";
import * as operations from "#lib/contract/operations.ts";
import { listDocuments, withContents } from "#lib/documents/service.ts";
import { json, jsonObjectWith } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { documentItemToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(operations.listDocuments, async ({ principal, body }) => {
    const { source, provider = source, containerTag, containerTags = [], includeContent, filters, ...rest } = body;
    const found = await listDocuments(principal, {
      ...rest,
      ...(filters === undefined ? {} : { metadata: filters }),
      ...(provider === undefined ? {} : { provider: canonicalProvider(provider) }),
      containerTags: containerTag === undefined ? containerTags : [containerTag, ...containerTags],
    });
    const pagination = {
      currentPage: found.page,
      limit: found.limit,
      totalItems: found.totalItems,
      totalPages: found.totalPages,
      nextCursor: found.nextCursor,
    };
    return includeContent
      ? jsonObjectWith("memories", withContents(principal, found.items), documentItemToWire, { pagination })
      : json({ memories: found.items.map(documentItemToWire), pagination });
  }),
});
