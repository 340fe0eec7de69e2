import { request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createFront, stopFront, type Handler } from "./front.ts";
import { readClaims } from "./request-guard.ts";

const fronts: Server[] = [];
afterEach(async () => {
  await Promise.all(fronts.splice(0).map((front) => stopFront(front, 0)));
});

interface Front {
  readonly server: Server;
  readonly port: number;
}

const echo: Handler = (request, response) => {
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
};

async function listen(
  handler: Handler = echo,
  options: { appUrl?: string; trustedProxies?: number } = {},
): Promise<Front> {
  const server = createFront(handler, {
    appUrl: "http://console.example:3000",
    trustedProxies: 0,
    dev: false,
    ...options,
  });
  fronts.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { server, port: (server.address() as AddressInfo).port };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { url?: string; error?: string; headers?: Record<string, string> };
}

function send(
  front: Front,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: front.port, host: "127.0.0.1", path, ...options }, (response) => {
      let text = "";
      response.on("data", (data: Buffer) => (text += data.toString()));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text ? JSON.parse(text) : {} });
      });
    });
    request.on("error", reject);
    request.end();
  });
}

/** Sends bytes as they are and returns everything that comes back until the connection is closed. */
function raw(front: Front, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(front.port, "127.0.0.1", () => socket.write(text));
    let reply = "";
    socket.on("data", (data) => (reply += data.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(reply));
  });
}

test.each(["/v3/documents/%E0%A4%A", "/%", "/a%00b", "/v3/%ff"])(
  "the path %s is refused with 400 and JSON",
  async (path) => {
    let reached = false;
    const reply = await send(await listen(() => void (reached = true)), path);
    expect(reply.status).toBe(400);
    expect(reply.body.error).toMatch(/path/);
    expect(reply.headers["content-type"]).toContain("application/json");
    expect(reached).toBe(false);
  },
);

test("an encoded slash reaches the handler as it was sent", async () => {
  const reply = await send(await listen(), "/v3/documents/s3:%2F%2Fbucket%2Fkey?x=%00");
  expect(reply.body.url).toBe("/v3/documents/s3:%2F%2Fbucket%2Fkey?x=%00");
});

