import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";

/** A page of the fake site; everything is optional. */
export interface PageSpec {
  readonly title?: string;
  /** paragraphs, separated by blank lines */
  readonly text?: string;
  readonly links?: readonly string[];
  /** raw HTML inside <head> */
  readonly head?: string;
  /** the whole body instead of title, text and links */
  readonly body?: string | Uint8Array;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** null = no Content-Type at all */
  readonly type?: string | null;
  /** send no ETag and no Last-Modified */
  readonly plain?: boolean;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface Hit {
  /** path and query as asked for */
  readonly target: string;
  readonly status: number;
  readonly conditional: boolean;
  /** ms since 1970 */
  readonly at: number;
}

const listingPaths = new Set(["/", "/robots.txt", "/sitemap.xml"]);

/** A website with state, faults and a log: a real HTTP server on loopback. */
export class FakeWebsite implements FakeSource {
  readonly log: Hit[] = [];
  readonly counts = { listings: 0, reads: 0, total: 0 };
  /** extra settings for `metadata` */
  readonly settings: Record<string, string | number | boolean> = {};
  readonly #pages = new Map<string, PageSpec>();
  readonly #named = new Map<string, string>();
  readonly #handlers: { readonly pattern: RegExp; readonly handle: Handler }[] = [];
  readonly #sockets = new Set<Socket>();
  #faults: { fault: Fault; left: number }[] = [];
  #server: Server;
  #port: number;
  #host: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
    this.#port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  /** @param options.port 0 (default) takes a free one */
  static async start(options: { readonly port?: number; readonly host?: string } = {}): Promise<FakeWebsite> {
    const server = createServer({ keepAliveTimeout: 5_000 });
    const host = options.host ?? "127.0.0.1";
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port ?? 0, host, resolve);
    });
    return new FakeWebsite(server, host);
  }

  get origin(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get metadata(): Readonly<Record<string, string | number | boolean>> {
    return { startUrl: `${this.origin}/`, ...this.settings };
  }

  get allow(): readonly string[] {
    return [`${this.#host}:${this.#port}`];
  }

  /** Adds or replaces a page at exactly this path (and query). */
  page(path: string, spec: PageSpec = {}): this {
    this.#pages.set(path, spec);
    return this;
  }

  drop(path: string): this {
    this.#pages.delete(path);
    return this;
  }

  /** Answers every path that matches; later ones win over earlier ones and over pages. */
  on(pattern: RegExp, handle: Handler): this {
    this.#handlers.unshift({ pattern, handle });
    return this;
  }

  /** Takes the handlers of a pattern away again. */
  off(pattern: RegExp): this {
    for (let i = this.#handlers.length - 1; i >= 0; i--)
      if (this.#handlers[i]?.pattern.source === pattern.source) this.#handlers.splice(i, 1);
    return this;
  }

  robots(text: string): this {
    return this.page("/robots.txt", { body: text, type: "text/plain" });
  }

  redirect(from: string, to: string, status = 301): this {
    return this.page(from, { status, headers: { location: to }, body: "", plain: true });
  }

  /** how often a path (with query) was asked for */
  hits(target: string): number {
    return this.log.filter((hit) => hit.target === target).length;
  }

  /** paths that were asked for more than once */
  get repeated(): string[] {
    const seen = new Map<string, number>();
    for (const { target } of this.log) seen.set(target, (seen.get(target) ?? 0) + 1);
    return [...seen].filter(([, count]) => count > 1).map(([target]) => target);
  }

  // FakeSource: items are pages that the start page links to

  put(name: string, text: string): Promise<void> {
    this.#named.set(`/${encodeURIComponent(name)}`, text);
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.#named.delete(`/${encodeURIComponent(name)}`);
    return Promise.resolve();
  }

  expected(): ReadonlyMap<string, string> {
    const expected = new Map([[`${this.origin}/`, "All pages of this site"]]);
    for (const [path, text] of this.#named) {
      const url = new URL(path, this.origin);
      expected.set(url.href.replace(/%7E/g, "~"), text);
    }
    return expected;
  }

  fault(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults = [];
    this.log.length = 0;
    Object.assign(this.counts, { listings: 0, reads: 0, total: 0 });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? "/";
    const url = new URL(target, this.origin);
    const listing = listingPaths.has(url.pathname);
    this.counts.total++;
    if (listing) this.counts.listings++;
    else this.counts.reads++;
    const conditional = "if-none-match" in request.headers || "if-modified-since" in request.headers;
    response.on("finish", () => this.log.push({ target, status: response.statusCode, conditional, at: Date.now() }));
    const active = this.#faults.find(({ fault, left }) => {
      const on = "on" in fault ? fault.on : undefined;
      return left > 0 && (on === undefined || (on === "listing") === listing);
    });
    if (!active) return this.#serve(request, response, url, false);
    active.left--;
    switch (active.fault.kind) {
      case "status": {
        const { status, retryAfter } = active.fault;
        response.writeHead(status, {
          "content-type": "text/plain",
          ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
        });
        response.end(`status ${status}`);
        return;
      }
      case "unauthorized":
        response.writeHead(401, { "www-authenticate": "Basic" }).end();
        return;
      case "reset":
        request.socket.destroy();
        return;
      case "truncate":
        response.writeHead(200, { "content-type": "text/html", "content-length": "1000" });
        response.write("<p>half a page", () => request.socket.destroy());
        return;
      case "stall":
        return;
      case "empty":
        return this.#serve(request, response, url, true);
      case "latency":
        setTimeout(() => this.#serve(request, response, url, false), active.fault.ms).unref();
        return;
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse, url: URL, empty: boolean): void {
    const target = url.pathname + url.search;
    const handler = this.#handlers.find(({ pattern }) => pattern.test(target));
    if (handler) return handler.handle(request, response, url);
    this.serve(request, response, url, empty);
  }

  /** The page itself, past handlers and faults. */
  serve(request: IncomingMessage, response: ServerResponse, url: URL, empty = false): void {
    const target = url.pathname + url.search;
    const spec = empty ? { body: "<!doctype html><title></title>" } : this.#spec(target);
    if (!spec || (empty && url.pathname === "/robots.txt")) {
      response.writeHead(404, { "content-type": "text/html" }).end("<title>Not found</title><p>No such page.");
      return;
    }
    const body = typeof spec.body === "string" ? Buffer.from(spec.body) : (spec.body ?? Buffer.from(render(spec)));
    const headers: Record<string, string> = { ...spec.headers };
    if (spec.type !== null) headers["content-type"] ??= spec.type ?? "text/html; charset=utf-8";
    if (spec.plain !== true) {
      const etag = `"${createHash("sha1").update(body).digest("hex").slice(0, 16)}"`;
      headers["etag"] ??= etag;
      if ((spec.status ?? 200) === 200 && request.headers["if-none-match"] === headers["etag"]) {
        response.writeHead(304, { etag: headers["etag"] }).end();
        return;
      }
    }
    response.writeHead(spec.status ?? 200, headers);
    response.end(body);
  }

  #spec(target: string): PageSpec | undefined {
    const own = this.#pages.get(target);
    if (own) return own;
    if (target === "/") return { title: "Start", text: "All pages of this site", links: [...this.#named.keys()] };
    const text = this.#named.get(target);
    return text === undefined ? undefined : { title: decodeURIComponent(target.slice(1)), text };
  }
}

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/** An ordinary page: title, main text, links. */
export function render(spec: PageSpec): string {
  const title = escape(spec.title ?? "A page");
  const paragraphs = (spec.text ?? `Text of ${spec.title ?? "a page"}.`)
    .split(/\n\n+/)
    .map((paragraph) => `<p>${escape(paragraph)}</p>`)
    .join("\n");
  const links = (spec.links ?? []).map((link) => `<li><a href="${escape(link)}">${escape(link)}</a></li>`).join("\n");
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${spec.head ?? ""}</head>
<body><h1>${title}</h1>
${paragraphs}
${links === "" ? "" : `<ul>\n${links}\n</ul>`}
</body></html>`;
}
