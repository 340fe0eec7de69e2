import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { egressBench, egressFault } from "#lib/testing/egress.ts";
import { serve } from "#lib/testing/loopback.ts";
import { nextHop } from "./redirect.ts";
import type { HttpRequest } from "./types.ts";

const bench = egressBench();

const secrets = {
  authorization: "Bearer secret",
  Cookie: "a=b",
  "X-Amz-Security-Token": "token",
  "x-amz-date": "20260101T000000Z",
  "x-api-key": "secret",
  "Proxy-Authorization": "secret",
};
const harmless = { accept: "text/html", "accept-language": "de", "if-none-match": '"x"', "user-agent": "mine" };

/** Two servers: `first` redirects every path that is a number n to n-1, 0 to `last`; both report what they were sent. */
async function pair(last: (origin: string, other: string) => string, status = 302) {
  const got: { server: string; request: IncomingMessage; body: string }[] = [];
  const make = (name: string, target: () => string) =>
    serve((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        got.push({ server: name, request, body });
        const hop = /^\/(\d+)$/.exec(request.url ?? "");
        if (!hop) response.end(`arrived at ${name}`);
        else response.writeHead(status, { location: hop[1] === "0" ? target() : `/${Number(hop[1]) - 1}` }).end();
      });
    });
  const second = await make("second", () => "/end");
  const first = await make("first", () => last(first.origin, second.origin));
  const http = bench.client([first, second]);
  return { first, second, http, got };
}

const follow: HttpRequest = { redirects: 5 };

describe("hops", () => {
  test("without being asked to, no redirect is followed: the 3xx is the reply", async () => {
    const { http, first, got } = await pair(() => "/end");
    const reply = await http.request(`${first.origin}/0`);
    expect(reply.status).toBe(302);
    expect(reply.headers["location"]).toBe("/end");
    expect(got).toHaveLength(1);
  });

  test("five hops are followed, the sixth is an error, and the last URL is the reply's", async () => {
    const { http, first } = await pair(() => "/end");
    const reply = await http.request(`${first.origin}/4`, follow);
    expect(await reply.text()).toBe("arrived at first");
    expect(reply.url).toBe(`${first.origin}/end`);
    expect((await egressFault(http.request(`${first.origin}/5`, follow))).kind).toBe("redirect");
    expect((await egressFault(http.request(`${first.origin}/5`, { redirects: 99 }))).kind).toBe("redirect");
    expect((await egressFault(http.request(`${first.origin}/1`, { redirects: 1 }))).kind).toBe("redirect");
  });

  test("a circle is noticed at its first repetition", async () => {
    const { http, first, got } = await pair((origin) => `${origin}/1#again`);
    const error = await egressFault(http.request(`${first.origin}/1`, follow));
    expect(error).toMatchObject({ kind: "redirect", message: expect.stringContaining("in a circle") });
    expect(got).toHaveLength(2);
  });

  test("300, 304, 305 and a redirect without an address are replies, not redirects", async () => {
    const server = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), request.url === "/301" ? {} : { location: "/x" }).end();
    });
    const http = bench.client([server]);
    for (const status of [300, 301, 304, 305]) {
      expect((await http.request(`${server.origin}/${status}`, follow)).status).toBe(status);
    }
  });

  test("an unescaped UTF-8 path in Location is understood", async () => {
    const server = await serve((request, response) => {
      if (request.url !== "/") response.end(request.url);
      else response.writeHead(302, { location: Buffer.from("/grüße").toString("latin1") }).end();
    });
    const reply = await bench.client([server]).request(server.origin, follow);
    expect(await reply.text()).toBe("/gr%C3%BC%C3%9Fe");
  });

  test("a redirect that is not an address, has user info or another scheme is an error", async () => {
    for (const target of ["http://", "http://u:p@example.com/", "ftp://example.com/", "file:///etc/passwd"]) {
      const { http, first } = await pair(() => target);
      expect((await egressFault(http.request(`${first.origin}/0`, follow))).kind, target).toBe("redirect");
    }
  });
});

