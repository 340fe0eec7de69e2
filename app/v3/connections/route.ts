import { listConnections } from "#lib/connections/service.ts";
import { listConnectionsByGet } from "#lib/contract/operations.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { connectionToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(listConnectionsByGet, async ({ principal }) =>
    json((await listConnections(principal)).map(connectionToWire)),
  ),
});
