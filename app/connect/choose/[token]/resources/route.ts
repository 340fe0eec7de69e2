import { newId } from "#lib/contract/ids.ts";
import { listForFlow } from "#lib/oauth/flow-page.ts";
import { knownBrowserHere } from "#lib/server/browser.ts";
import { logProblem, problemOf } from "#lib/server/problem.ts";

interface Context {
  readonly params: Promise<{ readonly token: string }>;
}

/** What can be chosen, for the one browser that has just connected the account. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const query = new URL(request.url).searchParams;
  try {
    const { token } = await params;
    const page = await listForFlow(token, await knownBrowserHere(), {
      parent: query.get("parent"),
      search: query.get("search"),
      page: query.get("page"),
    });
    return Response.json(page, { headers });
  } catch (error) {
    const requestId = newId();
    logProblem(error, requestId);
    const problem = problemOf(error, requestId);
    return Response.json(problem.body, { status: problem.status, headers: { ...headers, ...problem.headers } });
  }
}
