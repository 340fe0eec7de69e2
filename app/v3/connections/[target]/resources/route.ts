import { getConnection } from "#lib/connections/service.ts";
import { listResources } from "#lib/contract/operations.ts";
import { withoutResources } from "#lib/server/connections.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(listResources, async ({ principal, params }) => {
    throw withoutResources(await getConnection(principal, params.connectionId));
  }),
});
