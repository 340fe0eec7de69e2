import type { Principal } from "#lib/contract/principal.ts";
import type { DocumentListItem } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";
import { pageAt } from "./repo.ts";
import { conditionsOf, scopeOf } from "./where.ts";

export interface ProcessingInput {
  /** active = under way and touched in the last four hours; all = also what failed or is stuck */
  readonly view: "active" | "all";
  /** documents that have all of these */
  readonly containerTags?: readonly string[] | undefined;
  /** from 1 */
  readonly page: number;
  readonly limit: number;
}

/** Documents whose text is still being had or indexed, last touched first. */
export async function processingDocuments(
  principal: Principal,
  { view, containerTags, page, limit }: ProcessingInput,
): Promise<{ readonly items: readonly DocumentListItem[]; readonly total: number }> {
  const where = await conditionsOf(scopeOf(principal), containerTags === undefined ? {} : { containerTags });
  // Said this way because an index holds just these.
  where.add("d.status <> 'done'");
  if (view === "active") where.add("d.status <> 'failed' and d.updated_at > now() - interval '4 hours'");
  const { rows } = await pool().query<{ total: string }>(
    `select count(*) as total from documents d where ${where}`,
    where.values,
  );
  const total = Number(rows[0]?.total ?? 0);
  const start = (page - 1) * limit;
  const items = await pageAt(where, { sort: "updatedAt", order: "desc" }, { start, end: start + limit, total });
  return { items, total };
}
