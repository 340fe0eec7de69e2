import * as zlib from "node:zlib";
import { expect, test } from "vitest";
import { egressBench, egressFault } from "#lib/testing/egress.ts";
import { serve } from "#lib/testing/loopback.ts";
import type { Http, HttpRequest } from "./types.ts";

const body = Buffer.from("tributary ".repeat(20_000));

const bench = egressBench();

const read = async (http: Http, url: string, request: HttpRequest = {}): Promise<Uint8Array> =>
  (await http.request(url, { retries: 0, ...request })).bytes();

test("100 requests at once come in order of asking and share few sockets", async () => {
  const seen: string[] = [];
  const server = await serve((request, response) => {
    seen.push(request.url ?? "");
    setImmediate(() => response.end("ok"));
  });
  const http = bench.client([server], { pace: { perSecond: 0, concurrency: 8 } });
  const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
  const bodies = await Promise.all(paths.map((path) => read(http, server.origin + path)));
  expect(bodies).toHaveLength(100);
  expect(server.accepted()).toBeLessThanOrEqual(8);
  const place = seen.map((path, i) => Math.abs(Number(path.slice(1)) - i));
  expect(Math.max(...place)).toBeLessThanOrEqual(8);
});

test("discarding a small reply keeps the socket, a large one costs it", async () => {
  const server = await serve((request, response) => void response.end(Buffer.alloc(Number(request.url?.slice(1)))));
  const http = bench.client([server], { pace: { perSecond: 0, concurrency: 1 } });
  for (let i = 0; i < 5; i++) await (await http.request(`${server.origin}/60000`)).discard();
  expect(server.accepted()).toBe(1);
  await (await http.request(`${server.origin}/6000000`)).discard();
  await (await http.request(`${server.origin}/1`)).discard();
  expect(server.accepted()).toBe(2);
});

test("an abort ends waiting, reading and queueing requests at once, and its cause is kept", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/body") response.write("x");
  });
  const http = bench.client([server], { pace: { perSecond: 0, concurrency: 2 } });
  const stop = new AbortController();
  const reading = (await http.request(`${server.origin}/body`, { signal: stop.signal })).bytes();
  const waiting = http.request(`${server.origin}/head`, { signal: stop.signal });
  const queueing = http.request(`${server.origin}/queue`, { signal: stop.signal });
  const faults = [reading, waiting, queueing].map(egressFault);
  stop.abort(new Error("the run was cancelled"));
  for (const error of await Promise.all(faults)) {
    expect(error).toMatchObject({ kind: "aborted", cause: { message: "the run was cancelled" } });
  }
  expect((await egressFault(http.request(server.origin, { signal: stop.signal }))).kind).toBe("aborted");
});

test("the signal of the whole Http and close() stop everything", async () => {
  const server = await serve(() => {});
  const stop = new AbortController();
  const first = bench.client([server], { signal: stop.signal });
  const second = bench.client([server]);
  const faults = [first, second].map((http) => egressFault(http.request(server.origin)));
  stop.abort();
  await second.close();
  for (const error of await Promise.all(faults)) expect(error.kind).toBe("aborted");
  expect((await egressFault(first.request(server.origin))).kind).toBe("aborted");
  expect((await egressFault(second.request(server.origin))).kind).toBe("aborted");
});

test("hundreds of requests under one signal leave no listeners behind", async () => {
  const server = await serve((_, response) => void response.end("ok"));
  const http = bench.client([server]);
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warn);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 300 }, () => read(http, server.origin, { signal })));
  await new Promise(setImmediate);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});

test("counters hear of every reply with the bytes that came over the wire", async () => {
  const packed = zlib.gzipSync(body);
  const server = await serve((_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(packed));
  const heard: unknown[] = [];
  const http = bench.client([server], { onReply: (info) => heard.push(info) });
  await read(http, server.origin);
  expect(heard).toEqual([{ host: "127.0.0.1", status: 200, bytes: packed.length, ms: expect.any(Number) }]);
});

test("a body can be read once", async () => {
  const server = await serve((_, response) => void response.end("ok"));
  const reply = await bench.client([server]).request(server.origin);
  await reply.bytes();
  await expect(reply.bytes()).rejects.toThrow(TypeError);
});

test("bytes are in memory of their own, fit to be transferred", async () => {
  const server = await serve((_, response) => void response.end("hello"));
  const bytes = await read(bench.client([server]), server.origin);
  expect(bytes.byteOffset).toBe(0);
  expect(bytes.buffer.byteLength).toBe(5);
});

test("a header that cannot be sent is bad_url, never a second request line", async () => {
  const server = await serve((_, response) => void response.end("ok"));
  const http = bench.client([server]);
  const error = await egressFault(http.request(server.origin, { headers: { "x-a": "b\r\nGET / HTTP/1.1" } }));
  expect(error.kind).toBe("bad_url");
  expect((await egressFault(http.request(server.origin, { target: "/a b" }))).kind).toBe("bad_url");
  expect((await egressFault(http.request(server.origin, { target: "/\r\nx" }))).kind).toBe("bad_url");
  expect((await egressFault(http.request(server.origin, { target: "http://other/" }))).kind).toBe("bad_url");
  expect(server.accepted()).toBe(0);
});

test("a target is sent byte for byte; a URL is sent as the URL standard writes it", async () => {
  const server = await serve((request, response) => void response.end(request.url));
  const http = bench.client([server]);
  const sent = async (url: string, target?: string): Promise<string> =>
    (await http.request(url, target === undefined ? {} : { target })).text();
  for (const target of ["/b/../x", "/b/./y//z", "/b/%2E%2e/k?list-type=2&prefix=a%2Fb", "/b/a'b\"c{}|^`"]) {
    expect(await sent(`${server.origin}/`, target)).toBe(target);
    expect(await sent(`${server.origin}/b/other`, target)).toBe(target);
  }
  for (let i = 0; i < 2; i++) {
    expect(await sent(`${server.origin}/a/../b?x=1#part`)).toBe("/b?x=1");
    expect(await sent(`${server.origin}/a/%2e%2E/b`)).toBe("/b");
    expect(await sent(`${server.origin}/ä b"`)).toBe("/%C3%A4%20b%22");
  }
});

test("the caller cannot set the host, so that the address checked and the site asked for are one", async () => {
  const server = await serve((request, response) => void response.end(request.headers.host));
  const http = bench.client([server]);
  const reply = await http.request(server.origin, { headers: { Host: "internal.example.com" } });
  expect(await reply.text()).toBe(server.allow);
});

test("requests that insist on TLS do not go out in the clear, unless the operator allowed that place", async () => {
  const server = await serve((_, response) => void response.end("ok"));
  const http = bench.client([server]);
  expect(await read(http, server.origin, { secure: true })).toHaveLength(2);
  const error = await egressFault(http.request("http://example.com/", { secure: true }));
  expect(error).toMatchObject({ kind: "tls", message: expect.stringContaining("EGRESS_ALLOW=example.com:80") });
});
