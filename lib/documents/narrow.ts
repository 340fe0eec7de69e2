import { pool } from "#lib/db/client.ts";
import type { DocumentFilter, DocumentScope } from "./where.ts";

/** With more, looking through the newest documents finds some of them soon enough. */
const connectionsMax = 50;

/**
 * A provider's documents as those of its connections, which have an index in the order of listings: a hundred documents
 * of one provider among a million of others would be looked for one by one. Not while there are documents of the
 * provider that belong to no connection any more.
 */
export async function narrowed(scope: DocumentScope, filter: DocumentFilter): Promise<DocumentFilter> {
  if (filter.provider === undefined || filter.connectionId !== undefined) return filter;
  const { rows } = await pool().query<{ ids: string[]; kept: string }>({
    name: "connections_of_provider",
    text: `select array(select id from connections where organization_id = $1 and provider = $2
                         limit ${connectionsMax + 1}) as ids,
                  coalesce((select sum(change) from document_tallies
                             where organization_id = $1 and provider = $2), 0) as kept`,
    values: [scope.organizationId, filter.provider],
  });
  const [row] = rows;
  if (!row || Number(row.kept) !== 0 || row.ids.length > connectionsMax) return filter;
  return { ...filter, connectionIds: row.ids };
}
