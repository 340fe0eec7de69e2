import type { Socket } from "node:net";
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

describe("time", () => {
  const limits = { connectTimeoutMs: 2_000, headersTimeoutMs: 200, idleTimeoutMs: 200, totalTimeoutMs: 5_000 };

  test("a server that accepts and is silent: timeout before the headers", async () => {
    const server = await serveRaw(() => {});
    const error = await egressFault(read(bench.client([server]), server.origin, limits));
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("did not answer within 200 ms") });
  });

  test("a server that drips its headers for ever: timeout all the same", async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      timers.push(setInterval(() => socket.writable && socket.write("x-drip: 1\r\n"), 20));
    });
    try {
      expect((await egressFault(read(bench.client([server]), server.origin, limits))).kind).toBe("timeout");
    } finally {
      timers.forEach(clearInterval);
    }
  });

  test("a body that stalls at 99 %: timeout after the idle time", async () => {
    const server = await answers(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${"a".repeat(99)}`);
    const error = await egressFault(read(bench.client([server]), server.origin, limits));
    expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("in the middle of its reply") });
  });

  test("headers without a body to follow: the idle time counts, not the time for headers", async () => {
    const server = await answers("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
    const patient = { ...limits, headersTimeoutMs: 600_000, totalTimeoutMs: 600_000 };
    expect((await egressFault(read(bench.client([server]), server.origin, patient))).kind).toBe("timeout");
  });

  test("a body of one byte now and then is ended by the total time", async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serveRaw((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
      timers.push(setInterval(() => socket.writable && socket.write("a"), 20));
    });
    try {
      const error = await egressFault(read(bench.client([server]), server.origin, { ...limits, totalTimeoutMs: 600 }));
      expect(error).toMatchObject({ kind: "timeout", message: expect.stringContaining("in all") });
    } finally {
      timers.forEach(clearInterval);
    }
  });

  test("a reply nobody reads is given up after the total time, and its turn is free again", async () => {
    const server = await serve((_, response) => void response.end(Buffer.alloc(5_000_000)));
    const http = bench.client([server], { pace: { perSecond: 0, concurrency: 1 } });
    const forgotten = await http.request(server.origin, { totalTimeoutMs: 300 });
    expect(await read(http, server.origin)).toHaveLength(5_000_000);
    expect((await egressFault(forgotten.bytes())).kind).toBe("timeout");
  });

  test("others go on while one server is silent", async () => {
    const silent = await serveRaw(() => {});
    const quick = await serve((_, response) => void response.end("ok"));
    const http = bench.client([quick, silent], { pace: { perSecond: 0, concurrency: 4 } });
    const stuck = egressFault(read(http, silent.origin, limits));
    for (let i = 0; i < 10; i++) expect(await read(http, quick.origin)).toHaveLength(2);
    expect((await stuck).kind).toBe("timeout");
  });
});

const outcome = async (handle: (socket: Socket) => void): Promise<string> => {
  const server = await serveRaw((socket) => {
    socket.once("data", () => handle(socket));
  });
  const http = bench.client([server]);
  const whole = (await egressFault(read(http, server.origin))).kind;
  const streamed = http.request(server.origin, { retries: 0 }).then((reply) => drain(reply.stream()));
  expect((await egressFault(streamed)).kind).toBe(whole);
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
    expect(Buffer.from(await read(bench.client([server]), server.origin)).toString()).toBe("whole");
  });
  test("nothing listens: connect, and the sentence says so", async () => {
    const server = await serve(() => {});
    await server.close();
    const error = await egressFault(read(bench.client([server]), server.origin));
    expect(error.kind).toBe("connect");
    expect(error.message).toMatch(/^127\.0\.0\.1 refused the connection/);
  });
});
