import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";

/** A toy provider for tests of the engine: a real HTTP server that lists items in pages and serves their text. */
export interface ToySource extends FakeSource {
  /** items by id: text and version */
  readonly items: Map<string, { text: string; version: string }>;
  /** many at once: id prefix + number */
  fill(count: number, text?: (i: number) => string): void;
  /** pid of the process that asked last */
  readonly lastWorker: () => number;
  /** ids read since the last clear(), in order */
  readonly reads: string[];
  /** called before each answer; awaited */
  onRequest: (kind: "listing" | "read", id: string) => void | Promise<void>;
}

interface Active {
  readonly fault: Fault;
  left: number;
}

const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export async function startToySource(): Promise<ToySource> {
  const items = new Map<string, { text: string; version: string }>();
  const reads: string[] = [];
  const counts = { listings: 0, reads: 0, total: 0 };
  let faults: Active[] = [];
  let versions = 0;
  let lastWorker = 0;

  const put = (name: string, text: string): void => {
    items.set(name, { text, version: `v${++versions}` });
  };

  function hit(kind: "listing" | "read"): Fault | null {
    const active = faults.find(({ fault, left }) => left > 0 && (!("on" in fault) || !fault.on || fault.on === kind));
    if (!active) return null;
    active.left--;
    return active.fault;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://toy");
    const kind = url.pathname === "/list" ? "listing" : "read";
    const id = url.searchParams.get("id") ?? "";
    counts.total++;
    lastWorker = Number(request.headers["x-worker"] ?? 0);
    counts[kind === "listing" ? "listings" : "reads"]++;
    if (kind === "read") reads.push(id);
    await source.onRequest(kind, id);
    const fault = hit(kind);
    if (fault?.kind === "latency") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    else if (fault && fault.kind !== "empty") return fail(fault, response);
    if (kind === "listing") {
      const after = url.searchParams.get("after");
      const size = Number(url.searchParams.get("size") ?? 100);
      const ids = fault?.kind === "empty" ? [] : [...items.keys()].toSorted(order);
      const rest = after === null ? ids : ids.filter((key) => order(key, after) > 0);
      const page = rest.slice(0, size).map((key) => ({
        id: key,
        version: items.get(key)?.version ?? "",
        bytes: Buffer.byteLength(items.get(key)?.text ?? ""),
      }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ page, more: rest.length > size }));
      return;
    }
    const item = items.get(id);
    if (!item) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", "text/plain");
    response.end(item.text);
  }

  function fail(fault: Fault, response: ServerResponse): void {
    switch (fault.kind) {
      case "status":
        response.writeHead(fault.status, fault.retryAfter ? { "retry-after": fault.retryAfter } : {}).end();
        return;
      case "unauthorized":
        response.writeHead(401).end();
        return;
      case "reset":
        response.socket?.resetAndDestroy();
        return;
      case "truncate":
        response.writeHead(200, { "content-length": "1000" });
        response.write("half");
        response.socket?.end();
        return;
      case "stall":
        response.writeHead(200, { "content-length": "1000" });
        response.write("half");
    }
  }

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const source: ToySource = {
    metadata: { url: `http://127.0.0.1:${port}`, token: "toy-token-secret" },
    allow: [`127.0.0.1:${port}`],
    items,
    reads,
    counts,
    lastWorker: () => lastWorker,
    onRequest: () => {},
    async put(name, text) {
      put(name, text);
    },
    async remove(name) {
      items.delete(name);
    },
    fill(count, text = (i) => `text of item ${i}`) {
      for (let i = 0; i < count; i++) put(`item-${String(i).padStart(6, "0")}`, text(i));
    },
    expected: () => new Map([...items].map(([id, item]) => [id, item.text])),
    fault(fault) {
      faults.push({ fault, left: fault.times });
    },
    clear() {
      faults = [];
      reads.length = 0;
      counts.listings = 0;
      counts.reads = 0;
      counts.total = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}
