import { newId } from "#lib/contract/ids.ts";
import { browserOf, browserSetCookie } from "#lib/oauth/browser-cookie.ts";
import { finishCallback, problemPage, type Landing } from "#lib/oauth/flow-callback.ts";
import { logProblem } from "./problem.ts";
import { segmentsOf } from "./path.ts";
import { resource, type Route } from "./route.ts";

/**
 * Where providers send browsers back to. It answers redirects only: what people see is under /connect. Nothing of the
 * query is ever repeated in one.
 */
function callbackAt(position: number) {
  const get: Route = async (request) => {
    // A browser that looks ahead would use the person's only code up.
    const purpose = `${request.headers.get("sec-purpose") ?? ""} ${request.headers.get("purpose") ?? ""}`;
    if (/prefetch|prerender/i.test(purpose)) return empty(503);
    return redirect(await land(request, position));
  };
  // Mail scanners and link checkers look before people do: that consumes nothing.
  const head: Route = () => Promise.resolve(empty(200));
  return resource({ GET: get, HEAD: head });
}

/** `/v3/connections/auth/callback/{provider}`: the one we name to providers. */
export const callbackByPrefix = callbackAt(4);

/** `/v3/connections/{provider}/callback`: for apps registered with the protocol's other spelling. */
export const callbackBySuffix = callbackAt(2);

async function land(request: Request, position: number): Promise<Landing> {
  try {
    return await finishCallback({
      provider: segmentsOf(request.url)[position] ?? "",
      query: new URL(request.url).searchParams,
      browser: browserOf(request.headers.get("cookie")),
      address: request.headers.get("x-tributary-address") ?? undefined,
    });
  } catch (error) {
    logProblem(error, newId());
    return { location: problemPage("unavailable") };
  }
}

function redirect({ location, browser }: Landing): Response {
  const response = empty(303);
  response.headers.set("location", location);
  if (browser !== undefined) response.headers.set("set-cookie", browserSetCookie(browser));
  return response;
}

function empty(status: number): Response {
  return new Response(null, {
    status,
    headers: { "cache-control": "no-store", "referrer-policy": "no-referrer", "x-content-type-options": "nosniff" },
  });
}
