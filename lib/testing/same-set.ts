import { createHash } from "node:crypto";
import { pool } from "#lib/db/client.ts";

/**
 * One hash over what a connection holds: its live documents' ids at the provider, versions and content hashes, sorted.
 * Two syncs of the same source end with the same set if and only if these are equal.
 */
export async function sameSet(connectionId: string): Promise<string> {
  const hash = createHash("sha256");
  const { rows } = await pool().query<{ line: string }>(
    `select encode(key, 'hex') || ' ' || coalesce(version, '') || ' ' || encode(content_hash, 'hex') as line
     from documents where connection_id = $1 and deleted_at is null order by key`,
    [connectionId],
  );
  for (const { line } of rows) hash.update(line).update("\n");
  return hash.digest("hex");
}
