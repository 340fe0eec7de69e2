import * as operations from "#lib/contract/operations.ts";
import { processingRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: processingRoute(operations.listProcessing),
});
