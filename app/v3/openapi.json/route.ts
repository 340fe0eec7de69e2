import { thisApiAsJson } from "#lib/server/openapi.ts";
import { answer, resource } from "#lib/server/route.ts";

/** Public: it says nothing that the source code does not. */
export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: () => answer(async () => new Response(thisApiAsJson(), { headers: { "content-type": "application/json" } })),
});
