import type { z } from "zod";
import type { Http } from "#lib/egress/types.ts";
import { askJson, type JsonApi } from "../json-api.ts";
import type { Ctx } from "../types.ts";
import { explain } from "./failures.ts";
import { notionVersion } from "./oauth.ts";
import {
  blockSchema,
  databaseSchema,
  dataSourceSchema,
  listSchema,
  markdownSchema,
  meSchema,
  pageSchema,
  type Block,
  type DataSource,
  type List,
  type Page,
  type PageMarkdown,
} from "./shapes.ts";

const notion: JsonApi = { name: "Notion", explain };

export type Sort = { readonly timestamp: "created_time" | "last_edited_time"; readonly direction: string };

/** The part of Notion's API a sync needs; nothing here changes anything at Notion. */
export class NotionApi {
  readonly #ctx: Ctx<object>;
  readonly #http: Http;
  readonly #pageSize: number;
  #date: number | null = null;

  constructor(ctx: Ctx<object>, pageSize: number) {
    this.#ctx = ctx;
    this.#pageSize = pageSize;
    this.#http = {
      request: async (url, request) => {
        const reply = await ctx.http.request(url, request);
        const date = Date.parse(reply.headers["date"] ?? "");
        if (!Number.isNaN(date)) this.#date = date;
        return reply;
      },
    };
  }

  /** Now, ms since 1970: by our clock or Notion's, whichever is behind, so that nothing counts as old too early. */
  now(): number {
    const ours = this.#ctx.now().getTime();
    return this.#date === null ? ours : Math.min(ours, this.#date);
  }

  me(): Promise<z.output<typeof meSchema>> {
    return this.#ask("/users/me", meSchema);
  }

  /** What is shared with the connection, newest edit first. Not everything (developers.notion.com/reference/post-search). */
  search(what: "page" | "data_source", cursor: string | null, options: SearchOptions = {}): Promise<List> {
    const filter = { property: "object", value: what, ...(options.trash ? { in_trash: true } : {}) };
    const sort: Sort = { timestamp: "last_edited_time", direction: "descending" };
    return this.#list("/search", { filter, sort }, cursor, options.pageSize);
  }

  query(dataSourceId: string, body: QueryBody, cursor: string | null): Promise<List> {
    return this.#list(`/data_sources/${dataSourceId}/query`, body, cursor);
  }

  page(id: string): Promise<Page> {
    return this.#ask(`/pages/${id}`, pageSchema);
  }

  /** `id`: of a page, or of a block a truncated reply left out. */
  markdown(id: string): Promise<PageMarkdown> {
    return this.#ask(`/pages/${id}/markdown`, markdownSchema);
  }

  children(id: string, cursor: string | null): Promise<List> {
    const query = new URLSearchParams({ page_size: "100", ...(cursor === null ? {} : { start_cursor: cursor }) });
    return this.#ask(`/blocks/${id}/children?${query}`, listSchema);
  }

  block(id: string): Promise<Block> {
    return this.#ask(`/blocks/${id}`, blockSchema);
  }

  dataSource(id: string): Promise<DataSource> {
    return this.#ask(`/data_sources/${id}`, dataSourceSchema);
  }

  database(id: string): Promise<z.output<typeof databaseSchema>> {
    return this.#ask(`/databases/${id}`, databaseSchema);
  }

  #list(path: string, body: object, cursor: string | null, pageSize = this.#pageSize): Promise<List> {
    return this.#ask(path, listSchema, {
      ...body,
      page_size: pageSize,
      ...(cursor === null ? {} : { start_cursor: cursor }),
    });
  }

  #ask<Schema extends z.ZodType>(path: string, schema: Schema, query?: object): Promise<z.output<Schema>> {
    const { api, signal } = this.#ctx;
    const headers = { "notion-version": notionVersion };
    return askJson(
      { http: this.#http, signal },
      notion,
      api + path,
      schema,
      query
        ? {
            method: "POST",
            repeatable: true,
            headers: { ...headers, "content-type": "application/json" },
            body: JSON.stringify(query),
          }
        : { headers },
    );
  }
}

interface SearchOptions {
  /** what is in the trash, instead of what is not */
  readonly trash?: boolean;
  readonly pageSize?: number;
}

export interface QueryBody {
  readonly sorts: readonly Sort[];
  readonly filter?: object;
}
