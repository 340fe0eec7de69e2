import type { Attributes } from "./tokens.ts";
import { LinkResolver } from "./url.ts";

const MAX_LINKS = 10_000;

/** Where the links of a page lead: absolute, without fragment, each once, in order. */
export class PageLinks {
  readonly resolver: LinkResolver;
  private readonly urls = new Set<string>();

  constructor(page: string) {
    this.resolver = new LinkResolver(page);
  }

  get all(): string[] {
    return [...this.urls];
  }

  /** Notes a link unless it says nofollow; returns its absolute address with fragment, if it is one to show. */
  follow(attributes: Attributes): string | undefined {
    const href = (attributes.href ?? attributes.src)?.trim();
    const url = href === undefined ? undefined : this.resolver.resolve(href);
    if (url !== undefined && attributes.rel?.includes("nofollow") !== true) this.add(url);
    return url;
  }

  add(url: string): void {
    const hash = url.indexOf("#");
    if (this.urls.size < MAX_LINKS) this.urls.add(hash < 0 ? url : url.slice(0, hash));
  }
}
