import { choosableInFlow } from "#lib/contract/console-operations.ts";
import { listForFlow } from "#lib/oauth/flow-page.ts";
import { knownBrowserHere } from "#lib/server/browser.ts";
import { pathParams } from "#lib/server/path.ts";
import { answer, parse, queryOf } from "#lib/server/route.ts";

/** What can be chosen, for the one browser that has just connected the account. */
export const GET = (request: Request): Promise<Response> =>
  answer(async () => {
    const { token } = parse(choosableInFlow.params, pathParams(choosableInFlow.path, request.url), "path");
    const { parent = null, search = null, page = null } = parse(choosableInFlow.query, queryOf(request.url), "query");
    return Response.json(await listForFlow(token, await knownBrowserHere(), { parent, search, page }));
  });
