import { listConnectionRuns } from "#lib/connections/runs.ts";
import { listSyncRuns } from "#lib/contract/operations.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { runToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(listSyncRuns, async ({ principal, params, query }) =>
    json((await listConnectionRuns(principal, params.connectionId, query.limit)).map(runToWire)),
  ),
});
