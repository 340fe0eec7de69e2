import { getConnection } from "#lib/connections/service.ts";
import { liveConnection } from "#lib/contract/console-operations.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

export const GET = consoleRoute(liveConnection, ({ principal, params }) => getConnection(principal, params.id));
