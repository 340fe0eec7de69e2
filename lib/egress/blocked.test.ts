import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { blockedAnswers, blockedUrls } from "#lib/testing/blocked-addresses.ts";
import { canaries, serveRaw, type Loopback } from "#lib/testing/loopback.ts";
import { pinnedLookup } from "./connect.ts";
import { cachedResolve, type Resolve } from "./dns.ts";
import { createHttp, type ClosableHttp, type HttpSeams } from "./http.ts";
import { createPolicy } from "./policy.ts";
import { EgressError, type HttpOptions, type HttpRequest } from "./types.ts";

/** The port of the canaries is open here, so that nothing but the check of addresses keeps them silent. */
let birds: Awaited<ReturnType<typeof canaries>>;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  birds = await canaries();
  open.push(birds);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function client(options: Partial<HttpOptions> = {}, seams: HttpSeams = {}): ClosableHttp {
  const http = createHttp(
    { allow: [], userAgent: "test", retryBaseMs: 1, ...options },
    { ports: [80, 443, birds.port], ...seams },
  );
  open.push(http);
  return http;
}

async function refusal(http: ClosableHttp, url: string, request: HttpRequest = {}): Promise<string> {
  try {
    const reply = await http.request(url, { retries: 0, connectTimeoutMs: 5_000, ...request });
    await reply.discard();
    return `reached: ${reply.status}`;
  } catch (error) {
    if (error instanceof EgressError) return error.kind;
    throw error;
  }
}

