import { listConnections } from "#lib/connections/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

export const GET = () => consoleRoute((principal) => listConnections(principal));
