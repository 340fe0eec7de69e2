import { describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { connectRig, pageToken, type TestBrowser } from "#lib/testing/connect-rig.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { newBrowser } from "./browser-cookie.ts";
import { beginConnect } from "./flow.ts";
import { readFlow } from "./flow-page.ts";

const rig = connectRig();
const home = "http://localhost:3000";
const app = "https://app.example.com/back";

/** A flow begun by the API with a trusted address, and the callback of somebody who consented. */
async function consented(browser: TestBrowser = rig.browser(), redirectUrl = app) {
  await rig.trust("https://app.example.com");
  const created = await rig.client.connections.create("google-drive", { redirectUrl });
  return { browser, created, callback: await browser.consent(created.authLink) };
}

function changed(address: string, change: (query: URLSearchParams, url: URL) => void): string {
  const url = new URL(address);
  change(url.searchParams, url);
  return url.href;
}

const counts = () => rig.provider.oauth.counts;

async function nothingHappened() {
  expect(counts().token).toBe(0);
  expect(await prisma().connection.count()).toBe(0);
  expect(await prisma().grant.count()).toBe(0);
}

describe("state", () => {
  test("missing, unknown and malformed ones get a calm page, no exchange, no row (B01)", async () => {
    const { browser, callback } = await consented();
    const states = [undefined, "", "x", "A".repeat(43), `${"A".repeat(42)}=`, "' or 1=1", "\0", "é".repeat(43)];
    for (const state of states) {
      const bad = changed(callback, (query) =>
        state === undefined ? query.delete("state") : query.set("state", state),
      );
      expect((await browser.open(bad)).location).toBe(`${home}/connect/problem/unknown`);
    }
    await nothingHappened();
    expect(browser.connect).toBeNull();
  });

  test("one that expired a second ago is over; the trusted application learns why (B01)", async () => {
    const { browser, callback } = await consented();
    await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
    const { location } = await browser.open(callback);
    const back = new URL(location);
    expect(back.origin + back.pathname).toBe(app);
    expect(back.searchParams.get("error")).toBe("link_expired");
    expect(back.searchParams.get("error_description")).toContain("Nothing was connected");
    await nothingHappened();
  });

  test("one that expired gets our page when nobody vouches for the address (B01)", async () => {
    const browser = rig.browser();
    const { authLink } = await rig.client.connections.create("google-drive", { redirectUrl: "https://other.example/" });
    const callback = await browser.consent(authLink);
    await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
    const { location } = await browser.open(callback);
    expect(location).toMatch(/^http:\/\/localhost:3000\/connect\/result\/[\w-]{43}$/);
    expect((await readFlow(pageToken(location), browser.connect))?.view).toMatchObject({
      standing: "expired",
      retry: false,
      destination: { host: "other.example" },
    });
    await nothingHappened();
  });

  test("of a provider does not work at another one's callback, and stays good for its own (B06)", async () => {
    rig.use(stubOAuthConnector(), { ...stubOAuthConnector(), id: "onedrive" });
    const { browser, callback, created } = await consented();
    for (const other of ["onedrive", "one-drive", "notion", "__proto__", "list"]) {
      const foreign = callback.replace("/google-drive?", `/${other}?`);
      expect((await browser.open(foreign)).location).toBe(`${home}/connect/problem/unknown`);
    }
    await nothingHappened();
    expect((await browser.open(callback)).location).toContain(`connectionId=${created.id}`);
  });

  test("of an organization that is gone, or of a key that was revoked meanwhile, connects nothing (B01)", async () => {
    const { browser, callback } = await consented();
    await prisma().apiKey.updateMany({
      where: { organizationId: rig.acme.organizationId },
      data: { revokedAt: new Date() },
    });
    try {
      expect((await browser.open(callback)).location).toContain("error=not_allowed");
      await nothingHappened();
    } finally {
      await prisma().apiKey.updateMany({ data: { revokedAt: null } });
    }
    const second = await consented();
    await prisma().connectFlow.updateMany({ data: { organizationId: "gone" } });
    expect((await browser.open(second.callback)).location).toBe(`${home}/connect/problem/unknown`);
    await nothingHappened();
  });

  test("works at both spellings of the callback's path", async () => {
    const { browser, callback, created } = await consented();
    const other = callback.replace("/auth/callback/google-drive?", "/google-drive/callback?");
    expect((await browser.open(other)).location).toContain(`connectionId=${created.id}`);
  });
});

describe("once", () => {
  test("a hundred callbacks at the same time: one exchange, one connection, everybody arrives (B02, figure 7)", async () => {
    const { browser, callback, created } = await consented();
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.open(callback)));
    expect(counts().exchanges).toBe(1);
    expect(counts().token).toBe(1);
    expect(await prisma().connection.count()).toBe(1);
    expect(await prisma().grant.count()).toBe(1);
    expect(await prisma().syncRun.count()).toBe(1);
    const done = `${app}?connectionId=${created.id}&provider=google-drive`;
    for (const { status, location } of answers) {
      expect(status).toBe(303);
      expect(location === done || /\/connect\/result\/[\w-]{43}$/.test(location)).toBe(true);
    }
    expect(answers.filter(({ location }) => location === done).length).toBeGreaterThan(0);
    // whoever waits on our page is sent on from there
    const waiting = answers.find(({ location }) => location !== done);
    if (waiting) expect((await readFlow(pageToken(waiting.location), browser.connect))?.landing).toBe(done);
  });

  test("the back button shows the result again and does nothing (B02)", async () => {
    const { browser, callback } = await consented();
    const first = await browser.open(callback);
    const again = await browser.open(callback);
    expect(again.location).toBe(first.location);
    expect(counts().token).toBe(1);
    expect(await prisma().auditEvent.count({ where: { action: "connection.create" } })).toBe(1);
  });

  test("HEAD, and a browser that only looks ahead, consume nothing (B02)", async () => {
    const { browser, callback, created } = await consented();
    expect((await browser.open(callback, { method: "HEAD" })).status).toBe(200);
    expect((await browser.open(callback, { headers: { "sec-purpose": "prefetch;prerender" } })).status).toBe(503);
    await nothingHappened();
    expect((await browser.open(callback)).location).toContain(`connectionId=${created.id}`);
  });

  test("other verbs are refused", async () => {
    const { browser, callback } = await consented();
    expect((await browser.open(callback, { method: "POST" })).status).toBe(405);
    await nothingHappened();
  });
});

