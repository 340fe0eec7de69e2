import { createServer as createNetServer } from "node:net";
import type { Socket } from "node:net";
import * as zlib from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { serve, serveRaw, type Loopback } from "#lib/testing/loopback.ts";
import { createHttp, type ClosableHttp } from "./http.ts";
import { EgressError, type HttpOptions, type HttpRequest } from "./types.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function client(server: Loopback, options: Partial<HttpOptions> = {}): ClosableHttp {
  const http = createHttp({ allow: [server.allow], userAgent: "test", retryBaseMs: 1, ...options });
  open.push(server, http);
  return http;
}

async function fault(act: Promise<unknown>): Promise<EgressError> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EgressError) return error;
  throw new Error("expected an EgressError", { cause: error });
}

const read = async (http: ClosableHttp, url: string, request: HttpRequest = {}) =>
  (await http.request(url, { retries: 0, ...request })).bytes();

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}

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
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
};

describe("decoding", () => {
  test.each(Object.entries(encoders))("%s is undone, whole and as a stream", async (name, encode) => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": name }).end(encode(body));
    });
    const http = client(server);
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
    const http = client(server);
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
    const http = client(server);
    for (const path of ["/unknown", "/plain", "/early"]) {
      expect((await fault(read(http, server.origin + path))).kind, path).toBe("bad_encoding");
      const streamed = http.request(server.origin + path).then((reply) => drain(reply.stream()));
      expect((await fault(streamed)).kind, path).toBe("bad_encoding");
    }
  });

  test("replies without a body are not decoded", async () => {
    const server = await serve((request, response) => {
      response.writeHead(request.url === "/304" ? 304 : 200, { "content-encoding": "gzip" }).end();
    });
    const http = client(server);
    expect(await read(http, `${server.origin}/304`)).toHaveLength(0);
    expect(await read(http, `${server.origin}/`, { method: "HEAD" })).toHaveLength(0);
    expect(await read(http, `${server.origin}/`)).toHaveLength(0);
  });

  test("text is UTF-8 without its byte order mark", async () => {
    const server = await serve((_, response) => void response.end("\ufeffgrüße"));
    expect(await (await client(server).request(server.origin)).text()).toBe("grüße");
  });
});

describe("size", () => {
  test.each(["gzip", "br", "zstd"] as const)("200 MB of zeros in %s stop at the cap with flat memory", async (name) => {
    const bomb = encoders[name](Buffer.alloc(zeros));
    expect(bomb.length).toBeLessThan(300_000);
    const server = await serve((_, response) => void response.writeHead(200, { "content-encoding": name }).end(bomb));
    const http = client(server);
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 1);
    try {
      expect((await fault(read(http, server.origin))).kind).toBe("too_large");
      const began = await http.request(server.origin);
      expect((await fault(drain(began.stream()))).kind).toBe("too_large");
    } finally {
      clearInterval(watch);
    }
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
  });

  test("a bomb in a bomb stops at the cap too", async () => {
    const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(zeros)));
    const server = await serve((_, response) => void response.setHeader("content-encoding", "gzip, gzip").end(bomb));
    expect((await fault(read(client(server), server.origin))).kind).toBe("too_large");
  });

  test("a body of exactly maxBytes is read, one byte more is too_large, with and without a promised length", async () => {
    const server = await serve((request, response) => {
      const bytes = Buffer.alloc(Number(request.url?.slice(2)));
      if (request.url?.startsWith("/c")) response.write(bytes.subarray(0, 10));
      response.end(request.url?.startsWith("/c") ? bytes.subarray(10) : bytes);
    });
    const http = client(server);
    for (const kind of ["c", "l"]) {
      expect(await read(http, `${server.origin}/${kind}100000`, { maxBytes: 100_000 })).toHaveLength(100_000);
      const error = await fault(read(http, `${server.origin}/${kind}100001`, { maxBytes: 100_000 }));
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
    expect((await fault(read(client(server), server.origin, { maxBytes: 1_000_000 }))).kind).toBe("too_large");
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
    const reply = await client(server).request(server.origin, { maxBytes: 100_000_000 });
    const chunks = reply.stream()[Symbol.asyncIterator]();
    await chunks.next();
    for (let last = -1; last !== sent; await new Promise((resolve) => setTimeout(resolve, 50))) last = sent;
    expect(sent).toBeLessThan(20_000_000);
    await chunks.return?.();
  });

  test("more than 64 kB of headers is too_large", async () => {
    const server = await answers(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(70_000)}\r\ncontent-length: 0\r\n\r\n`);
    expect((await fault(read(client(server), server.origin))).kind).toBe("too_large");
  });
});

describe("time", () => {
  const limits = { connectTimeoutMs: 2_000, headersTimeoutMs: 200, idleTimeoutMs: 200, totalTimeoutMs: 5_000 };

  test("a server that accepts and is silent: timeout before the headers", async () => {
    const server = await serveRaw(() => {});
    const error = await fault(read(client(server), server.origin, limits));
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("did not answer within 200 ms") });
  });

  test("a server that drips its headers for ever: timeout all the same", async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      timers.push(setInterval(() => socket.writable && socket.write("x-drip: 1\r\n"), 20));
    });
    try {
      expect((await fault(read(client(server), server.origin, limits))).kind).toBe("timeout");
    } finally {
      timers.forEach(clearInterval);
    }
  });

  test("a body that stalls at 99 %: timeout after the idle time", async () => {
    const server = await answers(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${"a".repeat(99)}`);
    const error = await fault(read(client(server), server.origin, limits));
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("in the middle of its reply") });
  });

  test("a body of one byte now and then is ended by the total time", async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      timers.push(setInterval(() => socket.writable && socket.write("a"), 20));
    });
    try {
      const error = await fault(read(client(server), server.origin, { ...limits, totalTimeoutMs: 600 }));
      expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("in all") });
    } finally {
      timers.forEach(clearInterval);
    }
  });

  test("a reply nobody reads is given up after the total time, and its turn is free again", async () => {
    const server = await serve((_, response) => void response.end(Buffer.alloc(5_000_000)));
    const http = client(server, { pace: { perSecond: 0, concurrency: 1 } });
    const forgotten = await http.request(server.origin, { totalTimeoutMs: 300 });
    expect(await read(http, server.origin)).toHaveLength(5_000_000);
    expect((await fault(forgotten.bytes())).kind).toBe("timeout");
  });

  test("others go on while one server is silent", async () => {
    const silent = await serveRaw(() => {});
    const quick = await serve((_, response) => void response.end("ok"));
    open.push(silent);
    const http = client(quick, { allow: [quick.allow, silent.allow], pace: { perSecond: 0, concurrency: 4 } });
    const stuck = fault(read(http, silent.origin, limits));
    for (let i = 0; i < 10; i++) expect(await read(http, quick.origin)).toHaveLength(2);
    expect((await stuck).kind).toBe("timeout");
  });
});

