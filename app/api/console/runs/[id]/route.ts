import { liveRun } from "#lib/contract/console-operations.ts";
import { getRun } from "#lib/runs/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";

export const GET = consoleRoute(liveRun, ({ principal, params }) => getRun(principal, params.id));
