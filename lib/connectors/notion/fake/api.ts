import type { IncomingHttpHeaders } from "node:http";
import { enhancedMarkdown } from "./markdown.ts";
import type { FakeBlock } from "./blocks.ts";
import { idFor, urlFor } from "./ids.ts";
import { iso, type FakeDataSource, type FakePage, type Workspace } from "./workspace.ts";

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a server may differ from the documented one. */
export interface Quirks {
  /** there is no Markdown endpoint */
  noMarkdown?: boolean;
  /** blocks at the top of a page after which Markdown is cut off */
  mostBlocks?: number;
  /** search cannot look into the trash */
  noTrash?: boolean;
  /** lists name pages by id alone */
  partial?: boolean;
  /** results after which a listing is cut off */
  cap?: number;
  /** same: always the same position · circle: two positions in turn · endless: new positions, never a result */
  positions?: "same" | "circle" | "endless";
  /** so many positions are refused */
  refusePositions?: number;
  /** each page of a list begins with the last result of the one before */
  repeats?: boolean;
  /** told before a page of a list is made: the index may shift */
  onList?: (number: number) => void;
}

export function refusal(status: number, code: string, message = "as asked for"): Reply {
  return { status, body: { object: "error", status, code, message, request_id: idFor(code) } };
}

const missing = (id: string) =>
  refusal(404, "object_not_found", `Could not find page with ID: ${id}. Make sure it is shared with your integration.`);
const invalid = (message: string) => refusal(400, "validation_error", `body failed validation: ${message}`);

interface Listing {
  readonly page_size?: number;
  readonly start_cursor?: string;
}

/** The reading part of Notion's API over a workspace. */
export class Api {
  readonly #workspace: Workspace;
  readonly #quirks: Quirks;
  #lists = 0;
  #urls = 0;

  constructor(workspace: Workspace, quirks: Quirks) {
    this.#workspace = workspace;
    this.#quirks = quirks;
  }

