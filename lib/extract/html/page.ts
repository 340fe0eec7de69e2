import { BlockFlag } from "../types.ts";
import type { Page } from "../types.ts";
import { isHidden, looksLikeChrome, looksLikeMain } from "./chrome.ts";
import { fencedBlock, languageOf } from "./code-block.ts";
import { Inline, decodeText, hashText } from "./inline.ts";
import { Meta } from "./meta.ts";
import { TableBuilder } from "./table.ts";
import { tokenize } from "./tokens.ts";
import type { Attributes } from "./tokens.ts";
import type { Tag } from "./tags.ts";
import { Tree } from "./tree.ts";
import type { ElementHandler } from "./tree.ts";
import { LinkResolver } from "./url.ts";
import { Containers, PageWriter } from "./writer.ts";
import type { Block, List } from "./writer.ts";

/** HTML text to a Page in one pass: no tree is built, nothing is run. Malformed input is read as browsers do. */
export function readPage(html: string, url: string): Page {
  const builder = new PageBuilder(url);
  const tree = new Tree(builder);
  tokenize(html.isWellFormed() ? html : html.toWellFormed(), tree);
  tree.end();
  return builder.finish();
}

const MAX_LINKS = 10_000;
const MAX_NESTED_TABLES = 16;
const MAX_CODE = 4_000_000;

/** What an element keeps from enter to leave. */
const INERT = 1;
const DROPPED = 2;
const CHROME = 4;
const MAIN = 8;
const CONTAINER = 16;
const LANGUAGE = 32;
const OPENED = 64;

/** Where finished blocks go: the page, or a table cell with its own lists and quotes. */
interface Place {
  readonly containers: Containers;
  readonly lists: List[];
  readonly cell: { readonly blocks: Block[] } | null;
}

class PageBuilder implements ElementHandler {
  private readonly resolver: LinkResolver;
  private readonly meta: Meta;
  private readonly writer = new PageWriter();
  private readonly inline = new Inline();
  private readonly links = new Set<string>();
  private readonly root: Place = { containers: new Containers(), lists: [], cell: null };
  private place: Place = this.root;
  private readonly tables: { builder: TableBuilder; outer: Place }[] = [];
  private dropping = false;
  private chrome = 0;
  private main = 0;
  /** chrome counts set aside while inside a main element */
  private readonly chromeOutside: number[] = [];
  private heading = 0;
  private quotes = 0;
  private pre = 0;
  private code = "";
  /** line ends come from elements, those in the source mean nothing */
  private lineElements = false;
  private language: string | undefined;
  private languageHint: string | undefined;

  constructor(url: string) {
    this.resolver = new LinkResolver(url);
    this.meta = new Meta(this.resolver);
  }

  enter(tag: Tag, attributes: Attributes): number {
    const { kind } = tag;
    if (this.dropping || this.writer.full) {
      if (kind === "link" || kind === "frame") this.follow(attributes);
      return INERT;
    }
    if (kind === "drop") {
      if (!tag.void) this.dropping = true;
      return DROPPED;
    }
    if (attributes.present && kind !== "html" && kind !== "body" && isHidden(attributes)) {
      if (kind === "link") this.follow(attributes);
      if (kind === "meta" || kind === "linkrel") this.meta.read(tag, attributes);
      else if (!tag.void) this.dropping = true;
      return tag.void ? 0 : DROPPED;
    }
    return this.enterRegion(tag, attributes) | this.enterContent(tag, attributes);
  }

  leave(tag: Tag, kept: number): void {
    if ((kept & INERT) !== 0) return;
    if ((kept & DROPPED) !== 0) {
      this.dropping = false;
      return;
    }
    this.leaveContent(tag, kept);
    if ((kept & LANGUAGE) !== 0) this.languageHint = undefined;
    if ((kept & CHROME) !== 0) {
      this.flush();
      if (this.chrome > 0) this.chrome--;
    }
    if ((kept & MAIN) !== 0) {
      this.flush();
      this.main--;
      this.chrome = this.chromeOutside.pop() ?? 0;
    }
  }

  text(source: string, start: number, end: number): void {
    if (this.dropping || this.writer.full) return;
    if (this.pre > 0) {
      if (this.code.length >= MAX_CODE) return;
      let text = decodeText(source, start, end);
      if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
      this.code += this.lineElements ? text.replace(/\n/g, "").replaceAll("\u00a0", " ") : text;
    } else this.inline.text(source, start, end);
  }

