import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { drain, egressBench, egressFault } from "#lib/testing/egress.ts";
import { serve, serveRaw } from "#lib/testing/loopback.ts";
import type { Http, HttpRequest } from "./types.ts";

const bench = egressBench();

const read = async (http: Http, url: string, request: HttpRequest = {}): Promise<Uint8Array> =>
  (await http.request(url, { retries: 0, ...request })).bytes();

/** Answers every request on a socket with the same bytes. */
const answers = (...parts: (string | Uint8Array)[]) =>
  serveRaw((socket) => {
    socket.on("data", () => {
      for (const part of parts) socket.write(part);
    });
  });

const zeros = 200 * 1024 * 1024;
const body = Buffer.from("tributary ".repeat(20_000));
const encoders = {
  gzip: zlib.gzipSync,
  "x-gzip": zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: (bytes: Uint8Array) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: zlib.zstdCompressSync,
};

describe("decoding", () => {
  test.each(Object.entries(encoders))("%s is undone, whole and as a stream", async (name, encode) => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": name }).end(encode(body));
    });
    const http = bench.client([server]);
    const url = `${server.origin}/`;
    expect(Buffer.from(await read(http, url))).toEqual(body);
    expect(await drain((await http.request(url)).stream())).toBe(body.length);
  });

  test("deflate without its zlib header, two codings in a row and S3's aws-chunked are understood", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/raw") response.setHeader("content-encoding", "deflate").end(zlib.deflateRawSync(body));
      else if (request.url === "/two")
        response.setHeader("content-encoding", "gzip, br").end(zlib.brotliCompressSync(zlib.gzipSync(body)));
      else response.setHeader("content-encoding", "aws-chunked").end(body);
    });
    const http = bench.client([server]);
    for (const path of ["/raw", "/two", "/aws"]) {
      expect(Buffer.from(await read(http, server.origin + path)), path).toEqual(body);
      expect(await drain((await http.request(server.origin + path)).stream()), path).toBe(body.length);
    }
  });

  test("an unknown coding, plain text called gzip and data that ends early are bad_encoding", async () => {
    const server = await serve((request, response) => {
      const coding = request.url === "/unknown" ? "rot13" : "gzip";
      const bytes = zlib.gzipSync(body);
      response.setHeader("content-encoding", coding);
      response.end(request.url === "/early" ? bytes.subarray(0, bytes.length - 9) : body);
    });
    const http = bench.client([server]);
    for (const path of ["/unknown", "/plain", "/early"]) {
      expect((await egressFault(read(http, server.origin + path))).kind, path).toBe("bad_encoding");
      const streamed = http.request(server.origin + path).then((reply) => drain(reply.stream()));
      expect((await egressFault(streamed)).kind, path).toBe("bad_encoding");
    }
  });

  test("replies without a body are not decoded", async () => {
    const server = await serve((request, response) => {
      response.writeHead(request.url === "/304" ? 304 : 200, { "content-encoding": "gzip" }).end();
    });
    const http = bench.client([server]);
    expect(await read(http, `${server.origin}/304`)).toHaveLength(0);
    expect(await read(http, `${server.origin}/`, { method: "HEAD" })).toHaveLength(0);
    expect(await read(http, `${server.origin}/`)).toHaveLength(0);
  });

  test("text is UTF-8 without its byte order mark", async () => {
    const server = await serve((_, response) => void response.end("\ufeffgrüße"));
    expect(await (await bench.client([server]).request(server.origin)).text()).toBe("grüße");
  });
});

describe("size", () => {
  test.each(["gzip", "br", "zstd"] as const)("200 MB of zeros in %s stop at the cap with flat memory", async (name) => {
    const bomb = encoders[name](Buffer.alloc(zeros));
    expect(bomb.length).toBeLessThan(300_000);
    const server = await serve((_, response) => void response.writeHead(200, { "content-encoding": name }).end(bomb));
    const http = bench.client([server]);
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 1);
    try {
      expect((await egressFault(read(http, server.origin))).kind).toBe("too_large");
      const began = await http.request(server.origin);
      expect((await egressFault(drain(began.stream()))).kind).toBe("too_large");
    } finally {
      clearInterval(watch);
    }
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("a bomb in a bomb stops at the cap too", async () => {
    const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(zeros)));
    const server = await serve((_, response) => void response.setHeader("content-encoding", "gzip, gzip").end(bomb));
    expect((await egressFault(read(bench.client([server]), server.origin))).kind).toBe("too_large");
  });

  test("a body of exactly maxBytes is read, one byte more is too_large, with and without a promised length", async () => {
    const server = await serve((request, response) => {
      const bytes = Buffer.alloc(Number(request.url?.slice(2)));
      if (request.url?.startsWith("/c")) response.write(bytes.subarray(0, 10));
      response.end(request.url?.startsWith("/c") ? bytes.subarray(10) : bytes);
    });
    const http = bench.client([server]);
    for (const kind of ["c", "l"]) {
      expect(await read(http, `${server.origin}/${kind}100000`, { maxBytes: 100_000 })).toHaveLength(100_000);
      const error = await egressFault(read(http, `${server.origin}/${kind}100001`, { maxBytes: 100_000 }));
      expect(error.kind).toBe("too_large");
    }
  });

  test("an endless body is cut at the cap and its socket closed", async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const server = await serve((_, response) => {
      const pour = (): void => {
        while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
      };
      response.on("drain", pour).on("close", () => closed?.());
      pour();
    });
    expect((await egressFault(read(bench.client([server]), server.origin, { maxBytes: 1_000_000 }))).kind).toBe(
      "too_large",
    );
    await gone;
  });

  test("a stream is read no faster than its reader takes it", async () => {
    let sent = 0;
    const server = await serve((_, response) => {
      const pour = (): void => {
        while (sent < 50_000_000) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return;
        }
        response.end();
      };
      response.on("drain", pour);
      pour();
    });
    const reply = await bench.client([server]).request(server.origin, { maxBytes: 100_000_000 });
    const chunks = reply.stream()[Symbol.asyncIterator]();
    await chunks.next();
    for (let last = -1; last !== sent; await new Promise((resolve) => setTimeout(resolve, 50))) last = sent;
    expect(sent).toBeLessThan(20_000_000);
    await chunks.return?.();
  });

  test("more than 64 kB of headers is too_large", async () => {
    const server = await answers(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}\r\ncontent-length: 0\r\n\r\n`);
    expect((await egressFault(read(bench.client([server]), server.origin))).kind).toBe("too_large");
  });
});
