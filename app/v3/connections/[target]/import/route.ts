import { importConnections } from "#lib/contract/operations.ts";
import { startImport } from "#lib/server/connections.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(importConnections, startImport),
});
