import type { Principal } from "#lib/contract/principal.ts";
import type { RunView } from "#lib/contract/views.ts";
import { prisma } from "#lib/db/client.ts";
import { requireConnection } from "./find.ts";
import { runView } from "./view.ts";

/** A connection's runs, newest first. @throws AppError not_found */
export async function listConnectionRuns(
  principal: Principal,
  connectionId: string,
  limit: number,
): Promise<readonly RunView[]> {
  await requireConnection(principal, connectionId);
  const rows = await prisma().syncRun.findMany({
    where: { organizationId: principal.organizationId, connectionId },
    orderBy: [{ queuedAt: "desc" }, { id: "asc" }],
    take: limit,
  });
  return rows.map(runView);
}
