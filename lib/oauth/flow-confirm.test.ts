import { describe, expect, test } from "vitest";
import type { Resources } from "#lib/connectors/types.ts";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { connectRig, pageToken, type TestBrowser } from "#lib/testing/connect-rig.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { newBrowser } from "./browser-cookie.ts";
import { cancelFlow, confirmFlow, readFlow, retryFlow } from "./flow-page.ts";

const rig = connectRig();
const unlisted = "https://other.example/back?x=1";

/** Up to our page: consented at the provider, nothing exchanged. */
async function asked(redirectUrl: string | undefined = unlisted, browser: TestBrowser = rig.browser()) {
  const created = await rig.client.connections.create("google-drive", {
    containerTags: ["user_1"],
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
  });
  const callback = await browser.consent(created.authLink);
  const { location } = await browser.open(callback);
  return { browser, created, callback, location, token: pageToken(location) };
}

const counts = () => rig.provider.oauth.counts;
const confirmPage = /^http:\/\/localhost:3000\/connect\/confirm\/[\w-]{43}$/;

describe("an address nobody vouches for", () => {
  test("means that the person is asked before the code is exchanged, and told everything (B04)", async () => {
    const { browser, created, location, token } = await asked();
    expect(location).toMatch(confirmPage);
    expect(counts().token).toBe(0);
    expect(await prisma().connection.count()).toBe(0);
    const read = await readFlow(token, browser.connect);
    expect(read?.view).toMatchObject({
      standing: "confirming",
      mine: true,
      organization: "Acme",
      containerTags: ["user_1"],
      provider: { name: "Stub Drive" },
      consent: { reads: ["Read the files you choose"] },
      destination: { host: "other.example", href: unlisted },
      problem: null,
    });
    // neither code nor state is anywhere a person or a page could see
    const [flow] = await prisma().connectFlow.findMany();
    expect(flow?.code).toMatch(/^v1\.test\./);
    expect(JSON.stringify(read)).not.toMatch(/code_|v1\.test/);

    expect(await confirmFlow(token, browser.connect)).toBe(
      `https://other.example/back?x=1&connectionId=${created.id}&provider=google-drive`,
    );
    expect(counts().exchanges).toBe(1);
    expect(await prisma().connection.findMany({ select: { id: true, containerTags: true } })).toEqual([
      { id: created.id, containerTags: ["user_1"] },
    ]);
    expect((await prisma().connectFlow.findFirstOrThrow()).code).toBeNull();
  });

  test("the person is told how much will be read, where that can be chosen", async () => {
    const extent = async (metadata: Record<string, string>) => {
      const browser = rig.browser();
      const { authLink } = await rig.client.connections.create("google-drive", { redirectUrl: unlisted, metadata });
      const { location } = await browser.open(await browser.consent(authLink));
      const token = pageToken(location);
      expect((await readFlow(token, newBrowser()))?.view.extent).toBeNull();
      return (await readFlow(token, browser.connect))?.view.extent;
    };
    expect(await extent({})).toBeNull();
    const chosen: Resources<Record<string, unknown>> = {
      setting: "resources",
      needed: (config) => config["folder"] === undefined && !config["resources"],
      list: () => Promise.resolve({ resources: [], next: null }),
    };
    rig.use(stubOAuthConnector({}, { resources: chosen }));
    expect(await extent({})).toBe("choose");
    expect(await extent({ folder: "everything" })).toBe("everything");
  });

  test("none at all: the person is asked, and stays on our page afterwards", async () => {
    const { browser, location, token } = await asked("");
    expect(location).toMatch(confirmPage);
    expect(await confirmFlow(token, browser.connect)).toBe(location.replace("/confirm/", "/result/"));
    expect((await readFlow(token, browser.connect))?.view).toMatchObject({
      standing: "done",
      account: "ada@example.com",
      destination: null,
    });
  });

  test("almost the listed one is another one: scheme, port, sub-domain, letters after it (A21)", async () => {
    await rig.trust("https://app.example.com", "http://localhost:5000");
    const almost = [
      "https://app.example.com:8443/",
      "https://www.app.example.com/",
      "https://app.example.com.evil.example/",
      "https://app.example.co/",
      "http://localhost:5001/",
      "http://localhost/",
    ];
    for (const redirectUrl of almost) expect((await asked(redirectUrl)).location).toMatch(confirmPage);
    for (const redirectUrl of ["https://app.example.com:443/", "HTTPS://APP.EXAMPLE.COM/", "http://localhost:5000/a"])
      expect((await asked(redirectUrl)).location).toContain("connectionId=");
  });
});

