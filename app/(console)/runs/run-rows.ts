import { listConnections } from "#lib/connections/service.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { KeysetPage, RunRow } from "#lib/contract/views.ts";
import { listRuns } from "#lib/runs/service.ts";

/** Runs of all connections with the names to show beside them. */
export async function runRows(
  principal: Principal,
  input: { readonly after?: string | undefined; readonly limit?: number },
): Promise<KeysetPage<RunRow>> {
  const [runs, connections] = await Promise.all([
    listRuns(principal, { after: input.after, limit: input.limit ?? 30 }),
    listConnections(principal),
  ]);
  const names = new Map(connections.map((connection) => [connection.id, connection]));
  return {
    next: runs.next,
    items: runs.items.map((run) => {
      const connection = names.get(run.connectionId);
      return {
        run,
        connection: { name: connection?.name ?? "A deleted connection", provider: connection?.provider ?? "other" },
      };
    }),
  };
}
