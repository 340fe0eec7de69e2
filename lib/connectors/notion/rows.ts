import type { Ctx } from "../types.ts";
import type { NotionApi, QueryBody } from "./api.ts";
import { allOf, type Ending } from "./listing.ts";
import { dataSourceSchema, objectsOf, pageSchema, type Page } from "./shapes.ts";
import type { Tuning } from "./tuning.ts";
import type { Changes, Visits } from "./visits.ts";

export interface RowsIn {
  readonly api: NotionApi;
  readonly visits: Visits;
  readonly tuning: Tuning;
  readonly known: Ctx<object>["known"];
  readonly note: (text: string) => void;
}

export interface Rows {
  readonly changes: Changes;
  /** the rows the changes are about */
  readonly pages: readonly Page[];
  /** data sources inside this one (wikis) */
  readonly sources: readonly string[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * The rows of a data source, each decided. One query gives 10,000 rows at most
 * (developers.notion.com/guides/data-apis/query-large-data-sources): more are read in windows of their time of creation,
 * which never changes.
 * @param since only rows edited since then (ms since 1970); null = all
 */
export async function* rowsOf(parts: RowsIn, source: string, since: number | null): AsyncGenerator<Rows, void, void> {
  const { api, visits } = parts;
  for (let from: string | null = null; ;) {
    const end: { how: Ending } = { how: "complete" };
    let last: string | null = null;
    const query = queryOf(since, from);
    const lists = allOf(
      (cursor) => api.query(source, query, cursor),
      null,
      (how) => (end.how = how),
    );
    for await (const list of lists) {
      const pages = objectsOf(list, pageSchema);
      last = pages.at(-1)?.created_time ?? last;
      const sources = objectsOf(list, dataSourceSchema).map(({ id }) => id);
      yield { changes: [], pages, sources };
      for await (const changes of visits.decide(pages)) yield { changes, pages: [], sources: [] };
      if (visits.full && visits.waiting.size > 0) return;
    }
    if (end.how !== "capped") return;
    if (since !== null || last === null || last === from) {
      parts.note("A database has more rows than Notion gives out at once; the rest comes as it is edited.");
      return;
    }
    from = last;
  }
}

function queryOf(since: number | null, from: string | null): QueryBody {
  if (since !== null) {
    return {
      filter: { timestamp: "last_edited_time", last_edited_time: { on_or_after: iso(since) } },
      sorts: [{ timestamp: "last_edited_time", direction: "descending" }],
    };
  }
  return {
    ...(from === null ? {} : { filter: { timestamp: "created_time", created_time: { on_or_after: from } } }),
    sorts: [{ timestamp: "created_time", direction: "ascending" }],
  };
}
