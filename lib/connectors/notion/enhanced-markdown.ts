import { attributesOf, inlineMarkdown, stripAttributes, type Child } from "./enhanced-inline.ts";
import { MarkdownLines, tableOf } from "./lines.ts";

export interface PageText {
  readonly markdown: string;
  readonly pages: readonly Child[];
  readonly databases: readonly Child[];
}

/** What a level of indentation puts before the lines in it. */
type Level = string;

const container =
  /^<\/?(?:columns|column|details|callout|synced_block|synced_block_reference|meeting-notes|summary|notes|transcript|tabs|tab)(?:\s[^<>]*)?>$/;
const dropped = /^<(?:empty-block|table_of_contents|breadcrumb)(?:\s[^<>]*)?\/?>$/;

/**
 * Notion's own Markdown (developers.notion.com/guides/data-apis/enhanced-markdown) as plain Markdown: one block per
 * line, tabs for what is inside what, XML-like tags for what Markdown has no words for. What is unknown stays as text.
 */
export function plainMarkdown(enhanced: string): PageText {
  return new Reader(enhanced).read();
}

class Reader {
  readonly #lines: readonly string[];
  readonly #out = new MarkdownLines();
  readonly #pages = new Map<string, Child>();
  readonly #databases = new Map<string, Child>();
  #levels: Level[] = [];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/);
  }

  read(): PageText {
    while (this.#at < this.#lines.length) this.#block();
    return {
      markdown: this.#out.toString(),
      pages: [...this.#pages.values()],
      databases: [...this.#databases.values()],
    };
  }

  #block(): void {
    const line = this.#lines[this.#at++] ?? "";
    const indent = /^\t*/.exec(line)?.[0].length ?? 0;
    const text = line.slice(indent);
    if (text.trim() === "") return;
    this.#levels.length = Math.min(this.#levels.length, indent);
    while (this.#levels.length < indent) this.#levels.push("");
    const prefix = this.#levels.join("");
    this.#levels.push("");
    if (/^(?:`{3,}|~{3,})/.test(text)) return this.#code(text, indent, prefix);
    if (/^\$\$\s*$/.test(text)) return this.#equation(indent, prefix);
    if (/^<table(?:\s[^<>]*)?>/.test(text)) return this.#table(text, prefix);
    const summary = /^<summary>(.*)<\/summary>$/.exec(text);
    if (summary) return this.#out.add(prefix, bold(this.#inline(summary[1] ?? "")));
    const callout = /^(?:<callout|:{3,}\s*callout)(.*)$/.exec(text);
    if (callout && !text.startsWith("</")) return this.#callout(callout[1] ?? "", prefix);
    if (container.test(text) || dropped.test(text) || /^:{3,}\s*$/.test(text)) return;
    this.#plain(text, prefix);
  }

  #plain(text: string, prefix: string): void {
    const bare = stripAttributes(text);
    const marker = /^(?:[-*+] \[[ xX]\] |[-*+] |\d{1,9}[.)] )/.exec(bare)?.[0];
    const quote = /^>\s?/.exec(bare)?.[0];
    const inner = bare.slice(marker?.length ?? quote?.length ?? 0);
    const words = this.#inline(inner);
    if (marker !== undefined) {
      const width = /^\d/.test(marker) ? marker.length : 2;
      this.#levels[this.#levels.length - 1] = " ".repeat(width);
      this.#out.add(prefix, words, "list", marker);
    } else if (quote !== undefined) {
      this.#levels[this.#levels.length - 1] = "> ";
      this.#out.add(`${prefix}> `, words);
    } else this.#out.add(prefix, words, words.startsWith("|") ? "table" : "text");
  }

  /** Callouts become quotes, with their icon before the text. */
  #callout(attributes: string, prefix: string): void {
    this.#levels[this.#levels.length - 1] = "> ";
    const { icon } = attributesOf(attributes);
    const closed = />([^<]*)<\/callout>$/.exec(attributes)?.[1];
    const mark = icon && !/^https?:/.test(icon) ? icon : "";
    const words = `${mark} ${closed === undefined ? "" : this.#inline(closed)}`.trim();
    if (words !== "") this.#out.add(`${prefix}> `, words);
  }

  #code(opening: string, indent: number, prefix: string): void {
    const fence = /^(?:`+|~+)/.exec(opening)?.[0] ?? "```";
    const code = [opening];
    while (this.#at < this.#lines.length) {
      const line = unindent(this.#lines[this.#at++] ?? "", indent);
      code.push(line);
      if (line.trimEnd() === fence) break;
    }
    this.#out.add(prefix, code.join("\n"));
  }

  #equation(indent: number, prefix: string): void {
    const lines = ["$$"];
    while (this.#at < this.#lines.length) {
      const line = unindent(this.#lines[this.#at++] ?? "", indent);
      lines.push(line);
      if (line.trimEnd() === "$$") break;
    }
    this.#out.add(prefix, lines.join("\n"));
  }

  #table(opening: string, prefix: string): void {
    const lines = [opening];
    while (!lines.at(-1)?.trimEnd().endsWith("</table>") && this.#at < this.#lines.length)
      lines.push(this.#lines[this.#at++] ?? "");
    const rows = lines
      .map((line) => line.trim())
      .join("")
      .split(/<tr(?=[\s>])/)
      .slice(1)
      .map((row) =>
        row
          .split(/<t[dh](?=[\s/>])/)
          .slice(1)
          .map((cell) => this.#inline(contentOf(cell))),
      );
    const header = attributesOf(opening)["header-row"] === "true" || rows.length === 1;
    this.#out.add(prefix, tableOf(header ? rows : [[], ...rows]), "table");
  }

  #inline(text: string): string {
    return inlineMarkdown(text, (tag, child) => {
      (tag === "page" ? this.#pages : this.#databases).set(child.id, child);
    });
  }
}

/** `color="red">text</td>` without what surrounds the text. */
function contentOf(cell: string): string {
  const begin = cell.indexOf(">") + 1;
  if (cell[begin - 2] === "/") return "";
  const end = /<\/t[dh]/.exec(cell)?.index;
  return cell.slice(begin, end);
}

const bold = (words: string): string => (words.trim() === "" ? "" : `**${words.trim()}**`);

function unindent(line: string, tabs: number): string {
  let at = 0;
  while (at < tabs && line[at] === "\t") at++;
  return line.slice(at);
}
