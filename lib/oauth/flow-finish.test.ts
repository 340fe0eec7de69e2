import { describe, expect, test } from "vitest";
import { getConnection, listConnections } from "#lib/connections/service.ts";
import { prisma } from "#lib/db/client.ts";
import { changeOAuthApp, removeOAuthApp } from "#lib/organizations/oauth-apps.ts";
import { connectRig, pageToken } from "#lib/testing/connect-rig.ts";
import { stubClientId, stubClientSecret, stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { until } from "#lib/testing/wait.ts";
import { newBrowser } from "./browser-cookie.ts";
import { beginConnect, beginReconnect } from "./flow.ts";
import { finishCallback } from "./flow-callback.ts";
import { takeBackOrphans } from "./orphans.ts";
import { chooseForFlow, listForFlow, readFlow, retryFlow } from "./flow-page.ts";

const rig = connectRig();
const app = "https://app.example.com/back";

/** The whole way with a trusted address; answers where it ended. */
async function connect(account = "ada", body: Record<string, unknown> = {}) {
  await rig.trust("https://app.example.com");
  const created = await rig.client.connections.create("google-drive", { redirectUrl: app, ...body });
  const browser = rig.browser();
  const { location } = await browser.open(await browser.consent(created.authLink, { account }));
  return { created, browser, end: new URL(location) };
}

const rows = () => prisma().connection.findMany({ orderBy: { createdAt: "asc" } });

describe("a token endpoint that does not do its part", () => {
  test.each([
    ["says invalid_grant", { kind: "error", status: 400, error: "invalid_grant" }, "invalid_grant"],
    ["does not know our secret", { kind: "error", status: 401, error: "invalid_client" }, "invalid_client"],
    ["is broken", { kind: "status", status: 500 }, "temporarily_unavailable"],
    ["answers HTML", { kind: "status", status: 200, body: "<html>hello</html>" }, "server_error"],
    ["redirects", { kind: "redirect", to: "https://evil.example/" }, "server_error"],
    ["answers 10 MB", { kind: "huge", bytes: 10_000_000 }, "server_error"],
    ["hangs up", { kind: "lost" }, "temporarily_unavailable"],
    ["gives another kind of token", { kind: "reply", change: { token_type: "mac" } }, "server_error"],
    ["gives no token", { kind: "reply", change: { access_token: undefined } }, "server_error"],
  ] as const)("%s: the flow ends with a cause, nothing half-made stays (B08)", async (_, fault, error) => {
    rig.provider.oauth.faults.push(fault);
    const { end } = await connect();
    expect(end.searchParams.get("error")).toBe(error);
    expect(end.searchParams.get("error_description")).toMatch(/Nothing was connected/);
    expect(end.searchParams.get("error_description")).not.toMatch(/evil|html/);
    expect(await rows()).toEqual([]);
    expect(await prisma().grant.count()).toBe(0);
    expect(await prisma().syncRun.count()).toBe(0);
    expect(await prisma().connectFlow.findFirstOrThrow()).toMatchObject({
      status: "failed",
      verifier: null,
      code: null,
    });
  });
});

test("an own app whose secret is wrong is known as such once somebody tried to connect with it", async () => {
  const { principal, organizationId } = rig.acme;
  const key = { organizationId_provider: { organizationId, provider: "google-drive" } };
  const refused = async () => (await prisma().oAuthApp.findUniqueOrThrow({ where: key })).refusedAt !== null;
  const enter = (clientSecret: string) =>
    changeOAuthApp(principal, "google-drive", { enabled: true, clientId: stubClientId, clientSecret });
  await enter("wrong");
  expect((await connect()).end.searchParams.get("error")).toBe("invalid_client");
  expect(await refused()).toBe(true);
  await enter(stubClientSecret);
  expect(await refused()).toBe(false);
  await prisma().oAuthApp.update({ where: key, data: { refusedAt: new Date() } });
  expect((await connect()).end.searchParams.get("error")).toBeNull();
  expect(await refused()).toBe(false);
  await removeOAuthApp(principal, "google-drive");
});

test("a person who unticks a box is told which one is missing; the grant belongs to nobody (B09)", async () => {
  rig.provider.oauth.faults.push({ kind: "reply", change: { scope: "email" } });
  const { end } = await connect();
  expect(end.searchParams.get("error")).toBe("invalid_scope");
  expect(end.searchParams.get("error_description")).toContain("“Read your files”");
  expect(await rows()).toEqual([]);
  // kept until it is taken back at the provider (orphans.ts)
  expect(await prisma().grant.count()).toBe(1);
});

test("an account that cannot be read is refused with the cause, and leaves no connection", async () => {
  rig.provider.api.statuses.push(403);
  const { end } = await connect();
  expect(end.searchParams.get("error")).toBe("server_error");
  expect(end.searchParams.get("error_description")).toMatch(/does not allow this account/);
  expect(await rows()).toEqual([]);
});

test.each(["after exchange", "before commit"] as const)(
  "a process that dies %s: the flow shows failed, no connection, and a new start works (B11)",
  async (where) => {
    await rig.trust("https://app.example.com");
    const browser = newBrowser();
    const { authLink } = await beginConnect(
      rig.acme.principal,
      { provider: "google-drive", settings: {} },
      { origin: "console", browser },
    );
    const callback = new URL(await rig.browser().consent(authLink));
    let reached = false;
    // It stands still for ever, as a dead process does; nothing after it may be needed.
    void finishCallback({
      provider: "google-drive",
      query: callback.searchParams,
      browser,
      failpoint: (name) => {
        if (name !== where) return Promise.resolve();
        reached = true;
        return new Promise(() => {});
      },
    });
    await until(() => reached);
    const again = { provider: "google-drive", query: callback.searchParams, browser };
    const waiting = await finishCallback(again);
    const token = pageToken(waiting.location);
    expect((await readFlow(token, browser))?.view.standing).toBe("exchanging");
    await prisma().$executeRaw`update connect_flows set consumed_at = now() - interval '61 seconds'`;
    expect((await readFlow(token, browser))?.view).toMatchObject({
      standing: "failed",
      retry: true,
      problem: { title: "This was interrupted" },
    });
    expect(await rows()).toEqual([]);
    // the grant is known and belongs to nobody: the next look for orphans takes it back
    expect(await prisma().grant.count()).toBe(1);
    await prisma().$executeRaw`update grants set created_at = now() - interval '3 minutes'`;
    const connector = stubOAuthConnector();
    await takeBackOrphans(new Map([[connector.id, connector]]), new AbortController().signal);
    expect(await prisma().grant.count()).toBe(0);
    expect(rig.provider.oauth.counts.revocations).toBeGreaterThan(0);
    const retried = new URL(await rig.browser().consent(await retryFlow(token, browser)));
    const end = await finishCallback({ ...again, query: retried.searchParams });
    expect(end.location).toContain("?just=connected");
    expect(await rows()).toHaveLength(1);
  },
);

test("a process that was frozen until its grant was being taken back makes no connection of it (B11)", async () => {
  await rig.trust("https://app.example.com");
  const { authLink } = await rig.client.connections.create("google-drive", { redirectUrl: app });
  const callback = new URL(await rig.browser().consent(authLink));
  const { location } = await finishCallback({
    provider: "google-drive",
    query: callback.searchParams,
    browser: null,
    failpoint: async (name) => {
      if (name !== "before commit") return;
      // claimed by a worker that asks the provider just now (lib/oauth/orphans.ts)
      await prisma().grant.updateMany({ data: { deadAt: new Date(), deadReason: "orphan" } });
    },
  });
  expect(new URL(location).searchParams.get("error")).toBe("interrupted");
  expect(await rows()).toEqual([]);
});

test("the same account twice makes two connections, each with its own grant (B12)", async () => {
  const [one, two] = [await connect(), await connect()];
  const made = await rows();
  expect(made.map(({ id, accountId }) => [id, accountId])).toEqual([
    [one.created.id, "ada"],
    [two.created.id, "ada"],
  ]);
  expect(new Set(made.map(({ grantId }) => grantId)).size).toBe(2);
  await rig.client.connections.deleteByID(one.created.id);
  expect((await listConnections(rig.acme.principal)).map(({ id }) => id)).toEqual([two.created.id]);
});

describe("reconnecting", () => {
  async function reconnect(connectionId: string, account = "ada") {
    const browser = newBrowser();
    const { authLink } = await beginReconnect(rig.acme.principal, connectionId, { origin: "console", browser });
    const callback = new URL(await rig.browser().consent(authLink, { account }));
    const landing = await finishCallback({ provider: "google-drive", query: callback.searchParams, browser });
    return { location: landing.location, browser };
  }

  test("keeps id, tags, cursor and documents, swaps the grant, forgets the failure and syncs", async () => {
    const { created } = await connect("ada", { containerTags: ["t"] });
    await prisma().syncRun.deleteMany({});
    await prisma().connection.update({
      where: { id: created.id },
      data: { failureKind: "reauth", cursor: { token: "7" }, documentCount: 3 },
    });
    const [before] = await rows();
    const { location } = await reconnect(created.id);
    expect(location).toBe(`http://localhost:3000/connections/${created.id}?just=reconnected`);
    const [after] = await rows();
    expect(after).toMatchObject({
      id: created.id,
      containerTags: ["t"],
      cursor: { token: "7" },
      documentCount: 3,
      configVersion: before?.configVersion,
      failureKind: null,
    });
    expect(after?.grantId).not.toBe(before?.grantId);
    expect(await prisma().syncRun.count({ where: { connectionId: created.id, status: "queued" } })).toBe(1);
    expect((await getConnection(rig.acme.principal, created.id)).status).toBe("queued");
    const actions = (await prisma().auditEvent.findMany({ orderBy: { id: "asc" } })).map(({ action }) => action);
    expect(actions.slice(-2)).toEqual(["connection.authorize", "connection.reconnect"]);
  });

  test("with another account is refused with both names; the old grant stays (B10)", async () => {
    const { created } = await connect("ada");
    await prisma().connection.update({ where: { id: created.id }, data: { failureKind: "reauth" } });
    const [before] = await rows();
    const { location, browser } = await reconnect(created.id, "grace");
    const view = (await readFlow(pageToken(location), browser))?.view;
    expect(view).toMatchObject({
      standing: "failed",
      retry: true,
      account: "ada@example.com",
      problem: { title: "That is another account" },
      console: `/connections/${created.id}`,
    });
    expect(view?.problem?.detail).toContain("“grace@example.com”");
    expect(view?.problem?.detail).toContain("“ada@example.com”");
    expect(await rows()).toEqual([before]);
  });

  test("a paused connection stays paused, with its new grant", async () => {
    const { created } = await connect();
    await rig.client.connections.getByID(created.id);
    await prisma().connection.update({ where: { id: created.id }, data: { state: "paused", nextSyncAt: null } });
    await prisma().syncRun.deleteMany({});
    const [before] = await rows();
    await reconnect(created.id);
    const [after] = await rows();
    expect(after).toMatchObject({ state: "paused", nextSyncAt: null });
    expect(after?.grantId).not.toBe(before?.grantId);
    expect(await prisma().syncRun.count()).toBe(0);
  });

  test("a connection that was removed meanwhile is not brought back, and its code is not exchanged (B01)", async () => {
    const { created } = await connect();
    const browser = newBrowser();
    const { authLink } = await beginReconnect(rig.acme.principal, created.id, { origin: "console", browser });
    const callback = new URL(await rig.browser().consent(authLink));
    await rig.client.connections.deleteByID(created.id);
    const exchanges = rig.provider.oauth.counts.exchanges;
    const { location } = await finishCallback({ provider: "google-drive", query: callback.searchParams, browser });
    expect((await readFlow(pageToken(location), browser))?.view).toMatchObject({
      retry: false,
      problem: { title: "This connection is gone" },
    });
    expect(rig.provider.oauth.counts.exchanges).toBe(exchanges);
  });

  test("by API answers a link, goes through the same callback, and says where it ends", async () => {
    const { created } = await connect();
    const request = (body: unknown, id = created.id) =>
      globalThis.fetch(`${rig.url}/v3/connections/${id}/reconnect`, {
        method: "POST",
        headers: { authorization: `Bearer ${rig.acme.apiKey}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const reply = (await (await request({ redirectUrl: app })).json()) as Record<string, string>;
    expect(reply).toEqual({
      id: created.id,
      authLink: expect.any(String),
      expiresIn: "10 minutes",
      redirectsTo: app,
    });
    const browser = rig.browser();
    const { location } = await browser.open(await browser.consent(reply["authLink"] ?? ""));
    expect(location).toBe(`${app}?connectionId=${created.id}&provider=google-drive`);
    expect((await request({}, "0".repeat(22))).status).toBe(404);
    expect((await request({ redirectUrl: "javascript:alert(1)" })).status).toBe(400);
  });
});

describe("choosing what is synced", () => {
  const choosy = () =>
    stubOAuthConnector(
      {},
      {
        resources: {
          setting: "resources",
          needed: (config) => !(config["resources"] as unknown[] | undefined)?.length,
          list: () =>
            Promise.resolve({
              resources: [{ id: "f1", name: "Reports", kind: "folder", opens: true }],
              next: null,
            }),
        },
      },
    );

  test("comes between connecting and the first sync, in the same browser only", async () => {
    rig.use(choosy());
    const { created, browser, end } = await connect();
    expect(end.pathname).toMatch(/^\/connect\/choose\/[\w-]{43}$/);
    expect(await getConnection(rig.acme.principal, created.id)).toMatchObject({
      status: "needs_selection",
      nextSyncAt: null,
      lastRun: null,
    });
    expect(await rig.client.connections.import("google-drive", {})).toMatch(/No connections to import|0 connections/);
    const token = pageToken(end.href);
    expect((await readFlow(token, browser.connect))?.view.extent).toBe("choose");
    await expect(listForFlow(token, newBrowser(), {})).rejects.toMatchObject({ code: "not_found" });
    const page = await listForFlow(token, browser.connect, {});
    expect(page.resources).toMatchObject([{ id: "f1", name: "Reports", kind: "folder" }]);
    const chosen = [{ id: "f1", name: "Reports", kind: "folder" }] as const;
    await expect(chooseForFlow(token, null, chosen)).rejects.toMatchObject({ code: "not_found" });
    await expect(chooseForFlow(token, browser.connect, [])).rejects.toMatchObject({ code: "invalid_request" });
    expect(await chooseForFlow(token, browser.connect, chosen)).toBe(
      `${app}?connectionId=${created.id}&provider=google-drive`,
    );
    const view = await getConnection(rig.acme.principal, created.id);
    expect(view.status).toBe("queued");
    expect(view.nextSyncAt).not.toBeNull();
    expect((await readFlow(token, browser.connect))?.view.extent).toBe("chosen");
    // the page is over
    await expect(listForFlow(token, browser.connect, {})).rejects.toMatchObject({ code: "not_found" });
  });

  test("from the console happens on the connection's page", async () => {
    rig.use(choosy());
    const browser = newBrowser();
    const input = { provider: "google-drive", settings: {} };
    const { authLink, connectionId } = await beginConnect(rig.acme.principal, input, { origin: "console", browser });
    const callback = new URL(await rig.browser().consent(authLink));
    const { location } = await finishCallback({ provider: "google-drive", query: callback.searchParams, browser });
    expect(location).toBe(`http://localhost:3000/connections/${connectionId}?just=connected`);
    expect(await prisma().syncRun.count()).toBe(0);
  });
});
