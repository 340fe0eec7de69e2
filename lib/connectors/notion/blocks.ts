import { z } from "zod";
import type { NotionApi } from "./api.ts";
import { media, type Child } from "./enhanced-inline.ts";
import type { PageText } from "./enhanced-markdown.ts";
import { linkOf } from "./addresses.ts";
import { fenced, MarkdownLines, tableOf } from "./lines.ts";
import { allOf } from "./listing.ts";
import { markdownOf, plainOf } from "./rich-text.ts";
import { blockSchema, objectsOf, richTextSchema, type Block } from "./shapes.ts";
import type { Budget } from "./budget.ts";

const maybe = z.looseObject({ url: z.string() }).nullish().catch(null);

/** What blocks hold, all kinds together: each kind has its own few of these. */
const payloadSchema = z
  .looseObject({
    rich_text: richTextSchema.optional(),
    caption: richTextSchema.optional(),
    title: z.union([z.string(), richTextSchema]).optional().catch(undefined),
    language: z.string().optional().catch(undefined),
    expression: z.string().optional().catch(undefined),
    checked: z.boolean().optional().catch(undefined),
    url: z.string().optional().catch(undefined),
    name: z.string().optional().catch(undefined),
    external: maybe,
    file: maybe,
    icon: z.looseObject({ emoji: z.string().optional() }).nullish().catch(null),
    cells: z.array(richTextSchema).optional().catch(undefined),
    has_column_header: z.boolean().optional().catch(undefined),
    list_start_index: z.number().optional().catch(undefined),
  })
  .catch({});
type Payload = z.output<typeof payloadSchema>;

/** A page block by block: for servers without the Markdown endpoint, and for what that leaves out. */
export class BlockWalk {
  readonly #api: NotionApi;
  readonly #budget: Budget;
  readonly #out = new MarkdownLines();
  readonly #pages = new Map<string, Child>();
  readonly #databases = new Map<string, Child>();

  constructor(api: NotionApi, budget: Budget) {
    this.#api = api;
    this.#budget = budget;
  }

  /** Everything inside a page or block. */
  async page(id: string): Promise<PageText> {
    await this.#children(id, "", 0);
    return this.#text();
  }

  /** One block with what is inside it. */
  async block(id: string): Promise<PageText> {
    if (this.#budget.request()) await this.#render([await this.#api.block(id)], "", 0);
    return this.#text();
  }

  #text(): PageText {
    return {
      markdown: this.#out.toString(),
      pages: [...this.#pages.values()],
      databases: [...this.#databases.values()],
    };
  }

  async #blocksIn(id: string, level: number): Promise<readonly Block[]> {
    if (!this.#budget.level(level)) return [];
    const blocks: Block[] = [];
    for await (const list of allOf((cursor) => this.#api.children(id, cursor))) {
      blocks.push(...objectsOf(list, blockSchema).filter((block) => block.in_trash !== true));
      if (!this.#budget.blocks(list.results.length) || !list.has_more || !this.#budget.request()) break;
    }
    return blocks;
  }

  async #children(id: string, prefix: string, level: number): Promise<void> {
    if (this.#budget.request()) await this.#render(await this.#blocksIn(id, level), prefix, level);
  }

  async #render(blocks: readonly Block[], prefix: string, level: number): Promise<void> {
    let number = 0;
    for (const block of blocks) {
      const payload = payloadSchema.parse(block[block.type] ?? {});
      number = block.type === "numbered_list_item" ? (number || (payload.list_start_index ?? 1) - 1) + 1 : 0;
      const inside = this.#write(block, payload, prefix, number);
      if (block.type === "table") await this.#table(block.id, payload, prefix, level + 1);
      else if (block.has_children && inside !== null) await this.#children(block.id, inside, level + 1);
    }
  }

  /** Writes the block itself. Returns what stands before the lines inside it; null = nothing inside is its own. */
  #write(block: Block, payload: Payload, prefix: string, number: number): string | null {
    const out = this.#out;
    const words = payload.rich_text ? markdownOf(payload.rich_text) : "";
    switch (block.type) {
      case "heading_1":
      case "heading_2":
      case "heading_3":
      case "heading_4":
        out.add(prefix, words.trim() === "" ? "" : `${"#".repeat(Number(block.type.at(-1)))} ${words}`);
        return prefix;
      case "bulleted_list_item":
        out.add(prefix, words, "list", "- ");
        return `${prefix}  `;
      case "numbered_list_item":
        out.add(prefix, words, "list", `${number}. `);
        return prefix + " ".repeat(`${number}. `.length);
      case "to_do":
        out.add(prefix, words, "list", payload.checked === true ? "- [x] " : "- [ ] ");
        return `${prefix}  `;
      case "toggle":
        out.add(prefix, words.trim() === "" ? "" : `**${words.trim()}**`);
        return prefix;
      case "quote":
      case "callout":
        out.add(`${prefix}> `, `${payload.icon?.emoji ?? ""} ${words}`.trim());
        return `${prefix}> `;
      case "code":
        out.add(prefix, fenced(plainOf(payload.rich_text), (payload.language ?? "").replace(/[`\s]+/g, " ").trim()));
        out.add(prefix, markdownOf(payload.caption ?? []));
        return null;
      case "equation":
        out.add(prefix, payload.expression ? `$$\n${payload.expression}\n$$` : "");
        return null;
      case "divider":
        out.add(prefix, "---");
        return null;
      case "child_page":
      case "child_database":
        this.#child(block, payload, prefix);
        return null;
      case "image":
      case "file":
      case "video":
      case "audio":
      case "pdf": {
        const caption = plainOf(payload.caption) || (payload.name ?? "");
        out.add(prefix, media(block.type, payload.external?.url ?? payload.file?.url ?? "", caption));
        return null;
      }
      case "bookmark":
      case "embed":
      case "link_preview":
        out.add(prefix, payload.url ? linkOf(plainOf(payload.caption) || payload.url, payload.url) : "");
        return null;
      case "meeting_notes":
      case "transcription":
        out.add(prefix, typeof payload.title === "object" ? `**${markdownOf(payload.title)}**` : "");
        return prefix;
      case "table":
        return null;
      default:
        // Columns, synced blocks, tabs and whatever comes next: their text, and what is inside them.
        out.add(prefix, words);
        return prefix;
    }
  }

  #child(block: Block, payload: Payload, prefix: string): void {
    const title = typeof payload.title === "string" && payload.title.trim() !== "" ? payload.title.trim() : "Untitled";
    (block.type === "child_page" ? this.#pages : this.#databases).set(block.id, { id: block.id, title });
    this.#out.add(prefix, linkOf(title, `https://www.notion.so/${block.id.replaceAll("-", "")}`));
  }

  async #table(id: string, payload: Payload, prefix: string, level: number): Promise<void> {
    if (!this.#budget.request()) return;
    const rows = (await this.#blocksIn(id, level))
      .filter(({ type }) => type === "table_row")
      .map((row) => (payloadSchema.parse(row["table_row"]).cells ?? []).map(markdownOf));
    const table = tableOf(payload.has_column_header === false ? [[], ...rows] : rows);
    if (table !== "") this.#out.add(prefix, table, "table");
  }
}
