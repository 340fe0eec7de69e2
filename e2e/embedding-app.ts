import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An application that embeds the product: people come back to it with the result in the address. */
export class EmbeddingApp {
  /** addresses people came back with, in order */
  readonly returns: URL[] = [];
  /** what browsers said about where they came from */
  readonly referrers: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", this.origin);
      if (url.pathname === "/connected") {
        this.returns.push(url);
        this.referrers.push(request.headers.referer);
      }
      response
        .writeHead(url.pathname === "/connected" ? 200 : 404, { "content-type": "text/html; charset=utf-8" })
        .end(
          "<!doctype html><html lang=en><link rel=icon href='data:,'><title>Embedding application</title><h1>Back in the application</h1>",
        );
    });
  }

  static async start(): Promise<EmbeddingApp> {
    const app = new EmbeddingApp();
    await new Promise<void>((resolve) => {
      app.#server.listen(0, "127.0.0.1", resolve);
    });
    return app;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get redirectUrl(): string {
    return `${this.origin}/connected?session=s1`;
  }

  /** The last return's parameters, in the order of the address. */
  get last(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.returns.at(-1)?.searchParams ?? []);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
