import { getConnection } from "#lib/connections/service.ts";
import { listSyncRuns } from "#lib/contract/operations.ts";
import { listRuns } from "#lib/runs/service.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { runToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(listSyncRuns, async ({ principal, params, query }) => {
    const { id } = await getConnection(principal, params.connectionId);
    const { items } = await listRuns(principal, { connectionId: id, limit: query.limit });
    return json(items.map(runToWire));
  }),
});
