import * as operations from "#lib/contract/operations.ts";
import { addRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: addRoute(operations.addDocument),
});
