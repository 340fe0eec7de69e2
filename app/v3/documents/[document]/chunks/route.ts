import * as operations from "#lib/contract/operations.ts";
import { chunksRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: chunksRoute(operations.listChunks),
});
