import * as operations from "#lib/contract/operations.ts";
import { batchAddRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: batchAddRoute(operations.batchAddDocumentsLegacy),
});
