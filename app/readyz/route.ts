import { reasonsNotReady } from "#lib/server/readiness.ts";

/** Able to work: 200, or 503 with the reasons. */
export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  const reasons = await reasonsNotReady();
  const ready = reasons.length === 0;
  return Response.json(ready ? { status: "ready" } : { status: "unavailable", reasons }, {
    status: ready ? 200 : 503,
    headers: { "cache-control": "no-store", ...(!ready && { "retry-after": "3" }) },
  });
}