test.each(["TRACE", "PROPFIND", "QUERY"])("%s is answered with 405, JSON and Allow", async (method) => {
  const reply = await send(await listen(), "/v3/connections", { method });
  expect(reply.status).toBe(405);
  expect(reply.body.error).toBe("Method not allowed");
  expect(reply.headers.allow).toBe("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
});

test("CONNECT and upgrades are closed, not forwarded", async () => {
  const front = await listen();
  expect(await raw(front, "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")).toMatch(/^HTTP\/1.1 405 /);
  const upgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
  expect(await raw(front, upgrade)).toBe("");
});

test("a target that names another host is only its path", async () => {
  const reply = await raw(
    await listen(),
    "GET http://127.0.0.1:1/secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  );
  expect(reply).toContain('"url":"/secret"');
});

test("what is no HTTP gets 400, and too large a head 431, in JSON", async () => {
  const front = await listen();
  expect(await raw(front, "hello\r\n\r\n")).toMatch(/^HTTP\/1.1 400 [^]*\{"error":"Bad Request"\}$/);
  const head = `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"a".repeat(20_000)}\r\n\r\n`;
  expect(await raw(front, head)).toMatch(/^HTTP\/1.1 431 /);
});

test("nothing a client says about hosts, addresses or Next's own headers gets through", async () => {
  const { body } = await send(await listen(), "/", {
    headers: {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "1.2.3.4",
      forwarded: "for=1.2.3.4;host=evil.example",
      "x-real-ip": "1.2.3.4",
      "x-middleware-subrequest": "middleware",
      "x-nextjs-data": "1",
      "x-invoke-path": "/admin",
      "x-tributary-address": "1.2.3.4",
      "x-tributary-user": "owner",
      "content-security-policy": "script-src 'nonce-mine'",
      "next-action": "kept",
    },
  });
  const text = JSON.stringify(body.headers);
  for (const lie of ["evil.example", "1.2.3.4", "middleware", "x-nextjs-data", "/admin", "owner", "nonce-mine"]) {
    expect(text).not.toContain(lie);
  }
  expect(body.headers).toMatchObject({
    host: "console.example:3000",
    "x-forwarded-host": "console.example:3000",
    "x-forwarded-proto": "http",
    "x-tributary-address": "127.0.0.1",
    "next-action": "kept",
  });
});

test("what a request said about its address is kept aside, for people who look for a mistake in their proxy", async () => {
  const claims = async (headers: Record<string, string>) =>
    readClaims((await send(await listen(), "/", { headers })).body.headers?.["x-tributary-claims"] ?? null);
  expect(await claims({ host: "a.example:8080" })).toEqual({ host: "a.example:8080", proxied: false });
  expect(
    await claims({ host: "inner", "x-forwarded-host": "a.example, b.example", "x-forwarded-proto": "https" }),
  ).toEqual({ host: "inner", forwardedHost: "a.example", forwardedProto: "https", proxied: true });
  expect(await claims({ host: "x", forwarded: 'for=1.2.3.4;host="a.example:1";proto=http, host=b' })).toEqual({
    host: "x",
    forwardedHost: "a.example:1",
    forwardedProto: "http",
    proxied: true,
  });
  expect(await claims({ host: "x", "x-forwarded-host": "a b", "x-tributary-claims": "made up" })).toEqual({
    host: "x",
    proxied: true,
  });
});

test("behind n trusted proxies the address is the one the outermost of them saw", async () => {
  const headers = { "x-forwarded-for": "9.9.9.9, 203.0.113.7, 10.0.0.1" };
  const address = async (trustedProxies: number) =>
    (await send(await listen(echo, { trustedProxies }), "/", { headers })).body.headers?.["x-tributary-address"];
  expect(await address(0)).toBe("127.0.0.1");
  expect(await address(1)).toBe("10.0.0.1");
  expect(await address(2)).toBe("203.0.113.7");
  expect(await address(9)).toBe("9.9.9.9");
});

test("every answer carries the security headers, and each page a nonce of its own that the handler knows", async () => {
  const front = await listen();
  const nonces = new Set<string>();
  for (let n = 0; n < 3; n++) {
    const { headers, body } = await send(front, "/connections");
    const policy = String(headers["content-security-policy"]);
    const nonce = /script-src 'self' 'nonce-([A-Za-z0-9+/=]+)' 'strict-dynamic'/.exec(policy)?.[1] ?? "";
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).not.toContain("unsafe-eval");
    expect(body.headers?.["content-security-policy"]).toBe(policy);
    expect(body.headers?.["x-tributary-nonce"]).toBe(nonce);
    nonces.add(nonce);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cross-origin-opener-policy": "same-origin" });
    expect(headers["strict-transport-security"]).toBeUndefined();
  }
  expect(nonces.size).toBe(3);
  const refused = await send(front, "/%00");
  expect(refused.headers["x-content-type-options"]).toBe("nosniff");
  expect((await send(front, "/v3/connections")).headers["content-security-policy"]).toContain("default-src 'none'");
});

test("a download keeps its length, and runs nothing in a browser", async () => {
  const front = await listen((request, response) => {
    response.setHeader("x-tributary-length", "4");
    if (request.url?.endsWith("packed")) response.setHeader("content-encoding", "gzip");
    response.flushHeaders();
    response.end("null");
  });
  const { headers } = await send(front, "/v3/files/x");
  expect(headers).toMatchObject({
    "content-length": "4",
    "content-security-policy": expect.stringMatching(/^sandbox; /),
  });
  expect(headers["x-tributary-length"]).toBeUndefined();
  expect((await send(front, "/v3/files/packed")).headers["content-length"]).toBeUndefined();
});

test("browsers are told to stay on https only where the console is served by https", async () => {
  const { headers } = await send(await listen(echo, { appUrl: "https://tributary.example.com" }), "/");
  expect(headers["strict-transport-security"]).toContain("max-age=31536000");
});

test("a browser that opens a local console by another loopback name is sent to the right one, and nobody else is", async () => {
  const front = await listen(echo, { appUrl: "http://localhost:3000" });
  const visit = (host: string, path = "/login?x=1", accept = "text/html") =>
    send(front, path, { headers: { host, accept } }).then((reply) => reply.headers.location);
  expect(await visit("127.0.0.1:3000")).toBe("http://localhost:3000/login?x=1");
  expect(await visit("[::1]:3000")).toBe("http://localhost:3000/login?x=1");
  expect(await visit("localhost:3000")).toBeUndefined();
  expect(await visit("127.0.0.1:3001")).toBeUndefined();
  expect(await visit("evil.example")).toBeUndefined();
  expect(await visit("127.0.0.1:3000", "/v3/connections", "application/json")).toBeUndefined();
  expect(await visit("127.0.0.1:3000", "//evil.example/")).toBeUndefined();
});

test("a handler that throws is a plain 500 without its text", async () => {
  const reply = await send(
    await listen(() => {
      throw new Error("secret");
    }),
    "/",
  );
  expect(reply.status).toBe(500);
  expect(JSON.stringify(reply.body)).not.toContain("secret");
});

test("stopping lets a request in flight finish and accepts no new one", async () => {
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const front = await listen(async (_request, response) => {
    arrived.resolve();
    await finish.promise;
    response.end(JSON.stringify({ url: "done" }));
  });
  const inFlight = send(front, "/");
  await arrived.promise;
  const stopped = stopFront(front.server, 5_000);
  await expect(send(front, "/")).rejects.toThrow("ECONNREFUSED");
  finish.resolve();
  expect((await inFlight).body.url).toBe("done");
  await stopped;
});

test("what changes something outside of the API is refused unless it comes from a page of ours", async () => {
  const front = await listen();
  const post = (path: string, origin?: string) =>
    send(front, path, {
      method: "POST",
      headers: { "x-forwarded-host": "evil.example", ...(origin === undefined ? {} : { origin }) },
    });
  for (const origin of [undefined, "null", "https://evil.example", "http://console.example:3000.evil.example"]) {
    expect((await post("/connections", origin)).status).toBe(403);
    expect((await post("/v3/connections/list", origin)).status).toBe(200);
  }
  expect((await post("/connections", "http://console.example:3000")).status).toBe(200);
  expect((await send(front, "/connections")).status).toBe(200);
});
