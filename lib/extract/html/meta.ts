import type { Page } from "../types.ts";
import type { Tag } from "./tags.ts";
import type { Attributes } from "./tokens.ts";
import type { LinkResolver } from "./url.ts";

/** What the head of a page says about it. */
export class Meta {
  title: string | undefined;
  /** the first h1, as Markdown */
  heading: string | undefined;
  /** target of a `<meta http-equiv=refresh>` */
  refresh: string | undefined;
  private socialTitle: string | undefined;
  private description: string | undefined;
  private lang: string | undefined;
  private canonical: string | undefined;
  private noindex = false;
  private nofollow = false;
  private hasBase = false;
  private readonly resolver: LinkResolver;

  constructor(resolver: LinkResolver) {
    this.resolver = resolver;
  }

  read(tag: Tag, attributes: Attributes): void {
    switch (tag.kind) {
      case "html":
        if (attributes.lang !== undefined && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(attributes.lang.trim())) {
          this.lang ??= attributes.lang.trim();
        }
        break;
      case "base":
        if (attributes.href !== undefined && !this.hasBase) {
          this.hasBase = true;
          this.resolver.useBase(attributes.href.trim());
        }
        break;
      case "linkrel":
        if (attributes.href !== undefined && attributes.rel?.split(/\s+/).includes("canonical") === true) {
          this.canonical ??= this.resolver.resolve(attributes.href.trim());
        }
        break;
      case "meta":
        this.readMeta(attributes);
        break;
      default:
    }
  }

  get result(): Pick<Page, "title" | "description" | "lang" | "canonical" | "noindex" | "nofollow"> {
    const title = this.title || this.socialTitle || this.heading || "";
    return {
      title: bounded(title, 1000),
      ...(this.description !== undefined && { description: bounded(this.description, 2000) }),
      ...(this.lang !== undefined && { lang: this.lang }),
      ...(this.canonical !== undefined && { canonical: this.canonical }),
      noindex: this.noindex,
      nofollow: this.nofollow,
    };
  }

  private readMeta(attributes: Attributes): void {
    const { content } = attributes;
    if (content === undefined) return;
    const text = content.replace(/\s+/g, " ").trim();
    switch (attributes.name?.trim().toLowerCase()) {
      case "description":
        if (text !== "") this.description ??= text;
        break;
      case "robots":
        for (const rule of text.toLowerCase().split(/[\s,]+/)) {
          if (rule === "noindex" || rule === "none") this.noindex = true;
          if (rule === "nofollow" || rule === "none") this.nofollow = true;
        }
        break;
      default:
    }
    if (attributes.property === "og:title" && text !== "") this.socialTitle ??= text;
    if (attributes.property === "og:description" && text !== "") this.description ??= text;
    if (attributes.httpEquiv === "refresh") {
      const target = /^\s*[\d.]*\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i.exec(content)?.[1];
      if (target !== undefined) this.refresh ??= this.resolver.resolve(target.trim());
    }
  }
}

/** At most `length` characters, never half of a surrogate pair. */
function bounded(text: string, length: number): string {
  return text.length <= length
    ? text
    : text
        .slice(0, length)
        .toWellFormed()
        .replace(/\ufffd$/, "")
        .trimEnd();
}
