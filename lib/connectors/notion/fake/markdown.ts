import type { RichTextItemResponse } from "@notionhq/client";
import type { FakeBlock } from "./blocks.ts";
import { urlFor } from "./ids.ts";

/** Blocks as Notion's enhanced Markdown (developers.notion.com/guides/data-apis/enhanced-markdown). */

export interface Rendering {
  readonly markdown: string;
  /** blocks that are not in it, by id */
  readonly left: readonly string[];
}

export interface RenderOptions {
  /** top-level blocks after which the rest is left out */
  readonly most: number;
  /** id of a block, from where it stands */
  readonly idOf: (block: FakeBlock, path: string) => string;
  readonly pageUrl: string;
  /** address of an uploaded file, different with every reply */
  readonly fileUrl: (name: string) => string;
  readonly readable: (id: string) => boolean;
}

const unsupported = new Set(["bookmark", "embed", "link_preview"]);

export function enhancedMarkdown(blocks: readonly FakeBlock[], path: string, options: RenderOptions): Rendering {
  const left: string[] = [];
  const lines: string[] = [];
  const unknown = (id: string, tabs: string, alt: string) => {
    left.push(id);
    lines.push(`${tabs}<unknown url="${options.pageUrl}#${id.replaceAll("-", "")}" alt="${alt}"/>`);
  };
  const write = (all: readonly FakeBlock[], at: string, depth: number): void => {
    const tabs = "\t".repeat(depth);
    for (const [index, block] of all.entries()) {
      const id = options.idOf(block, `${at}/${index}`);
      const { type, payload } = block;
      const text = inline(payload["rich_text"]);
      const inside = (more = 1) => write(block.children ?? [], `${at}/${index}`, depth + more);
      const caption = inline(payload["caption"]);
      const source = String(
        payload["type"] === "external"
          ? (payload["external"] as { url: string }).url
          : options.fileUrl(String(payload["uploaded"] ?? "")),
      );
      if (depth === 0 && index >= options.most) {
        unknown(id, tabs, "block");
        continue;
      }
      if (unsupported.has(type)) {
        unknown(id, tabs, type);
        continue;
      }
      switch (type) {
        case "paragraph":
          lines.push(tabs + (text === "" ? "<empty-block/>" : text));
          inside();
          break;
        case "heading_1":
        case "heading_2":
        case "heading_3":
        case "heading_4":
          lines.push(`${tabs}${"#".repeat(Number(type.at(-1)))} ${text}${block.children ? ' {toggle="true"}' : ""}`);
          inside();
          break;
        case "bulleted_list_item":
          lines.push(`${tabs}- ${text}`);
          inside();
          break;
        case "numbered_list_item":
          lines.push(`${tabs}${index + 1}. ${text}`);
          inside();
          break;
        case "to_do":
          lines.push(`${tabs}- [${payload["checked"] === true ? "x" : " "}] ${text}`);
          inside();
          break;
        case "toggle":
          lines.push(`${tabs}<details>`, `${tabs}<summary>${text}</summary>`);
          inside();
          lines.push(`${tabs}</details>`);
          break;
        case "quote":
          lines.push(`${tabs}> ${text.replaceAll("\n", "<br>")}`);
          inside();
          break;
        case "callout":
          lines.push(`${tabs}<callout icon="💡" color="gray_bg">`, `${tabs}\t${text}`);
          inside();
          lines.push(`${tabs}</callout>`);
          break;
        case "code": {
          const plain = (payload["rich_text"] as RichTextItemResponse[]).map((part) => part.plain_text).join("");
          lines.push(
            `${tabs}\`\`\`${String(payload["language"])}`,
            ...plain.split("\n").map((line) => tabs + line),
            `${tabs}\`\`\``,
          );
          break;
        }
        case "equation":
          lines.push(`${tabs}$$`, `${tabs}${String(payload["expression"])}`, `${tabs}$$`);
          break;
        case "divider":
          lines.push(`${tabs}---`);
          break;
        case "table":
          lines.push(`${tabs}<table header-row="true">`);
          for (const row of block.children ?? []) {
            lines.push(`${tabs}<tr>`);
            for (const cell of row.payload["cells"] as unknown[]) lines.push(`${tabs}<td>${inline(cell)}</td>`);
            lines.push(`${tabs}</tr>`);
          }
          lines.push(`${tabs}</table>`);
          break;
        case "image":
          lines.push(`${tabs}![${caption}](${source})`);
          break;
        case "file":
        case "video":
        case "audio":
        case "pdf":
          lines.push(`${tabs}<${type} src="${source}">${caption || String(payload["name"] ?? "")}</${type}>`);
          break;
        case "column_list":
          lines.push(`${tabs}<columns>`);
          inside();
          lines.push(`${tabs}</columns>`);
          break;
        case "column":
          lines.push(`${tabs}<column>`);
          inside();
          lines.push(`${tabs}</column>`);
          break;
        case "synced_block":
          lines.push(`${tabs}<synced_block url="${options.pageUrl}#${id.replaceAll("-", "")}">`);
          inside();
          lines.push(`${tabs}</synced_block>`);
          break;
        case "child_page":
          if (options.readable(id)) {
            const title = String(payload["title"]);
            lines.push(`${tabs}<page url="${urlFor(title, id)}">${escape(title)}</page>`);
          } else unknown(id, tabs, "page");
          break;
        case "child_database": {
          const title = String(payload["title"]);
          lines.push(`${tabs}<database url="${urlFor(title, id)}" inline="false">${escape(title)}</database>`);
          break;
        }
        default:
          unknown(id, tabs, type);
      }
    }
  };
  write(blocks, path, 0);
  return { markdown: lines.join("\n"), left };
}

function inline(value: unknown): string {
  if (!Array.isArray(value)) return "";
  return (value as readonly RichTextItemResponse[])
    .map(({ plain_text: plain, annotations, href }) => {
      if (annotations.code) return `\`${plain}\``;
      let text = escape(plain);
      if (annotations.bold) text = `**${text}**`;
      if (annotations.italic) text = `*${text}*`;
      if (annotations.strikethrough) text = `~~${text}~~`;
      return href ? `[${text}](${href})` : text;
    })
    .join("");
}

function escape(text: string): string {
  return text.replace(/[\\*~`$[\]<>{}|^]/g, "\\$&");
}
