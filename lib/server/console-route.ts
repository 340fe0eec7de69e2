import { AppError } from "#lib/contract/errors.ts";
import { currentPrincipal, type UserPrincipal } from "./session.ts";

/** JSON for the console's live views: session only, never cached. */
export async function consoleRoute(read: (principal: UserPrincipal) => Promise<unknown>): Promise<Response> {
  const headers = { "cache-control": "no-store" };
  const principal = await currentPrincipal();
  if (!principal) return Response.json({ error: "Sign in to see this." }, { status: 401, headers });
  try {
    return Response.json(await read(principal), { headers });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return Response.json({ error: error.message, details: error.details }, { status: error.status, headers });
  }
}