const outcome = async (handle: (socket: Socket) => void): Promise<string> => {
  const server = await serveRaw((socket) => {
    socket.once("data", () => handle(socket));
  });
  const http = client(server);
  const whole = (await fault(read(http, server.origin))).kind;
  const streamed = http.request(server.origin, { retries: 0 }).then((reply) => drain(reply.stream()));
  expect((await fault(streamed)).kind).toBe(whole);
  return whole;
};

const reset = (s: Socket): void =>
  void s.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc", () => setTimeout(() => s.resetAndDestroy(), 20));

describe("broken replies", () => {
  test("fewer bytes than promised is truncated", async () => {
    expect(await outcome((s) => s.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"))).toBe("truncated");
  });
  test("chunks without their end are truncated", async () => {
    expect(await outcome((s) => s.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"))).toBe(
      "truncated",
    );
  });
  test("a connection closed before any answer is reset", async () => {
    expect(await outcome((s) => s.end())).toBe("reset");
    expect(await outcome((s) => s.resetAndDestroy())).toBe("reset");
  });
  test("a connection reset in the body is reset", async () => {
    expect(await outcome(reset)).toBe("reset");
  });
  test("something that is not HTTP is bad_encoding", async () => {
    expect(await outcome((s) => s.end("SSH-2.0-OpenSSH_9.6\r\n"))).toBe("bad_encoding");
  });
  test("two different lengths are refused", async () => {
    const both = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello";
    expect(["bad_encoding", "truncated"]).toContain(await outcome((s) => s.end(both)));
  });
  test("a body without length ends where the connection ends", async () => {
    const server = await serveRaw((socket) => {
      socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\n\r\nwhole"));
    });
    expect(Buffer.from(await read(client(server), server.origin)).toString()).toBe("whole");
  });
  test("nothing listens: connect, and the sentence says so", async () => {
    const server = await serve(() => {});
    await server.close();
    const error = await fault(read(client(server), server.origin));
    expect(error.kind).toBe("connect");
    expect(error.message).toMatch(/^127\.0\.0\.1 refused the connection/);
  });
});

describe("use", () => {
  test("100 requests at once come in order of asking and share few sockets", async () => {
    const seen: string[] = [];
    const server = await serve((request, response) => {
      seen.push(request.url ?? "");
      setImmediate(() => response.end("ok"));
    });
    const http = client(server, { pace: { perSecond: 0, concurrency: 8 } });
    const paths = Array.from({ length: 100 }, (_, i) => `/${i}`);
    const bodies = await Promise.all(paths.map((path) => read(http, server.origin + path)));
    expect(bodies).toHaveLength(100);
    expect(server.accepted()).toBeLessThanOrEqual(8);
    const place = seen.map((path, i) => Math.abs(Number(path.slice(1)) - i));
    expect(Math.max(...place)).toBeLessThanOrEqual(8);
  });

  test("discarding a small reply keeps the socket, a large one costs it", async () => {
    const server = await serve((request, response) => void response.end(Buffer.alloc(Number(request.url?.slice(1)))));
    const http = client(server, { pace: { perSecond: 0, concurrency: 1 } });
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
    const http = client(server, { pace: { perSecond: 0, concurrency: 2 } });
    const stop = new AbortController();
    const reading = (await http.request(`${server.origin}/body`, { signal: stop.signal })).bytes();
    const waiting = http.request(`${server.origin}/head`, { signal: stop.signal });
    const queueing = http.request(`${server.origin}/queue`, { signal: stop.signal });
    const faults = [reading, waiting, queueing].map(fault);
    stop.abort(new Error("the run was cancelled"));
    for (const error of await Promise.all(faults)) {
      expect(error).toMatchObject({ kind: "aborted", cause: { message: "the run was cancelled" } });
    }
    expect((await fault(http.request(server.origin, { signal: stop.signal }))).kind).toBe("aborted");
  });

  test("the signal of the whole Http and close() stop everything", async () => {
    const server = await serve(() => {});
    const stop = new AbortController();
    const first = client(server, { signal: stop.signal });
    const second = client(server);
    const faults = [first, second].map((http) => fault(http.request(server.origin)));
    stop.abort();
    await second.close();
    for (const error of await Promise.all(faults)) expect(error.kind).toBe("aborted");
    expect((await fault(first.request(server.origin))).kind).toBe("aborted");
    expect((await fault(second.request(server.origin))).kind).toBe("aborted");
  });

  test("hundreds of requests under one signal leave no listeners behind", async () => {
    const server = await serve((_, response) => void response.end("ok"));
    const http = client(server);
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
    const server = await serve(
      (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(packed),
    );
    const heard: unknown[] = [];
    const http = client(server, { onReply: (info) => heard.push(info) });
    await read(http, server.origin);
    expect(heard).toEqual([{ host: "127.0.0.1", status: 200, bytes: packed.length, ms: expect.any(Number) }]);
  });

  test("a body can be read once", async () => {
    const server = await serve((_, response) => void response.end("ok"));
    const reply = await client(server).request(server.origin);
    await reply.bytes();
    await expect(reply.bytes()).rejects.toThrow(TypeError);
  });

  test("bytes are in memory of their own, fit to be transferred", async () => {
    const server = await serve((_, response) => void response.end("hello"));
    const bytes = await read(client(server), server.origin);
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(5);
  });

  test("a header that cannot be sent is bad_url, never a second request line", async () => {
    const server = await serve((_, response) => void response.end("ok"));
    const http = client(server);
    const error = await fault(http.request(server.origin, { headers: { "x-a": "b\r\nGET / HTTP/1.1" } }));
    expect(error.kind).toBe("bad_url");
    expect((await fault(http.request(server.origin, { target: "/a b" }))).kind).toBe("bad_url");
    expect((await fault(http.request(server.origin, { target: "/\r\nx" }))).kind).toBe("bad_url");
    expect((await fault(http.request(server.origin, { target: "http://other/" }))).kind).toBe("bad_url");
    expect(server.accepted()).toBe(0);
  });

  test("a target is sent byte for byte; a URL is sent as the URL standard writes it", async () => {
    const server = await serve((request, response) => void response.end(request.url));
    const http = client(server);
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
    const http = client(server);
    const reply = await http.request(server.origin, { headers: { Host: "internal.example.com" } });
    expect(await reply.text()).toBe(server.allow);
  });

  test("requests that insist on TLS do not go out in the clear, unless the operator allowed that place", async () => {
    const server = await serve((_, response) => void response.end("ok"));
    const http = client(server);
    expect(await read(http, server.origin, { secure: true })).toHaveLength(2);
    const error = await fault(http.request("http://example.com/", { secure: true }));
    expect(error).toMatchObject({ kind: "tls", message: expect.stringContaining("EGRESS_ALLOW=example.com:80") });
  });
});

test("a port that takes connections and never accepts TLS is a tls fault or a timeout, never a hang", async () => {
  const plain = createNetServer((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  const { port } = plain.address() as { port: number };
  const http = createHttp({ allow: [`127.0.0.1:${port}`], userAgent: "test", retryBaseMs: 1 });
  try {
    const error = await fault(http.request(`https://127.0.0.1:${port}/`, { retries: 0 }));
    expect(error.kind).toBe("tls");
    expect(error.message).toMatch(/check http or https/);
  } finally {
    await http.close();
    plain.close();
  }
});
