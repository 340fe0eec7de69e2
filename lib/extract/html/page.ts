import { guardStart } from "../escape.ts";
import { BlockFlag } from "../types.ts";
import type { Page } from "../types.ts";
import { isHidden, looksLikeChrome, looksLikeMain } from "./chrome.ts";
import { CodeBlock, languageOf } from "./code-block.ts";
import { decodeText } from "./entities.ts";
import { Inline, hashText } from "./inline.ts";
import { Layout } from "./layout.ts";
import { PageLinks } from "./links.ts";
import { Meta } from "./meta.ts";
import { tokenize } from "./tokens.ts";
import type { Attributes } from "./tokens.ts";
import type { Tag } from "./tags.ts";
import { Tree } from "./tree.ts";
import type { ElementHandler } from "./tree.ts";

/** HTML text to a Page in one pass: no tree is built, nothing is run. Malformed input is read as browsers do. */
export function readPage(html: string, url: string): Page {
  const builder = new PageBuilder(url);
  const tree = new Tree(builder);
  tokenize(html.isWellFormed() ? html : html.toWellFormed(), tree);
  tree.end();
  return builder.finish();
}

/** Share of link text from which a block counts as links. */
const MOSTLY = 0.8;

/** What an element keeps from enter to leave. */
const INERT = 1;
const DROPPED = 2;
const CHROME = 4;
const MAIN = 8;
const CONTAINER = 16;
const LANGUAGE = 32;
const OPENED = 64;

class PageBuilder implements ElementHandler {
  private readonly links: PageLinks;
  private readonly meta: Meta;
  private readonly layout = new Layout();
  private readonly inline = new Inline();
  private readonly code = new CodeBlock();
  private dropping = false;
  /** chrome counts set aside while inside a main element */
  private readonly chromeOutside: number[] = [];
  /** level of the open heading, else 0 */
  private heading = 0;
  private quotes = 0;
  private languageHint: string | undefined;

  constructor(url: string) {
    this.links = new PageLinks(url);
    this.meta = new Meta(this.links.resolver);
  }

  enter(tag: Tag, attributes: Attributes): number {
    const { kind } = tag;
    if (this.dropping || this.layout.full) {
      if (kind === "link" || kind === "frame") this.links.follow(attributes);
      return INERT;
    }
    if (kind === "drop") {
      if (!tag.void) this.dropping = true;
      return DROPPED;
    }
    if (attributes.present && kind !== "html" && kind !== "body" && isHidden(attributes)) {
      if (kind === "link") this.links.follow(attributes);
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
      if (this.layout.chrome > 0) this.layout.chrome--;
    }
    if ((kept & MAIN) !== 0) {
      this.flush();
      this.layout.main--;
      this.layout.chrome = this.chromeOutside.pop() ?? 0;
    }
  }

  text(source: string, start: number, end: number): void {
    if (this.dropping || this.layout.full) return;
    if (this.code.depth > 0) this.code.add(source, start, end);
    else this.inline.text(source, start, end);
  }

  title(text: string): void {
    if (!this.dropping) this.meta.title ??= clean(decodeText(text, 0, text.length));
  }

  finish(): Page {
    this.flush();
    return { ...this.meta.result, links: this.links.all, ...this.layout.result };
  }

  /** Main parts and page furniture: only flags on the blocks inside. */
  private enterRegion(tag: Tag, attributes: Attributes): number {
    const { kind } = tag;
    if (kind === "main" || (attributes.present && kind === "block" && looksLikeMain(attributes))) {
      this.flush();
      this.chromeOutside.push(this.layout.chrome);
      this.layout.chrome = 0;
      this.layout.main++;
      return MAIN;
    }
    if (!this.isChrome(tag, attributes)) return 0;
    this.flush();
    this.layout.chrome++;
    return CHROME;
  }

