import type { Place } from "./seal.ts";

/** Where a connection's sealed settings live: one JSON object in `connections.secrets`. */
export function connectionSecrets(connectionId: string, organizationId: string): Place {
  return { table: "connections", column: "secrets", rowId: connectionId, organizationId };
}