/** Some spellings have no meaning as a relative redirect target, or lead to the allowed server itself. */
async function redirector(location: () => string): Promise<Loopback> {
  const server = await serveRaw((socket) => {
    socket.once("data", () => {
      socket.end(
        `HTTP/1.1 302 Found\r\nlocation: ${location().replace(/[\r\n]/g, "")}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
    });
  });
  open.push(server);
  return server;
}

test("the canaries hear who comes: what the operator allows arrives, on that port alone", async () => {
  const http = client({ allow: [`127.0.0.1:${birds.port}`] });
  expect(await refusal(http, `http://127.0.0.1:${birds.port}/`)).toBe("reached: 200");
  expect(birds.accepted()).toBe(1);
  for (const host of ["127.0.0.2", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
    expect(await refusal(http, `http://${host}:${birds.port}/`)).toBe("blocked_address");
  }
  expect(birds.accepted()).toBe(1);
});

test("no spelling of a blocked address is connected to", async () => {
  const http = client();
  const urls = blockedUrls(birds.port);
  expect(urls.length).toBeGreaterThan(900);
  const outcomes = new Map<string, string>();
  for (const url of urls) outcomes.set(url, await refusal(http, url));
  expect([...outcomes].filter(([, kind]) => kind !== "blocked_address" && kind !== "bad_url")).toEqual([]);
  expect(birds.accepted()).toBe(0);
});

test("an origin that is known already lends its good name to nothing that merely looks like it", async () => {
  const http = client({ allow: [`127.0.0.1:${birds.port}`] });
  const good = `127.0.0.1:${birds.port}`;
  expect(await refusal(http, `http://${good}/`)).toBe("reached: 200");
  for (const url of [
    `blob:http://${good}/1`,
    `http://user@${good}/`,
    `http://:pass@${good}/`,
    `https://${good.replace("127.0.0.1", "127.0.0.2")}/`,
    `http://${good}0/`,
    `http://${good}@127.0.0.2:${birds.port}/`,
  ]) {
    expect(["bad_url", "blocked_address"], url).toContain(await refusal(http, url));
  }
  expect(birds.accepted()).toBe(1);
});

test("no redirect to a blocked address is followed, in any spelling, also after four good hops", async () => {
  let target = "";
  let hops = 0;
  const server = await redirector(() => (hops-- > 0 ? `/hop-${hops}` : target));
  const http = client({ allow: [server.allow] });
  const followed: string[] = [];
  for (const url of blockedUrls(birds.port)) {
    target = url;
    hops = 0;
    const kind = await refusal(http, `${server.origin}/`, { redirects: 5 });
    // a location without a scheme is a path on the same server, which then redirects in a circle
    if (kind !== "blocked_address" && kind !== "redirect" && kind !== "bad_url" && kind !== "reached: 302") {
      followed.push(`${url} → ${kind}`);
    }
  }
  expect(followed).toEqual([]);
  for (const url of [
    `http://127.0.0.1:${birds.port}/`,
    `http://[::1]:${birds.port}/`,
    `http://2130706434:${birds.port}/`,
  ]) {
    target = url;
    hops = 4;
    expect(await refusal(http, `${server.origin}/`, { redirects: 5 })).toBe("blocked_address");
  }
  expect(birds.accepted()).toBe(0);
});

const family = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);

const answering =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: family(address) }));

const failing =
  (code: string): Resolve =>
  async () =>
    Promise.reject(Object.assign(new Error(code), { code }));

describe("names", () => {
  test("a name that resolves to a blocked address is not connected to, whichever it is", async () => {
    for (const address of blockedAnswers) {
      const http = client({}, { resolve: answering(address) });
      expect(await refusal(http, `http://docs.example.com:${birds.port}/`), address).toBe("blocked_address");
      await http.close();
    }
    expect(birds.accepted()).toBe(0);
  });

  test("one bad answer among good ones is enough: public A with AAAA ::1, in any order", async () => {
    for (const answers of [
      ["93.184.216.34", "::1"],
      ["::1", "93.184.216.34"],
      ["127.0.0.1", "2606:4700::1111"],
      ["93.184.216.34", "93.184.216.35", "10.0.0.1"],
    ]) {
      const http = client({}, { resolve: answering(...answers) });
      expect(await refusal(http, `http://docs.example.com:${birds.port}/`)).toBe("blocked_address");
    }
    expect(birds.accepted()).toBe(0);
  });

  test("a chain of aliases that ends at a private address is refused", async () => {
    const aliases: Record<string, string> = { "a.example.com": "b.example.net", "b.example.net": "127.0.0.1" };
    const follow: Resolve = async (name) => {
      let at = name;
      for (let next = aliases[at]; next; next = aliases[at]) at = next;
      return [{ address: at, family: 4 }];
    };
    const http = client({}, { resolve: follow });
    expect(await refusal(http, `http://a.example.com:${birds.port}/`)).toBe("blocked_address");
    expect(birds.accepted()).toBe(0);
  });

  test("DNS rebinding: every new connection is checked against the answer it is made to", async () => {
    let asked = 0;
    let time = 0;
    const rebind: Resolve = async () => [{ address: asked++ === 0 ? "93.184.216.34" : "127.0.0.1", family: 4 }];
    const policy = createPolicy([], undefined, [birds.port]);
    const door = policy.checkUrl(new URL(`http://rebind.example.com:${birds.port}/`));
    const lookup = pinnedLookup(
      door,
      policy,
      cachedResolve(rebind, () => time),
    );
    const look = () =>
      new Promise((resolve, reject) =>
        lookup(door.host, { all: true }, (error, found) => (error ? reject(error) : resolve(found))),
      );
    expect(await look()).toEqual([{ address: "93.184.216.34", family: 4 }]);
    time += 31_000;
    await expect(look()).rejects.toMatchObject({ kind: "blocked_address" });
    expect(asked).toBe(2);

    // and through a whole request, when the second answer is the one it gets
    const http = client({}, { resolve: cachedResolve(rebind, () => time) });
    expect(await refusal(http, `http://rebind.example.com:${birds.port}/`)).toBe("blocked_address");
    expect(birds.accepted()).toBe(0);
  });

  test("the socket goes to the answer that was checked, not to a second question", async () => {
    let asked = 0;
    const http = client(
      { allow: [`store.example.com:${birds.port}`] },
      { resolve: async () => [{ address: asked++ === 0 ? "127.0.0.2" : "203.0.113.1", family: 4 }] },
    );
    const reply = await http.request(`http://store.example.com:${birds.port}/`);
    expect(await reply.text()).toBe("inner");
    expect(asked).toBe(1);
  });

  test("an allowed name does not open the addresses behind it to other names", async () => {
    const http = client({ allow: [`store.example.com:${birds.port}`] }, { resolve: answering("127.0.0.1") });
    expect(await refusal(http, `http://other.example.com:${birds.port}/`)).toBe("blocked_address");
    expect(birds.accepted()).toBe(0);
  });

  test("a name's addresses are not told to whoever asked", async () => {
    const http = client({}, { resolve: answering("10.11.12.13") });
    await expect(http.request(`http://intranet.example.com:${birds.port}/`)).rejects.toThrow(
      /intranet\.example\.com resolves to .*private network.*EGRESS_ALLOW=(?!.*10\.11\.12\.13)/,
    );
  });

  test("unknown names, an empty answer and a silent DNS are errors of DNS", async () => {
    for (const resolve of [failing("ENOTFOUND"), failing("EAI_AGAIN"), answering()]) {
      expect(await refusal(client({}, { resolve }), "http://nowhere.example.com/")).toBe("dns");
    }
  });
});

test("answers are kept for 30 seconds and asked for once when wanted together; failures are forgotten", async () => {
  let time = 0;
  let asked = 0;
  const resolve = cachedResolve(
    async (name) => {
      asked++;
      if (name === "bad") throw new Error("no");
      return [{ address: "93.184.216.34", family: 4 }];
    },
    () => time,
  );
  await Promise.all([resolve("a"), resolve("a"), resolve("a")]);
  time = 29_999;
  await resolve("a");
  expect(asked).toBe(1);
  time = 30_001;
  await resolve("a");
  expect(asked).toBe(2);
  await expect(resolve("bad")).rejects.toThrow();
  await expect(resolve("bad")).rejects.toThrow();
  expect(asked).toBe(4);
});