  title(text: string): void {
    if (!this.dropping) this.meta.title ??= clean(decodeText(text, 0, text.length));
  }

  finish(): Page {
    this.flush();
    return { ...this.meta.result, links: [...this.links], ...this.writer.result };
  }

  /** Main parts and page furniture: only flags on the blocks inside. */
  private enterRegion(tag: Tag, attributes: Attributes): number {
    const { kind } = tag;
    if (kind === "main" || (attributes.present && kind === "block" && looksLikeMain(attributes))) {
      this.flush();
      this.chromeOutside.push(this.chrome);
      this.chrome = 0;
      this.main++;
      return MAIN;
    }
    if (!this.isChrome(tag, attributes)) return 0;
    this.flush();
    this.chrome++;
    return CHROME;
  }

  private isChrome(tag: Tag, attributes: Attributes): boolean {
    switch (tag.kind) {
      case "chrome":
        // Inside an article its header and asides are part of it, and so is the footer of a quote.
        if (tag.name === "nav") return !(this.main > 0 && /(?:^|\s)contents(?:\s|$)/.test(attributes.class ?? ""));
        if (tag.name === "footer" && this.quotes === 0) return true;
        if (this.main === 0 && tag.name !== "footer") return true;
        return attributes.present && looksLikeChrome(attributes, this.main > 0);
      case "form":
        return true;
      case "block":
      case "list":
      case "paragraph":
      case "table":
      case "definition":
      case "cell":
      case "item":
        return attributes.present && looksLikeChrome(attributes, this.main > 0);
      default:
        return false;
    }
  }

  private enterContent(tag: Tag, attributes: Attributes): number {
    const { inline } = this;
    switch (tag.kind) {
      case "inline":
        break;
      case "link":
        this.openLink(attributes);
        break;
      case "code":
        if (this.pre === 0) inline.openCode();
        else this.language ??= languageOf(attributes);
        break;
      case "block":
        this.boundary();
        if (attributes.class === "fragment" && this.pre === 0) {
          // Doxygen's code: one element per line instead of <pre>.
          this.openCode(this.languageHint);
          this.lineElements = true;
          return OPENED;
        }
        if (attributes.class !== undefined && this.languageHint === undefined) {
          this.languageHint = languageOf(attributes);
          if (this.languageHint !== undefined) return LANGUAGE;
        }
        break;
      case "paragraph":
      case "main":
      case "chrome":
      case "form":
        this.boundary();
        break;
      case "item":
        return this.openItem();
      case "list":
        this.endHeading();
        this.place.lists.push({ ordered: tag.name === "ol", next: startOf(attributes.start), written: 0 });
        return OPENED;
      case "emphasis":
      case "strong":
      case "strike":
      case "superscript":
      case "quotation":
        inline.open(tag.kind);
        break;
      case "heading":
        this.endHeading();
        this.heading = tag.level;
        inline.strongMuted = true;
        return OPENED;
      case "cell":
        this.openCell(tag, attributes);
        break;
      case "row":
        this.betweenCells();
        this.tables.at(-1)?.builder.openRow();
        break;
      case "table":
        return this.openTable(attributes);
      case "rowgroup":
      case "caption":
        this.betweenCells();
        break;
      case "pre":
        this.endHeading();
        if (this.pre === 0) this.openCode(languageOf(attributes) ?? this.languageHint);
        else this.pre++;
        break;
      case "break":
        this.lineBreak();
        break;
      case "image":
        this.image(attributes);
        break;
      case "quote":
        this.endHeading();
        this.quotes++;
        return this.place.containers.openQuote() ? CONTAINER : 0;
      case "term":
      case "summary":
        this.endHeading();
        inline.open("strong");
        break;
      case "definition":
        this.endHeading();
        break;
      case "rule":
        this.endHeading();
        this.put("---", 0, 0);
        break;
      case "math":
        if (attributes.alttext !== undefined) {
          inline.literal(`$${clean(attributes.alttext)}$`);
          this.dropping = true;
          return DROPPED;
        }
        break;
      case "checkbox":
        if (attributes.type === "checkbox" && this.place.lists.length > 0 && inline.empty && this.chrome === 0) {
          inline.literal(attributes.checked === undefined ? "[ ]" : "[x]");
          inline.addSpace();
        }
        break;
      case "base":
      case "meta":
      case "linkrel":
      case "html":
        this.meta.read(tag, attributes);
        if (this.meta.refresh !== undefined) this.addLink(this.meta.refresh);
        break;
      case "frame":
        this.follow(attributes);
        break;
      default:
    }
    return 0;
  }