  private isChrome(tag: Tag, attributes: Attributes): boolean {
    switch (tag.kind) {
      case "chrome":
        // Inside an article its header and asides are part of it, and so is the footer of a quote.
        if (tag.name === "nav")
          return !(this.layout.main > 0 && /(?:^|\s)contents(?:\s|$)/.test(attributes.class ?? ""));
        if (tag.name === "footer" && this.quotes === 0) return true;
        if (this.layout.main === 0 && tag.name !== "footer") return true;
        return attributes.present && looksLikeChrome(attributes, this.layout.main > 0);
      case "form":
        return true;
      case "block":
      case "list":
      case "paragraph":
      case "table":
      case "definition":
      case "cell":
      case "item":
        return attributes.present && looksLikeChrome(attributes, this.layout.main > 0);
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
        if (this.code.depth === 0) inline.openCode();
        else this.code.language ??= languageOf(attributes);
        break;
      case "block":
        this.boundary();
        if (attributes.class === "fragment" && this.code.depth === 0) {
          // Doxygen's code: one element per line instead of <pre>.
          this.openCode(this.languageHint, true);
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
        this.layout.openList(tag.name === "ol", startOf(attributes.start));
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
        this.layout.openRow();
        break;
      case "table":
        return this.openTable(attributes);
      case "rowgroup":
      case "caption":
        this.betweenCells();
        break;
      case "pre":
        this.endHeading();
        if (this.code.depth === 0) this.openCode(languageOf(attributes) ?? this.languageHint, false);
        else this.code.depth++;
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
        return this.layout.openQuote() ? CONTAINER : 0;
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
        this.layout.put("---", 0, 0);
        break;
      case "math":
        if (attributes.alttext !== undefined) {
          inline.literal(`$${clean(attributes.alttext)}$`);
          this.dropping = true;
          return DROPPED;
        }
        break;
      case "checkbox":
        if (attributes.type === "checkbox" && this.layout.inList && inline.empty && this.layout.chrome === 0) {
          inline.literal(attributes.checked === undefined ? "[ ]" : "[x]");
          inline.addSpace();
        }
        break;
      case "base":
      case "meta":
      case "linkrel":
      case "html":
        this.meta.read(tag, attributes);
        if (this.meta.refresh !== undefined) this.links.add(this.meta.refresh);
        break;
      case "frame":
        this.links.follow(attributes);
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
        if (this.code.depth === 0) inline.closeCode();
        break;
      case "block":
        if ((kept & OPENED) !== 0) this.closeCode();
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
        if ((kept & CONTAINER) !== 0) this.layout.closeContainer();
        if ((kept & OPENED) !== 0) this.layout.closeList();
        break;
      case "list":
        this.flush();
        this.layout.closeList();
        break;
      case "heading":
        this.endHeading();
        break;
      case "cell":
      case "row":
      case "caption":
        this.betweenCells();
        inline.strongMuted = false;
        if (tag.kind === "row") this.layout.closeRow();
        break;
      case "table":
        this.flush();
        if ((kept & OPENED) !== 0) this.layout.closeTable();
        break;
      case "pre":
        this.closeCode();
        break;
      case "quote":
        this.flush();
        this.quotes--;
        if ((kept & CONTAINER) !== 0) this.layout.closeContainer();
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

  /** A block element starts or ends: a new line in code, a space in a heading, else the end of the paragraph. */
  private boundary(): void {
    if (this.code.depth > 0) this.code.breakLine();
    else if (this.heading > 0) this.inline.addSpace();
    else this.flush();
  }

  /** Something that ends a heading too, closed or not. */
  private endHeading(): void {
    if (this.code.depth > 0) return;
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
    if (this.heading > 0) {
      if (this.heading === 1) this.meta.heading ??= markdown;
      const text = `${"#".repeat(this.heading)} ${markdown.replace(/ *\n/g, " ")}`;
      this.layout.put(text, hash, BlockFlag.heading);
    } else {
      const linked = linkChars > 0 && linkChars >= chars * MOSTLY;
      this.layout.put(guardStart(markdown), hash, linked ? BlockFlag.links : 0);
    }
  }

  private lineBreak(): void {
    if (this.code.depth > 0) this.code.addLine();
    else if (this.heading > 0) this.inline.addSpace();
    else if (this.inline.breakPending) this.flush();
    else this.inline.breakLine();
  }

  private openCode(language: string | undefined, lineElements: boolean): void {
    this.endHeading();
    this.code.open(language, lineElements);
  }

  private closeCode(): void {
    const block = this.code.close();
    if (block !== undefined) this.layout.put(block, hashText(this.code.text), BlockFlag.code);
  }

  private openItem(): number {
    this.endHeading();
    let kept = 0;
    if (!this.layout.inList) {
      this.layout.openList(false, 1);
      kept = OPENED;
    }
    return this.layout.openItem() ? kept | CONTAINER : kept;
  }

  private openTable(attributes: Attributes): number {
    this.endHeading();
    if (this.code.depth > 0) return 0;
    return this.layout.openTable(attributes.role === "presentation" || attributes.role === "none") ? OPENED : 0;
  }

  private openCell(tag: Tag, attributes: Attributes): void {
    if (!this.layout.inTable || this.code.depth > 0) {
      this.boundary();
      return;
    }
    this.betweenCells();
    this.layout.openCell(tag.name === "th", Number.parseInt(attributes.colspan ?? "1", 10));
    this.inline.strongMuted = tag.name === "th";
  }

  private betweenCells(): void {
    if (this.code.depth > 0) {
      this.boundary();
      return;
    }
    this.endHeading();
    this.layout.leaveCell();
  }

  private openLink(attributes: Attributes): void {
    const url = this.links.follow(attributes);
    if (this.code.depth > 0) return;
    if (url === undefined || attributes.href === undefined) this.inline.close("link");
    else this.inline.openLink(url, attributes.href.startsWith("#"));
  }

  private image(attributes: Attributes): void {
    if (this.code.depth > 0 || attributes.src === undefined) return;
    const alt = attributes.alt ?? "";
    const url = this.links.resolver.resolve(attributes.src.trim());
    if (url !== undefined) {
      this.inline.image(alt, url);
      return;
    }
    // Not to be shown, but described. The text method decodes entities, which are decoded already.
    const text = alt.replaceAll("&", "&amp;");
    if (text.trim() !== "") this.inline.text(text, 0, text.length);
  }
}

function startOf(start: string | undefined): number {
  const value = Number.parseInt(start ?? "1", 10);
  return Number.isFinite(value) && value >= 0 && value < 1_000_000_000 ? value : 1;
}

function clean(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
