/** Alive: this process answers. Says nothing about the database, so that a restart of it does not restart us. */
export const dynamic = "force-dynamic";

export function GET(): Response {
  return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
}