  private leaveContent(tag: Tag, kept: number): void {
    const { inline } = this;
    switch (tag.kind) {
      case "link":
      case "emphasis":
      case "strong":
      case "strike":
      case "superscript":
      case "quotation":
        inline.close(tag.kind);
        break;
      case "code":
        if (this.pre === 0) inline.closeCode();
        break;
      case "block":
        if ((kept & OPENED) !== 0) this.leavePre();
        else this.boundary();
        break;
      case "paragraph":
      case "main":
      case "chrome":
      case "form":
        this.boundary();
        break;
      case "item":
        this.flush();
        if ((kept & CONTAINER) !== 0) this.place.containers.close();
        if ((kept & OPENED) !== 0) this.place.lists.pop();
        break;
      case "list":
        this.flush();
        this.place.lists.pop();
        break;
      case "heading":
        this.endHeading();
        break;
      case "cell":
      case "row":
      case "caption":
        this.betweenCells();
        inline.strongMuted = false;
        if (tag.kind === "row") this.closeRow();
        break;
      case "table":
        if ((kept & OPENED) !== 0) this.closeTable();
        else this.flush();
        break;
      case "pre":
        this.leavePre();
        break;
      case "quote":
        this.flush();
        this.quotes--;
        if ((kept & CONTAINER) !== 0) this.place.containers.close();
        break;
      case "term":
      case "summary":
        this.flush();
        inline.close("strong");
        break;
      case "definition":
      case "rowgroup":
        this.flush();
        break;
      default:
    }
  }

  // Blocks

  /** A block element starts or ends: a new line in code, a space in a heading, else the end of the paragraph. */
  private boundary(): void {
    if (this.pre > 0) {
      if (this.code !== "" && !this.code.endsWith("\n")) this.code += "\n";
    } else if (this.heading > 0) this.inline.addSpace();
    else this.flush();
  }

  private endHeading(): void {
    if (this.pre > 0) return;
    this.flush();
    if (this.heading > 0) {
      this.heading = 0;
      this.inline.strongMuted = false;
    }
  }

  /** Ends the current paragraph, item text or heading, if there is any. */
  private flush(): void {
    if (this.inline.empty) {
      this.inline.reset();
      return;
    }
    const { markdown, chars, linkChars, hash } = this.inline.finish();
    let flags = linkChars > 0 && linkChars >= chars * 0.8 ? BlockFlag.links : 0;
    if (this.heading > 0) {
      flags = BlockFlag.heading;
      this.meta.heading ??= this.heading === 1 ? markdown : undefined;
      this.put(`${"#".repeat(this.heading)} ${markdown.replace(/ *\n/g, " ")}`, hash, flags);
    } else this.put(escapeStart(markdown), hash, flags);
  }

  private put(text: string, hash: number, flags: number): void {
    const { containers, cell } = this.place;
    const { text: placed, tight, gap } = containers.place(text);
    let bits = flags;
    if (this.main > 0) bits |= BlockFlag.main;
    if (this.chrome > 0) bits |= BlockFlag.chrome;
    this.deliver({ text: placed, hash, flags: bits, tight }, gap, cell);
  }

  private deliver(block: Block, gap: string, cell: Place["cell"]): void {
    if (cell !== null) cell.blocks.push(block);
    else this.writer.add(block, gap);
  }

  private lineBreak(): void {
    if (this.pre > 0) this.code += "\n";
    else if (this.heading > 0) this.inline.addSpace();
    else if (this.inline.breakPending) this.flush();
    else this.inline.breakLine();
  }

  private openCode(language: string | undefined): void {
    this.endHeading();
    this.pre = 1;
    this.code = "";
    this.language = language;
  }

  private leavePre(): void {
    if (--this.pre > 0) return;
    this.lineElements = false;
    const block = fencedBlock(this.code, this.language);
    if (block !== undefined) this.put(block, hashText(this.code), BlockFlag.code);
    this.code = "";
    this.language = undefined;
  }

  // Lists

  private openItem(): number {
    this.endHeading();
    let kept = 0;
    if (this.place.lists.length === 0) {
      this.place.lists.push({ ordered: false, next: 1, written: 0 });
      kept = OPENED;
    }
    const list = this.place.lists.at(-1);
    if (list !== undefined && this.place.containers.openItem(list)) kept |= CONTAINER;
    return kept;
  }

  // Tables