describe("shape", () => {
  test("two of anything are refused, and the flow stays good (B03)", async () => {
    const { browser, callback, created } = await consented();
    for (const name of ["state", "code", "iss", "foo"]) {
      const twice = changed(callback, (query) => {
        if (!query.has(name)) query.append(name, "x");
        query.append(name, "x");
      });
      expect((await browser.open(twice)).location).toBe(`${home}/connect/problem/garbled`);
    }
    await nothingHappened();
    expect((await browser.open(callback)).location).toContain(`connectionId=${created.id}`);
  });

  test("a query of 10 kB gets a page, one of 100 kB not even that; nothing is exchanged (B03)", async () => {
    const { browser, callback } = await consented();
    expect((await browser.open(`${callback}&x=${"y".repeat(10_000)}`)).location).toBe(
      `${home}/connect/problem/garbled`,
    );
    expect((await browser.open(`${callback}&x=${"y".repeat(100_000)}`)).status).toBe(431);
    await nothingHappened();
  });

  test("neither code nor error is a failure that says so", async () => {
    const { browser, callback } = await consented();
    const bare = changed(callback, (query) => query.delete("code"));
    expect((await browser.open(bare)).location).toContain("error=server_error");
    await nothingHappened();
  });
});

describe("issuer", () => {
  const issuer = "https://accounts.stub.example";

  test("of another server is refused before the state is looked at (B06)", async () => {
    rig.use(stubOAuthConnector({ issuer }));
    const { browser, callback, created } = await consented();
    const wrong = changed(callback, (query) => query.set("iss", "https://evil.example"));
    expect((await browser.open(wrong)).location).toBe(`${home}/connect/problem/issuer`);
    expect((await browser.open(changed(callback, (query) => query.set("iss", "")))).location).toBe(
      `${home}/connect/problem/issuer`,
    );
    await nothingHappened();
    const right = changed(callback, (query) => query.set("iss", issuer));
    expect((await browser.open(right)).location).toContain(`connectionId=${created.id}`);
  });

  test("of a provider without a known one is not compared", async () => {
    const { browser, callback, created } = await consented();
    const some = changed(callback, (query) => query.set("iss", "https://whoever.example"));
    expect((await browser.open(some)).location).toContain(`connectionId=${created.id}`);
  });
});

