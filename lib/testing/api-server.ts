import { readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { env } from "#lib/env.ts";
import { createFront, stopFront } from "#lib/server/front.ts";
import { replyCheck, type ReplyCheck } from "./reply-check.ts";

type Handler = (request: Request) => Promise<Response>;

interface Entry {
  /** path segments below app/: literal, `[name]` or `[...name]` */
  readonly segments: readonly string[];
  readonly module: Readonly<Record<string, Handler>>;
}

export interface ApiServer {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  /** @throws Error naming every reply since the last call that was not as the API's description says */
  requireDescribed(): void;
  /** @throws as requireDescribed */
  close(): Promise<void>;
}

const root = path.resolve(import.meta.dirname, "../../app");

/**
 * The API of app/v3 and app/v4 on a loopback port, behind the product's own front server but without a build of Next: routes are
 * the files of the folder, as Next reads them. For tests that need real HTTP, such as those with the official client.
 */
export async function startApiServer(): Promise<ApiServer> {
  const entries = await readEntries();
  const watch = replyWatch();
  const server = createFront((request, response) => serve(entries, request, response, watch), {
    appUrl: env().APP_URL,
    trustedProxies: env().TRUST_PROXY,
    dev: false,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requireDescribed: watch.require,
    async close() {
      await stopFront(server, 1_000);
      watch.require();
    },
  };
}

/** Larger bodies are not held in memory only to look at them. */
const lookedAtMax = 4_000_000;

interface ReplyWatch {
  /** sends the reply on, and looks at it when it is complete */
  see(request: Request, reply: Response, send: (chunk: Uint8Array) => void): Promise<void>;
  require(): void;
}

function replyWatch(): ReplyWatch {
  const problems: string[] = [];
  let check: ReplyCheck | undefined;
  return {
    async see(request, reply, send) {
      const json = reply.headers.get("content-type") === "application/json";
      let kept: Uint8Array[] | undefined = [];
      let bytes = 0;
      for await (const chunk of reply.body ?? []) {
        send(chunk);
        bytes += chunk.byteLength;
        if (!json || bytes > lookedAtMax) kept = undefined;
        kept?.push(chunk);
      }
      // Not before the first reply: tests put their own connectors in place first.
      check ??= replyCheck();
      const { status, headers } = reply;
      const { pathname } = new URL(request.url);
      const body = kept && Buffer.concat(kept).toString();
      const problem = check.problemOf({ method: request.method, path: pathname, status, headers, body });
      if (problem) problems.push(`${request.method} ${pathname}: the reply ${problem}\n${body?.slice(0, 500) ?? ""}`);
    },
    require() {
      const found = problems.splice(0);
      if (found.length > 0) throw new Error(`replies that are not as the API is described:\n${found.join("\n")}`);
    },
  };
}

async function readEntries(): Promise<readonly Entry[]> {
  const all = await Promise.all(
    ["v3", "v4"].map(async (version) =>
      (await readdir(path.join(root, version), { recursive: true })).map((file) => path.join(version, file)),
    ),
  );
  const files = all.flat().filter((file) => path.basename(file) === "route.ts");
  const entries = await Promise.all(
    files.map(async (file): Promise<Entry> => {
      const segments = path.dirname(file).split(path.sep);
      return { segments, module: await import(/* @vite-ignore */ pathToFileURL(path.join(root, file)).href) };
    }),
  );
  // Literal names win over parameters, parameters over the rest.
  return entries.sort((a, b) => weight(a.segments).localeCompare(weight(b.segments)));
}

function weight(segments: readonly string[]): string {
  return segments.map((s) => (s.startsWith("[...") ? "2" : s.startsWith("[") ? "1" : "0")).join("") || "0";
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.at(-1)?.startsWith("[...")) return segments.length >= pattern.length;
  return pattern.length === segments.length && pattern.every((part, i) => part.startsWith("[") || part === segments[i]);
}

async function serve(
  entries: readonly Entry[],
  request: IncomingMessage,
  response: ServerResponse,
  watch: ReplyWatch,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost:3000");
  const segments = url.pathname.split("/").slice(1);
  const entry = entries.find((e) => matches(e.segments, segments));
  const handler = entry?.module[request.method ?? ""];
  if (!handler) {
    response.writeHead(entry ? 405 : 404).end();
    return;
  }
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  const asked = new Request(url, {
    method: request.method ?? "GET",
    headers,
    ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream<Uint8Array>, duplex: "half" } : {}),
  } as RequestInit);
  const reply = await handler(asked);
  for (const [name, value] of reply.headers) response.setHeader(name, value);
  response.writeHead(reply.status);
  await watch.see(asked, reply, (chunk) => response.write(chunk));
  response.end();
}
