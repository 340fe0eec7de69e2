import { z } from "zod";

/**
 * What an API key may do. read: look at everything. write: add, change and delete documents. connections: connect, sync
 * and remove sources, change settings, make keys. A key can have any of them; a key for one container tag sees nothing
 * but that container's documents, whatever else it may do.
 */
export const accessScopes = ["read", "write", "connections"] as const;
export const accessScope = z.enum(accessScopes);
export type AccessScope = (typeof accessScopes)[number];
