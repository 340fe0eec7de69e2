import * as operations from "#lib/contract/operations.ts";
import { getRoute, removeRoute, updateRoute } from "#lib/server/documents.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: getRoute(operations.getDocument),
  PATCH: updateRoute(operations.updateDocument),
  DELETE: removeRoute(operations.deleteDocument),
});
