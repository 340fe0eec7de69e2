import * as operations from "#lib/contract/operations.ts";
import { listRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: listRoute(operations.listDocuments),
});