describe("another host", () => {
  test("credentials and unknown headers stay behind, what is wanted comes along", async () => {
    const { http, first, got } = await pair((_, other) => `${other}/end`);
    await (await http.request(`${first.origin}/0`, { ...follow, headers: { ...secrets, ...harmless } })).discard();
    const [before, after] = got;
    expect(before?.request.headers).toMatchObject({
      authorization: "Bearer secret",
      cookie: "a=b",
      "x-api-key": "secret",
    });
    expect(after?.server).toBe("second");
    expect(after?.request.headers).toMatchObject(harmless);
    for (const name of Object.keys(secrets)) expect(after?.request.headers).not.toHaveProperty(name.toLowerCase());
  });

  test("on the same host they stay", async () => {
    const { http, first, got } = await pair((origin) => `${origin}/end`);
    await (await http.request(`${first.origin}/1`, { ...follow, headers: secrets })).discard();
    expect(got.map(({ request }) => request.headers.authorization)).toEqual(Array(3).fill("Bearer secret"));
  });

  test("credentials do not come back when the chain returns to the first host", async () => {
    const { http, first, got } = await pair((_, other) => `${other}/0`);
    await (await http.request(`${first.origin}/0`, { ...follow, headers: secrets })).discard();
    const back = got.filter(({ request }) => request.url === "/end");
    expect(back[0]?.request.headers.authorization).toBeUndefined();
  });

  test("sameHost refuses to leave, another port included, before anyone there is asked", async () => {
    const { http, first, second } = await pair((_, other) => `${other}/end`);
    expect((await egressFault(http.request(`${first.origin}/0`, { ...follow, sameHost: true }))).kind).toBe("redirect");
    expect(second.accepted()).toBe(0);
  });

  test("a list of hosts holds for redirects too", async () => {
    const { first } = await pair(() => "https://example.com/");
    const http = bench.client([], { allow: [first.allow], hosts: ["127.0.0.1"] });
    const error = await egressFault(http.request(`${first.origin}/0`, follow));
    expect(error).toMatchObject({ kind: "blocked_address", message: expect.stringContaining("redirects to") });
  });

  test("a body is not taken to another host", async () => {
    const { http, first, second } = await pair((_, other) => `${other}/end`, 307);
    const request: HttpRequest = { ...follow, method: "POST", body: "secret" };
    expect((await egressFault(http.request(`${first.origin}/0`, request))).kind).toBe("redirect");
    expect(second.accepted()).toBe(0);
  });
});

describe("methods", () => {
  test.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [307, "POST", "POST", "body"],
    [308, "PUT", "PUT", "body"],
    [302, "PUT", "PUT", "body"],
  ] as const)("%i turns %s into %s", async (status, method, expected, body) => {
    const { http, first, got } = await pair(() => "/end", status);
    await (await http.request(`${first.origin}/0`, { ...follow, method, body: "body" })).discard();
    expect(got.at(-1)?.request.method).toBe(expected);
    expect(got.at(-1)?.body).toBe(body);
  });

  test("HEAD stays HEAD", async () => {
    const { http, first, got } = await pair(() => "/end", 303);
    await http.request(`${first.origin}/0`, { ...follow, method: "HEAD" });
    expect(got.map(({ request }) => request.method)).toEqual(["HEAD", "HEAD"]);
  });
});

const hop = (from: { tls: boolean; port: number }, location: string, sameHost = false) =>
  nextHop(
    { status: 302, url: `http${from.tls ? "s" : ""}://a.example/`, headers: { location } },
    { host: "a.example", allowed: false, ...from },
    "GET",
    false,
    sameHost,
  );

describe("https", () => {
  test("is not left for http, on the same host neither", () => {
    expect(() => hop({ tls: true, port: 443 }, "http://a.example/")).toThrow(/https to http/);
    expect(() => hop({ tls: true, port: 443 }, "http://b.example/")).toThrow(/https to http/);
  });

  test("may be gone to from http, and that is still the same host", () => {
    expect(hop({ tls: false, port: 80 }, "https://a.example/x", true)?.leaves).toBe(false);
    expect(hop({ tls: false, port: 80 }, "https://A.example./x", true)?.leaves).toBe(false);
    expect(hop({ tls: false, port: 80 }, "https://b.example/x")?.leaves).toBe(true);
    expect(hop({ tls: false, port: 80 }, "https://a.example:8443/x")?.leaves).toBe(true);
    expect(hop({ tls: true, port: 443 }, "//b.example/x")?.leaves).toBe(true);
  });
});
