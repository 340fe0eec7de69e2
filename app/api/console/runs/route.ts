import { consoleRoute } from "#lib/server/console-route.ts";
import { runRows } from "../../../(console)/runs/run-rows.ts";

export const GET = (request: Request) => {
  const asked = Number(new URL(request.url).searchParams.get("limit"));
  const limit = Number.isInteger(asked) ? Math.min(Math.max(asked, 1), 100) : 30;
  return consoleRoute((principal) => runRows(principal, { limit }));
};
