import { listConnections } from "#lib/connections/service.ts";
import * as operations from "#lib/contract/operations.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { connectionToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(operations.listConnections, async ({ principal, body }) =>
    json((await listConnections(principal, body)).map(connectionToWire)),
  ),
});