describe("error", () => {
  test("a person who denies gets back to the application, with words of ours (B07)", async () => {
    await rig.trust("https://app.example.com");
    const { authLink } = await rig.client.connections.create("google-drive", { redirectUrl: `${app}?a=1` });
    const browser = rig.browser();
    const { location } = await browser.open(await browser.consent(authLink, { decision: "deny" }));
    expect(location.startsWith(`${app}?a=1&error=access_denied&error_description=`)).toBe(true);
    expect(decodeURIComponent(location)).toContain("No access to Stub Drive was given, so nothing was connected.");
    expect(location).not.toContain("The%20user%20denied");
    await nothingHappened();
    expect(await prisma().auditEvent.count({ where: { action: "connection.refuse" } })).toBe(1);
  });

  test("what a provider says in error_description, or as an unknown error, is never repeated (B07)", async () => {
    const { browser, callback } = await consented();
    const evil = "<script>alert(1)</script>\r\nSet-Cookie: a=b";
    const said = changed(callback, (query) => {
      query.delete("code");
      query.set("error", evil);
      query.set("error_description", evil);
      query.set("error_uri", "https://evil.example/");
    });
    const { location, headers } = await browser.open(said);
    expect(location).toContain("error=server_error");
    expect(decodeURIComponent(location)).not.toMatch(/<script|alert|Set-Cookie|evil/);
    expect(headers.getSetCookie().join()).not.toContain("a=b");
    const [flow] = await prisma().connectFlow.findMany();
    expect(JSON.stringify([flow?.error, flow?.errorDetail])).not.toMatch(/<script|alert|evil/);
  });

  test("an error wins over a code that comes with it", async () => {
    const { browser, callback } = await consented();
    const both = changed(callback, (query) => query.set("error", "temporarily_unavailable"));
    expect((await browser.open(both)).location).toContain("error=temporarily_unavailable");
    await nothingHappened();
  });

  test("without a trusted address our own page says it, and offers to start again in the same browser (B07)", async () => {
    const browser = rig.browser();
    const { authLink } = await rig.client.connections.create("google-drive", {
      redirectUrl: "https://other.example/x",
    });
    const { location } = await browser.open(await browser.consent(authLink, { decision: "deny" }));
    expect(location).toMatch(/\/connect\/result\/[\w-]{43}$/);
    const read = await readFlow(pageToken(location), browser.connect);
    expect(read?.view).toMatchObject({
      standing: "failed",
      retry: true,
      problem: { title: "Nothing was connected" },
      destination: {
        host: "other.example",
        href: expect.stringContaining("https://other.example/x?error=access_denied"),
      },
    });
    expect((await readFlow(pageToken(location), newBrowser()))?.view.retry).toBe(false);
  });
});

describe("who finishes a flow of the console", () => {
  const begin = async (browser: string) =>
    beginConnect(rig.acme.principal, { provider: "google-drive", settings: {} }, { origin: "console", browser });

  test("the browser that began it, and it lands on the connection's page (B04)", async () => {
    const mine = rig.browser();
    mine.cookies.set("tributary.connect", newBrowser());
    const { authLink, connectionId } = await begin(mine.connect ?? "");
    const { location } = await mine.open(await mine.consent(authLink));
    expect(location).toBe(`${home}/connections/${connectionId}?just=connected`);
  });

  test.each([
    ["a browser without a cookie (B05)", null],
    ["another browser (B04)", newBrowser()],
    ["a cookie that is none (B05)", "x"],
  ])("not %s: nothing is exchanged, and the right one can still finish", async (_, cookie) => {
    const mine = rig.browser();
    mine.cookies.set("tributary.connect", newBrowser());
    const { authLink, connectionId } = await begin(mine.connect ?? "");
    const other = rig.browser();
    if (cookie) other.cookies.set("tributary.connect", cookie);
    const { location } = await other.open(await other.consent(authLink, { account: "grace" }));
    expect(location).toMatch(/\/connect\/result\/[\w-]{43}$/);
    expect(await readFlow(pageToken(location), other.connect)).toMatchObject({
      view: { standing: "pending", mine: false, retry: false, account: null, console: "/connections/new/google-drive" },
    });
    await nothingHappened();
    const { location: end } = await mine.open(await mine.consent(authLink));
    expect(end).toBe(`${home}/connections/${connectionId}?just=connected`);
    expect(await prisma().connection.findMany({ select: { accountId: true } })).toEqual([{ accountId: "ada" }]);
  });

  test("two cookies of the same name count as none (B04)", async () => {
    const mine = rig.browser();
    const value = newBrowser();
    const { authLink } = await begin(value);
    const callback = await mine.consent(authLink);
    const { location } = await mine.open(callback, {
      headers: { cookie: `tributary.connect=${value}; tributary.connect=${newBrowser()}` },
    });
    expect(location).toMatch(/\/connect\/result\//);
    await nothingHappened();
  });
});

test("behind https the cookie is __Host-, secure, out of reach of scripts", async () => {
  const { browserSetCookie } = await import("./browser-cookie.ts");
  setEnvForTests({ APP_URL: "https://tributary.example.com" });
  try {
    expect(browserSetCookie("v")).toMatch(/^__Host-tributary\.connect=v; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/);
  } finally {
    setEnvForTests({ APP_URL: undefined });
  }
  expect(browserSetCookie("v")).toMatch(/^tributary\.connect=v; .*HttpOnly; SameSite=Lax$/);
});