  answer(method: string, target: string, headers: IncomingHttpHeaders, body: string): Reply {
    if (!headers["notion-version"]) return refusal(400, "missing_version", "Notion-Version header should be defined");
    const url = new URL(target, "http://fake.invalid");
    const [, version, kind, id = "", part] = url.pathname.split("/");
    if (version !== "v1") return refusal(400, "invalid_request_url");
    if (method === "POST") {
      let query: Record<string, unknown>;
      try {
        query = JSON.parse(body || "{}") as Record<string, unknown>;
      } catch {
        return refusal(400, "invalid_json", "Error parsing JSON body.");
      }
      if (kind === "search" && id === "") return this.#search(query);
      if (kind === "data_sources" && part === "query") return this.#query(id, query);
      return refusal(400, "invalid_request_url");
    }
    if (method !== "GET") return refusal(400, "invalid_request_url");
    if (kind === "pages" && part === undefined) return this.#page(id);
    if (kind === "pages" && part === "markdown" && !this.#quirks.noMarkdown) return this.#markdown(id);
    if (kind === "blocks" && part === "children") return this.#children(id, url.searchParams);
    if (kind === "blocks" && part === undefined) return this.#block(id);
    if (kind === "databases" && part === undefined) {
      const source = [...this.#workspace.sources.values()].find(({ databaseId }) => databaseId === id);
      return source?.access === "shared" ? ok(this.#workspace.databaseObject(source)) : missing(id);
    }
    if (kind === "data_sources" && part === undefined) {
      const source = this.#source(id);
      return source ? ok(this.#workspace.sourceObject(source)) : missing(id);
    }
    return refusal(400, "invalid_request_url", "Invalid request URL.");
  }

  #source(id: string): FakeDataSource | undefined {
    const source = this.#workspace.sources.get(id);
    return source?.access === "shared" ? source : undefined;
  }

  #page(id: string): Reply {
    const page = this.#workspace.pages.get(id);
    if (!page || page.access === "unshared") return missing(id);
    if (page.access === "restricted") return refusal(403, "restricted_resource");
    return ok(this.#workspace.object(page));
  }

  #search(body: Record<string, unknown>): Reply {
    const odd = Object.keys(body).find(
      (name) => !["filter", "sort", "query", "page_size", "start_cursor"].includes(name),
    );
    if (odd) return invalid(`body.${odd} should be not present, instead was \`${JSON.stringify(body[odd])}\`.`);
    const filter = (body["filter"] ?? {}) as { property?: string; value?: string; in_trash?: boolean };
    const sort = body["sort"] as { timestamp?: string; direction?: string } | undefined;
    if (filter.value !== undefined && (filter.property !== "object" || !["page", "data_source"].includes(filter.value)))
      return invalid('body.filter.value should be `"page"` or `"data_source"`.');
    if (filter.in_trash !== undefined && this.#quirks.noTrash)
      return invalid("body.filter.in_trash should be not present.");
    if (filter.value === "data_source") {
      const sources = [...this.#workspace.sources.values()].filter(
        ({ listed, access, inTrash }) => listed && access === "shared" && inTrash === (filter.in_trash ?? false),
      );
      return this.#list(body, sources, (source) => this.#workspace.sourceObject(source));
    }
    const pages = this.#workspace
      .sorted()
      .filter((page) => page.listed && page.access !== "unshared" && page.inTrash === (filter.in_trash ?? false));
    return this.#pages(body, sort?.direction === "ascending" ? pages.toReversed() : pages);
  }

  #query(id: string, body: Record<string, unknown>): Reply {
    const source = this.#source(id);
    if (!source) return missing(id);
    const filter = body["filter"] as { timestamp?: "created_time" | "last_edited_time" } | undefined;
    const timestamp = filter?.timestamp;
    const from = timestamp
      ? (filter as unknown as Record<string, { on_or_after?: string }>)[timestamp]?.on_or_after
      : undefined;
    const [sort] = (body["sorts"] ?? []) as { timestamp: string; direction: string }[];
    const time = (page: FakePage, which: string | undefined) =>
      iso(which === "created_time" ? page.created : page.edited);
    const rows = [...this.#workspace.pages.values()]
      .filter(({ parent, inTrash, access }) => parent?.id === id && !inTrash && access !== "unshared")
      .filter((page) => from === undefined || time(page, timestamp) >= from)
      .toSorted((a, b) => (time(a, sort?.timestamp) < time(b, sort?.timestamp) ? -1 : 1));
    return this.#pages(body, sort?.direction === "descending" ? rows.toReversed() : rows);
  }

  #pages(body: Listing, pages: readonly FakePage[]): Reply {
    return this.#list(body, pages, (page) =>
      this.#quirks.partial ? { object: "page", id: page.id } : this.#workspace.object(page),
    );
  }

  #list<Item>(body: Listing, items: readonly Item[], toObject: (item: Item) => unknown): Reply {
    this.#quirks.onList?.(++this.#lists);
    const size = body.page_size ?? 100;
    if (!Number.isInteger(size) || size < 1 || size > 100) return invalid("body.page_size should be ≤ `100`.");
    const cursor = body.start_cursor;
    const offset = cursor === undefined ? 0 : Number(/^at-(\d+)-/.exec(cursor)?.[1] ?? Number.NaN);
    if (Number.isNaN(offset) || (cursor !== undefined && (this.#quirks.refusePositions ?? 0) > 0)) {
      this.#quirks.refusePositions = Math.max(0, (this.#quirks.refusePositions ?? 0) - 1);
      return invalid("body.start_cursor should be a valid cursor.");
    }
    const { positions, cap = Number.POSITIVE_INFINITY, repeats } = this.#quirks;
    const end = Math.min(offset + size, items.length, cap);
    const results =
      positions === "endless" && offset > 0
        ? []
        : items.slice(Math.max(0, offset - (repeats && offset > 0 ? 1 : 0)), end);
    const next =
      positions === "same"
        ? "at-0-same"
        : positions === "circle"
          ? `at-0-${cursor === "at-0-a" ? "b" : "a"}`
          : positions === "endless"
            ? `at-${offset + 1}-endless`
            : end < Math.min(items.length, cap)
              ? `at-${end}-${idFor(String(end)).slice(0, 8)}`
              : null;
    const capped = items.length > cap && end >= cap;
    return ok({
      object: "list",
      type: "page_or_data_source",
      page_or_data_source: {},
      results: results.map(toObject),
      next_cursor: next,
      has_more: next !== null,
      request_status: capped
        ? { type: "incomplete", incomplete_reason: "query_result_limit_reached" }
        : { type: "complete" },
      request_id: idFor("request"),
    });
  }

  #markdown(id: string): Reply {
    const found = this.#find(id);
    if (!found) return missing(id);
    const { page, block, path } = found;
    if (page.access === "unshared" || page.inTrash) return missing(id);
    if (page.access === "restricted") return refusal(403, "restricted_resource");
    if (block && ["bookmark", "embed", "link_preview"].includes(block.type))
      return refusal(400, "validation_error", "This block cannot be rendered as markdown.");
    const { markdown, left } = enhancedMarkdown(block ? [block] : this.#workspace.blocksOf(page), path, {
      most: this.#quirks.mostBlocks ?? 20_000,
      // A block by itself stands at the top of its own reply.
      idOf: (each, at) => each.id ?? idFor(`block ${page.id}${block ? at.replace(`${path}/0`, path) : at}`),
      pageUrl: urlFor(page.title, page.id),
      fileUrl: (name) => this.#fileUrl(name),
      readable: (child) => this.#workspace.pages.get(child)?.access === "shared",
    });
    return ok({ object: "page_markdown", id, markdown, truncated: left.length > 0, unknown_block_ids: left });
  }

