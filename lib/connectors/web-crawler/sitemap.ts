import { SaxesParser } from "saxes";

/**
 * One sitemap file → its addresses (sitemaps.org protocol: urlset, sitemapindex, or a plain list). The XML parser knows no
 * external entities; a document type declaration ends the reading, because no sitemap needs one and every XML bomb does.
 */

export const maxSitemapUrls = 50_000;
export const maxSitemapBytes = 50 * 1024 * 1024;

export interface SitemapEntry {
  readonly address: string;
  /** ms since 1970; undefined if absent, unreadable or in the future */
  readonly modified: number | undefined;
}

export interface SitemapContent {
  readonly pages: readonly SitemapEntry[];
  readonly children: readonly string[];
  /** why the rest was not read */
  readonly problem: string | undefined;
}

export class SitemapReader {
  readonly #parser: SaxesParser;
  readonly #decoder: TextDecoder;
  readonly #pages: SitemapEntry[] = [];
  readonly #children: string[] = [];
  readonly #max: number;
  readonly #now: number;
  #problem: string | undefined;
  #index = false;
  #text = "";
  #field: "loc" | "lastmod" | null = null;
  #loc = "";
  #lastmod = "";
  #plain: string | null = null;
  #begun = false;
  /** until it is clear what the file is */
  #head = "";

  /** @param max addresses to take; @param now ms since 1970 */
  constructor(max: number, now: number) {
    this.#max = Math.min(max, maxSitemapUrls);
    this.#now = now;
    this.#decoder = new TextDecoder("utf-8");
    this.#parser = new SaxesParser({ xmlns: false, fragment: false });
    this.#parser.on("doctype", () => this.#stop("it has a document type declaration"));
    this.#parser.on("error", (error) => this.#stop(`it is not well-formed XML (${error.message.slice(0, 120)})`));
    this.#parser.on("opentag", (tag) => {
      const name = local(tag.name);
      if (name === "sitemapindex") this.#index = true;
      if (name === "url" || name === "sitemap") this.#loc = this.#lastmod = "";
      // image:loc and video:*_loc name other things
      this.#field = tag.name === name && (name === "loc" || name === "lastmod") ? name : null;
      this.#text = "";
    });
    const text = (chunk: string): void => {
      if (this.#field && this.#text.length < 4096) this.#text += chunk;
    };
    this.#parser.on("text", text);
    this.#parser.on("cdata", text);
    this.#parser.on("closetag", (tag) => {
      const name = local(tag.name);
      if (this.#field === "loc") this.#loc = this.#text.trim();
      if (this.#field === "lastmod") this.#lastmod = this.#text.trim();
      this.#field = null;
      if (tag.name === name && (name === "url" || name === "sitemap")) this.#take();
    });
  }

  /** true when there is nothing more to learn: stop reading */
  get finished(): boolean {
    return this.#problem !== undefined;
  }

  write(chunk: Uint8Array): void {
    this.#feed(this.#decoder.decode(chunk, { stream: true }));
  }

  end(problem?: string): SitemapContent {
    if (problem !== undefined) this.#stop(problem);
    this.#feed(this.#decoder.decode(), true);
    if (this.#plain !== null) this.#readLine(this.#plain);
    else if (!this.finished) {
      try {
        this.#parser.close();
      } catch {
        this.#stop("it ends early");
      }
    }
    return { pages: this.#pages, children: this.#children, problem: this.#problem };
  }

  #feed(text: string, last = false): void {
    if (this.finished) return;
    let rest = text;
    if (!this.#begun) {
      this.#head = (this.#head + text).replace(/^\uFEFF/, "").trimStart();
      if (this.#head.length < "https://".length && !last) return;
      this.#begun = true;
      rest = this.#head;
      if (/^https?:\/\//i.test(rest)) this.#plain = "";
      else if (!rest.startsWith("<")) return this.#stop("it is neither XML nor a list of addresses");
    }
    if (this.#plain === null) {
      this.#parser.write(rest);
      return;
    }
    const lines = (this.#plain + rest).split(/\r\n|\r|\n/);
    this.#plain = (lines.pop() ?? "").slice(0, 4096);
    for (const line of lines) this.#readLine(line);
  }

  #readLine(line: string): void {
    this.#loc = line.trim();
    this.#lastmod = "";
    this.#take();
  }

  #take(): void {
    if (this.finished || this.#loc === "" || this.#loc.length > 2048) return;
    if (this.#pages.length + this.#children.length >= this.#max) {
      this.#stop(`it has more than ${this.#max} addresses`);
      return;
    }
    if (this.#index) this.#children.push(this.#loc);
    else this.#pages.push({ address: this.#loc, modified: this.#date() });
    this.#loc = "";
  }

  #date(): number | undefined {
    if (!/^\d{4}(?:-\d{2}){0,2}/.test(this.#lastmod)) return undefined;
    const at = Date.parse(this.#lastmod);
    return Number.isFinite(at) && at > 0 && at <= this.#now ? at : undefined;
  }

  #stop(problem: string): void {
    this.#problem ??= problem;
  }
}

const local = (name: string): string => name.slice(name.indexOf(":") + 1);
