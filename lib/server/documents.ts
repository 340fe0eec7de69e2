import { addDocuments } from "#lib/documents/add-batch.ts";
import { addDocument } from "#lib/documents/add.ts";
import { chunksOf } from "#lib/documents/chunks.ts";
import { processingDocuments } from "#lib/documents/processing.ts";
import { documentIdOf } from "#lib/documents/reference.ts";
import { removeDocument, removeDocuments } from "#lib/documents/remove.ts";
import { getDocument, listDocuments, withContents } from "#lib/documents/service.ts";
import { updateDocument } from "#lib/documents/update.ts";
import type { Operation } from "#lib/contract/operation.ts";
import type * as operations from "#lib/contract/operations.ts";
import { canonicalProvider } from "#lib/contract/providers.ts";
import { json, jsonObjectWith, nothing } from "./reply.ts";
import { route } from "./route.ts";
import { chunkToWire, documentItemToWire, documentToWire, processingToWire } from "./wire.ts";

/** What the API's document paths do, each for its path of today and the one of older clients. */

/** An operation that takes the same. */
type Like<O extends Operation> = Operation<O["params"], O["query"], O["body"]>;

export const addRoute = (operation: Like<typeof operations.addDocument>) =>
  route(operation, async ({ principal, body, remember }) => json(await addDocument(principal, body, remember)));

export const batchAddRoute = (operation: Like<typeof operations.batchAddDocuments>) =>
  route(operation, async ({ principal, body, remember }) => json(await addDocuments(principal, body, remember)));

export const getRoute = (operation: Like<typeof operations.getDocument>) =>
  route(operation, async ({ principal, params, query }) => {
    const id = await documentIdOf(principal, params.documentId, query.containerTag);
    return json(documentToWire(await getDocument(principal, id)));
  });

export const updateRoute = (operation: Like<typeof operations.updateDocument>) =>
  route(operation, async ({ principal, params, query, body, remember }) =>
    json(await updateDocument(principal, params.documentId, body, remember, query.containerTag)),
  );

export const removeRoute = (operation: Like<typeof operations.deleteDocument>) =>
  route(operation, async ({ principal, params, query, remember }) => {
    await removeDocument(principal, params.documentId, remember, query.containerTag);
    return nothing();
  });

export const bulkRemoveRoute = (operation: Like<typeof operations.deleteDocuments>) =>
  route(operation, async ({ principal, body, remember }) => json(await removeDocuments(principal, body, remember)));

export const listRoute = (operation: Like<typeof operations.listDocuments>) =>
  route(operation, async ({ principal, body }) => {
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
  });

export const processingRoute = (operation: Like<typeof operations.listProcessing>) =>
  route(operation, async ({ principal, query }) => {
    const { items, total } = await processingDocuments(principal, query);
    return json({ documents: items.map(processingToWire), totalCount: total });
  });

export const chunksRoute = (operation: Like<typeof operations.listChunks>) =>
  route(operation, async ({ principal, params, query }) => {
    const { documentId, total, batches } = await chunksOf(principal, params.documentId, query.containerTag);
    return jsonObjectWith("chunks", batches, (chunk) => chunkToWire(documentId, chunk), { documentId, total });
  });