describe("another browser", () => {
  test("with the address of our page can neither continue nor cancel, and sees no tags (B04)", async () => {
    const { browser, created, token } = await asked();
    for (const other of [null, newBrowser()]) {
      await expect(confirmFlow(token, other)).rejects.toMatchObject({ code: "not_found" });
      await expect(cancelFlow(token, other)).rejects.toMatchObject({ code: "not_found" });
      await expect(retryFlow(token, other)).rejects.toMatchObject({ code: "not_found" });
      expect((await readFlow(token, other))?.view).toMatchObject({ mine: false, containerTags: [], retry: false });
    }
    expect(counts().token).toBe(0);
    expect(await confirmFlow(token, browser.connect)).toContain(created.id);
  });

  test("that comes to the callback later sees the page, and cannot take it over (B04)", async () => {
    const { browser, callback, location, token } = await asked();
    const thief = rig.browser();
    expect((await thief.open(callback)).location).toBe(location);
    expect(thief.connect).toBeNull();
    await expect(confirmFlow(token, newBrowser())).rejects.toMatchObject({ code: "not_found" });
    expect(await confirmFlow(token, browser.connect)).toContain("connectionId=");
  });
});

test("Continue pressed twenty times exchanges once, and everybody is sent the same way", async () => {
  const { browser, created, token } = await asked();
  const ends = await Promise.all(Array.from({ length: 20 }, () => confirmFlow(token, browser.connect)));
  expect(counts().token).toBe(1);
  expect(await prisma().connection.count()).toBe(1);
  for (const end of ends) expect(end.includes(created.id) || end.includes("/connect/result/")).toBe(true);
  expect(await confirmFlow(token, browser.connect)).toContain(created.id);
});

test("Cancel exchanges nothing and ends on our page; the trusted application is told instead", async () => {
  const { browser, location, token } = await asked();
  expect(await cancelFlow(token, browser.connect)).toBe(location.replace("/confirm/", "/result/"));
  expect(await confirmFlow(token, browser.connect)).toBe(location.replace("/confirm/", "/result/"));
  expect(counts().token).toBe(0);
  expect((await prisma().connectFlow.findFirstOrThrow()).code).toBeNull();
  expect((await readFlow(token, browser.connect))?.view.destination?.href).toMatch(
    /^https:\/\/other\.example\/back\?x=1&error=access_denied&error_description=/,
  );

  await rig.trust("https://other.example");
  setEnvForTests({ OAUTH_CONFIRM: "always" });
  try {
    const second = await asked();
    expect(second.location).toMatch(confirmPage);
    expect(await cancelFlow(second.token, second.browser.connect)).toContain(
      "other.example/back?x=1&error=access_denied",
    );
  } finally {
    setEnvForTests({ OAUTH_CONFIRM: undefined });
  }
});

