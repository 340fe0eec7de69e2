import { listResources } from "#lib/connections/service.ts";
import { choosableResources } from "#lib/contract/console-operations.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

export const GET = consoleRoute(choosableResources, ({ principal, params, query }) => {
  const { parent = null, search = null, page = null } = query;
  return listResources(principal, params.id, { parent, search, page });
});
