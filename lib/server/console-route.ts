import { newId } from "#lib/contract/ids.ts";
import { logProblem, problemOf } from "./problem.ts";
import { currentPrincipal, type UserPrincipal } from "./session.ts";

/** JSON for the console's live views: session only, never cached. */
export async function consoleRoute(read: (principal: UserPrincipal) => Promise<unknown>): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const principal = await currentPrincipal();
  if (!principal) return Response.json({ error: "Sign in to see this." }, { status: 401, headers });
  try {
    return Response.json(await read(principal), { headers });
  } catch (error) {
    const requestId = newId();
    logProblem(error, requestId);
    const problem = problemOf(error, requestId);
    return Response.json(problem.body, { status: problem.status, headers: { ...headers, ...problem.headers } });
  }
}