test("OAUTH_CONFIRM=never asks nobody; a failure still does not send a person to an address nobody vouches for", async () => {
  setEnvForTests({ OAUTH_CONFIRM: "never" });
  try {
    expect((await asked()).location).toContain("https://other.example/back?x=1&connectionId=");
    rig.provider.oauth.faults.push({ kind: "error", status: 400, error: "invalid_grant" });
    expect((await asked()).location).toMatch(/\/connect\/result\//);
  } finally {
    setEnvForTests({ OAUTH_CONFIRM: undefined });
  }
});

test("who thinks about it for too long is told that codes are short-lived, and can start again (B08)", async () => {
  const { browser, token, location } = await asked();
  rig.provider.oauth.faults.push({ kind: "error", status: 400, error: "invalid_grant", description: "<b>expired</b>" });
  expect(await confirmFlow(token, browser.connect)).toBe(location.replace("/confirm/", "/result/"));
  const view = (await readFlow(token, browser.connect))?.view;
  expect(view?.problem?.detail).toMatch(/good for a few minutes/);
  expect(view?.problem?.detail).not.toContain("<b>");
  expect(view?.retry).toBe(true);
  expect(await prisma().connection.count()).toBe(0);

  // once more, with everything that was asked for
  const again = await browser.consent(await retryFlow(token, browser.connect));
  const second = await browser.open(again);
  expect(second.location).toMatch(confirmPage);
  expect(await confirmFlow(pageToken(second.location), browser.connect)).toContain("https://other.example/back?x=1");
  expect(await prisma().connection.findMany({ select: { containerTags: true, redirectUrl: true } })).toEqual([
    { containerTags: ["user_1"], redirectUrl: unlisted },
  ]);
});

test("the page's own time runs out as well, and then nothing can be continued", async () => {
  const { browser, token } = await asked();
  await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
  expect((await readFlow(token, browser.connect))?.view).toMatchObject({ standing: "expired", retry: true });
  expect(await confirmFlow(token, browser.connect)).toMatch(/\/connect\/result\//);
  expect(counts().token).toBe(0);
});

test("after an hour nobody starts again from an old page", async () => {
  const { browser, token } = await asked();
  await cancelFlow(token, browser.connect);
  await prisma().$executeRaw`update connect_flows set created_at = now() - interval '61 minutes'`;
  expect((await readFlow(token, browser.connect))?.view.retry).toBe(false);
  await expect(retryFlow(token, browser.connect)).rejects.toMatchObject({ code: "not_found" });
});

test("starting again ends the way before: two of them never make two connections", async () => {
  const browser = rig.browser();
  const { token, callback } = await asked(unlisted, browser);
  await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
  const link = await retryFlow(token, browser.connect);
  expect((await browser.open(callback)).location).toMatch(/\/connect\/result\//);
  const second = await browser.open(await browser.consent(link));
  await confirmFlow(pageToken(second.location), browser.connect);
  expect(await prisma().connection.count()).toBe(1);
});

test("a page of before brings no connection back that was made and removed since", async () => {
  const browser = rig.browser();
  const first = await asked(unlisted, browser);
  await cancelFlow(first.token, browser.connect);
  const [link, twin] = await Promise.all([
    retryFlow(first.token, browser.connect),
    retryFlow(first.token, browser.connect),
  ]);
  // Whether the second one ends the first one or finds it finished is a matter of moments.
  const standings: unknown[] = [];
  for (const authLink of [link, twin]) {
    const token = pageToken((await browser.open(await browser.consent(authLink))).location);
    await confirmFlow(token, browser.connect);
    const view = (await readFlow(token, browser.connect))?.view;
    standings.push(view?.problem ? view.problem.detail : view?.standing);
  }
  expect(standings).toContain("done");
  expect(standings).toContainEqual(expect.stringMatching(/begun once more/));
  expect(await prisma().connection.findMany({ select: { id: true } })).toEqual([{ id: first.created.id }]);
  await prisma().connection.deleteMany({});
  await expect(retryFlow(first.token, browser.connect)).rejects.toMatchObject({ code: "not_found" });
});

test("nobody begins without end from one page", async () => {
  const { token, browser } = await asked();
  await prisma().$executeRaw`
    insert into connect_flows (id, organization_id, connection_id, provider, origin, actor, state_hash, client_id, redirect_uri, expires_at, status)
    select 'old' || i, organization_id, connection_id, provider, origin, actor, sha256(i::text::bytea), client_id, redirect_uri, now(), 'failed'
      from connect_flows, generate_series(1, 99) as i`;
  await cancelFlow(token, browser.connect);
  await expect(retryFlow(token, browser.connect)).rejects.toMatchObject({ code: "rate_limited" });
  await prisma().$executeRaw`update connect_flows set created_at = now() - interval '61 minutes' where id = 'old1'`;
  expect(await retryFlow(token, browser.connect)).toContain("state=");
});

test("what is no token of ours finds nothing", async () => {
  for (const token of ["", "x", "A".repeat(43), "../../etc", "A".repeat(10_000)]) {
    expect(await readFlow(token, newBrowser())).toBeNull();
    await expect(confirmFlow(token, newBrowser())).rejects.toMatchObject({ code: "not_found" });
  }
});
