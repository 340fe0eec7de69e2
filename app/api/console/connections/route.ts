import { listConnections } from "#lib/connections/service.ts";
import { liveConnections } from "#lib/contract/console-operations.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

export const GET = consoleRoute(liveConnections, ({ principal }) => listConnections(principal));