  private openTable(attributes: Attributes): number {
    this.endHeading();
    if (this.pre > 0 || this.tables.length >= MAX_NESTED_TABLES) return 0;
    const presentation = attributes.role === "presentation" || attributes.role === "none";
    this.tables.push({ builder: new TableBuilder(presentation), outer: this.place });
    this.betweenCells();
    return OPENED;
  }

  private openCell(tag: Tag, attributes: Attributes): void {
    const table = this.tables.at(-1);
    if (table === undefined || this.pre > 0) {
      this.boundary();
      return;
    }
    this.betweenCells();
    if (table.builder.overflowing) this.drainTable(table);
    const cell = table.builder.openCell(tag.name === "th", Number.parseInt(attributes.colspan ?? "1", 10));
    this.place = { containers: new Containers(), lists: [], cell };
    this.inline.strongMuted = tag.name === "th";
  }

  /** Ends a cell: what follows, up to the next one, belongs before the table. */
  private betweenCells(): void {
    if (this.pre > 0) {
      this.boundary();
      return;
    }
    this.endHeading();
    const table = this.tables.at(-1);
    if (table === undefined) return;
    const { builder } = table;
    this.place = {
      containers: new Containers(),
      lists: [],
      cell: { blocks: builder.before },
    };
  }

  private closeRow(): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.builder.closeRow();
    if (table.builder.overflowing) this.drainTable(table);
  }

  private drainTable(table: { builder: TableBuilder; outer: Place }): void {
    const inner = this.place;
    this.place = table.outer;
    this.putAll(table.builder.drain());
    this.place = inner;
  }

  private closeTable(): void {
    this.flush();
    const table = this.tables.pop();
    if (table === undefined) return;
    this.place = table.outer;
    this.putAll(table.builder.finish());
  }

  /** Blocks that were built in a cell, at the current place. */
  private putAll(blocks: readonly Block[]): void {
    const { containers, cell } = this.place;
    for (const block of blocks) {
      const { text, tight, gap } = containers.place(block.text);
      this.deliver({ ...block, text, tight: tight || block.tight }, block.tight ? "\n" : gap, cell);
    }
  }

  // Links and images

  private openLink(attributes: Attributes): void {
    const { href } = attributes;
    if (href === undefined || this.pre > 0) {
      if (href !== undefined) this.follow(attributes);
      this.inline.close("link");
      return;
    }
    const url = this.follow(attributes);
    if (url === undefined) this.inline.close("link");
    else this.inline.openLink(url, href.startsWith("#"));
  }

  /** Notes where a link leads; the absolute URL with its fragment, if it is one to show. */
  private follow(attributes: Attributes): string | undefined {
    const href = (attributes.href ?? attributes.src)?.trim();
    if (href === undefined) return undefined;
    const url = this.resolver.resolve(href);
    if (url === undefined) return undefined;
    if (attributes.rel === undefined || !attributes.rel.includes("nofollow")) this.addLink(url);
    return url;
  }

  private addLink(url: string): void {
    const hash = url.indexOf("#");
    if (this.links.size < MAX_LINKS) this.links.add(hash < 0 ? url : url.slice(0, hash));
  }

  private image(attributes: Attributes): void {
    if (this.pre > 0 || attributes.src === undefined) return;
    const src = attributes.src.trim();
    const alt = attributes.alt ?? "";
    const url = this.resolver.resolve(src);
    if (url !== undefined) this.inline.image(alt, url);
    else if (alt.trim() !== "") this.inline.text(alt.replaceAll("&", "&amp;"), 0, alt.replaceAll("&", "&amp;").length);
  }
}

function startOf(start: string | undefined): number {
  const value = Number.parseInt(start ?? "1", 10);
  return Number.isFinite(value) && value >= 0 && value < 1_000_000_000 ? value : 1;
}

/** A paragraph must not turn into something else because of how it begins. */
function escapeStart(markdown: string): string {
  const c = markdown.charCodeAt(0);
  // # + - = > | ~ or a digit
  if (c !== 35 && c !== 43 && c !== 45 && c !== 61 && c !== 62 && c !== 124 && c !== 126 && !(c >= 48 && c <= 57)) {
    return markdown;
  }
  if (c >= 48 && c <= 57) return markdown.replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
  return /^(?:#{1,6}(?:\s|$)|[-+](?:\s|$)|>|=+\s*$|-{3,}\s*$|\||~{3,})/.test(markdown) ? "\\" + markdown : markdown;
}

function clean(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