  #fileUrl(name: string): string {
    return `https://prod-files-secure.s3.us-west-2.amazonaws.com/${idFor(name)}/${encodeURIComponent(name)}?X-Amz-Expires=3600&X-Amz-Signature=${++this.#urls}`;
  }

  /** A page, or a block by its id. */
  #find(id: string): { page: FakePage; block: FakeBlock | null; path: string } | undefined {
    const page = this.#workspace.pages.get(id);
    if (page) return { page, block: null, path: "" };
    for (const each of this.#workspace.pages.values()) {
      const found = search(each, this.#workspace.blocksOf(each), "", id);
      if (found) return { page: each, ...found };
    }
    return undefined;
  }

  #children(id: string, query: URLSearchParams): Reply {
    const found = this.#find(id);
    if (!found || found.page.access === "unshared") return missing(id);
    if (found.page.access === "restricted") return refusal(403, "restricted_resource");
    const { page, block, path } = found;
    const blocks = block ? (block.children ?? []) : this.#workspace.blocksOf(page);
    const listing: Listing = {
      page_size: Number(query.get("page_size") ?? 100),
      ...(query.has("start_cursor") ? { start_cursor: query.get("start_cursor") ?? "" } : {}),
    };
    return this.#list(
      listing,
      blocks.map((each, index) => ({ each, index })),
      ({ each, index }) => this.#blockObject(page, each, `${path}/${index}`),
    );
  }

  #block(id: string): Reply {
    const found = this.#find(id);
    if (!found?.block || found.page.access === "unshared") return missing(id);
    return ok(this.#blockObject(found.page, found.block, found.path));
  }

  #blockObject(page: FakePage, block: FakeBlock, path: string): unknown {
    const { uploaded, ...payload } = block.payload;
    const file =
      uploaded === undefined
        ? {}
        : { file: { url: this.#fileUrl(String(uploaded)), expiry_time: iso(Date.now() + 3_600_000) } };
    return {
      object: "block",
      id: block.id ?? idFor(`block ${page.id}${path}`),
      parent: { type: "page_id", page_id: page.id },
      type: block.type,
      [block.type]: { ...payload, ...file },
      created_time: iso(page.created),
      last_edited_time: iso(page.edited),
      has_children: (block.children?.length ?? 0) > 0,
      in_trash: false,
      archived: false,
    };
  }
}

function search(
  page: FakePage,
  blocks: readonly FakeBlock[],
  path: string,
  id: string,
): { block: FakeBlock; path: string } | undefined {
  for (const [index, block] of blocks.entries()) {
    const at = `${path}/${index}`;
    if ((block.id ?? idFor(`block ${page.id}${at}`)) === id) return { block, path: at };
    const inside = block.children && search(page, block.children, at, id);
    if (inside) return inside;
  }
  return undefined;
}

const ok = (body: unknown): Reply => ({ status: 200, body });
