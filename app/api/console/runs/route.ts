import { liveRuns } from "#lib/contract/console-operations.ts";
import { consoleRoute } from "#lib/server/console-route.ts";
import { runRows } from "../../../(console)/runs/run-rows.ts";

export const GET = consoleRoute(liveRuns, ({ principal, query }) => runRows(principal, query));
