import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { useConnectors } from "#lib/connections/registry.ts";
import { deleteConnection, getConnection, pauseConnection, resumeConnection } from "#lib/connections/service.ts";
import { driveWebhook } from "#lib/connectors/google-drive/webhook.ts";
import { FakeOneDrive } from "#lib/connectors/onedrive/fake/server.ts";
import { oneDrive } from "#lib/connectors/onedrive/onedrive.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { newId } from "#lib/contract/ids.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { storeGrant } from "#lib/oauth/grants.ts";
import { finishDeletions } from "#lib/sync/maintenance.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { webhookAddress, webhooksWanted } from "./address.ts";
import { tendChannels } from "./channels.ts";
import { receiveNotice } from "./receive.ts";
import { forgetWakes } from "./wake.ts";

const appUrl = "https://tributary.example.com";
const never = new AbortController().signal;
const drive = stubOAuthConnector({}, { webhook: driveWebhook as Connector["webhook"] & object });
const connectors = new Map([
  [oneDrive.id, oneDrive],
  [drive.id, drive],
]);

let organization: TestOrganization;
let graph: FakeOneDrive;
let google: FakeChannels;

beforeAll(async () => {
  await testDatabase({ SEALING_KEYS: `test:${Buffer.alloc(32, 7).toString("base64url")}`, RETRY_BASE_MS: "5" });
  organization = await testOrganization();
  const restore = useConnectors([...connectors.values()]);
  return async () => {
    restore();
    await closeQueue();
  };
});

beforeEach(async () => {
  forgetWakes();
  await prisma().connection.deleteMany({});
  graph = await FakeOneDrive.start();
  google = await startChannels();
  setEnvForTests({ ...graph.env, GOOGLE_API_URL: google.origin, APP_URL: appUrl, WEBHOOKS: "auto" });
});

afterEach(async () => {
  await graph.close();
  await google.close();
});

const token = "access-token-of-drive";

/** The push notifications of the Drive API, as strict as its reference. */
interface FakeChannels {
  readonly origin: string;
  readonly open: Map<string, { resourceId: string; token: string; address: string; expiration: number }>;
  /** of every watch and stop */
  readonly log: string[];
  refuse: number | null;
  close(): Promise<void>;
}

async function startChannels(): Promise<FakeChannels> {
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? "/", "http://x");
      const body = await bodyOf(request);
      const send = (status: number, value?: unknown) =>
        response.writeHead(status, { "content-type": "application/json" }).end(value && JSON.stringify(value));
      if (request.headers.authorization !== `Bearer ${token}`) return send(401, {});
      if (fake.refuse !== null) return send(fake.refuse, { error: { code: fake.refuse } });
      if (url.pathname === "/changes/startPageToken") return send(200, { startPageToken: "7" });
      const id = String(body["id"]);
      if (url.pathname === "/changes/watch") {
        const life = Number(body["expiration"]) - Date.now();
        const right =
          url.searchParams.get("pageToken") === "7" &&
          body["type"] === "web_hook" &&
          String(body["address"]).startsWith("https://") &&
          String(body["token"]).length <= 256 &&
          id.length <= 64 &&
          life > 0 &&
          life <= 7 * 86_400_000;
        if (!right || fake.open.has(id)) return send(400, { error: { message: "channelIdNotUnique" } });
        const resourceId = `resource-of-${id}`;
        const expiration = Number(body["expiration"]);
        fake.open.set(id, { resourceId, token: String(body["token"]), address: String(body["address"]), expiration });
        fake.log.push(`watch ${id}`);
        return send(200, { kind: "api#channel", id, resourceId, expiration: String(expiration) });
      }
      if (url.pathname === "/channels/stop") {
        if (fake.open.get(id)?.resourceId !== body["resourceId"]) return send(404, {});
        fake.open.delete(id);
        fake.log.push(`stop ${id}`);
        return send(204);
      }
      return send(404, {});
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeChannels = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: new Map(),
    log: [],
    refuse: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function connected(connector: Connector): Promise<string> {
  const ref = { id: newId(), organizationId: organization.organizationId };
  const accessToken = connector === drive ? token : graph.oauth.issue().accessToken;
  await storeGrant({
    ...ref,
    provider: connector.id,
    clientId: "client",
    reply: { accessToken, refreshToken: null, expiresAt: new Date(Date.now() + 3_600_000), scopes: null, facts: {} },
  });
  const { id } = await prisma().connection.create({
    data: {
      id: newId(),
      organizationId: organization.organizationId,
      provider: connector.id,
      containerTags: [],
      grantId: ref.id,
      accountId: newId(),
      nextSyncAt: new Date(Date.now() + 3_600_000),
    },
  });
  return id;
}

const round = () => tendChannels(connectors, never);
const rows = (connectionId: string) =>
  prisma().webhookChannel.findMany({ where: { connectionId }, orderBy: { createdAt: "asc" } });
const row = async (connectionId: string) => {
  const [one, ...more] = await rows(connectionId);
  if (!one || more.length > 0) throw new Error(`${more.length} channels too many, or none`);
  return one;
};
const subscription = () => {
  const [one, ...more] = graph.subscriptions.all.values();
  if (!one || more.length > 0) throw new Error(`${more.length} subscriptions too many, or none`);
  return one;
};
const left = (at: Date | string) => (new Date(at).getTime() - Date.now()) / 86_400_000;
/** as if its end were so many hours away */
const endsIn = (connectionId: string, hours: number) =>
  pool().query("update webhook_channels set expires_at = now() + make_interval(mins => $2) where connection_id = $1", [
    connectionId,
    Math.round(hours * 60),
  ]);

describe("who is asked to tell of changes", () => {
  test.each([
    ["https://tributary.example.com", true],
    ["https://93.184.216.34", true],
    ["http://tributary.example.com", false],
    ["https://localhost", false],
    ["https://tributary", false],
    ["https://tributary.internal", false],
    ["https://tributary.corp", false],
    ["https://10.0.0.5", false],
    ["https://192.168.1.2:8443", false],
    ["https://[::1]", false],
    ["https://[fd00::1]", false],
  ])("for an installation at %s: %s", async (url, wanted) => {
    setEnvForTests({ APP_URL: url });
    expect(webhooksWanted()).toBe(wanted);
    setEnvForTests({ WEBHOOKS: "off" });
    expect(webhooksWanted()).toBe(false);
  });

  test("nobody where notices could not arrive, or are not wanted", async () => {
    await connected(oneDrive);
    for (const values of [{ APP_URL: "http://localhost:3000" }, { APP_URL: appUrl, WEBHOOKS: "off" }]) {
      setEnvForTests(values);
      await round();
    }
    expect([graph.subscriptions.all.size, await prisma().webhookChannel.count()]).toEqual([0, 0]);
  });
});

describe("a channel", () => {
  test("is made once after connecting; of its secret only a hash is kept", async () => {
    const [a, b] = [await connected(oneDrive), await connected(drive)];
    await round();
    await round();
    const { clientState, notificationUrl, lifecycleNotificationUrl, resource, id } = subscription();
    expect([notificationUrl, lifecycleNotificationUrl, resource]).toEqual([
      webhookAddress("onedrive"),
      webhookAddress("onedrive"),
      "me/drive/root",
    ]);
    const [channelId = "", secret = ""] = clientState.split(".");
    const stored = await row(a);
    expect([stored.id, stored.remoteId, stored.state]).toEqual([channelId, id, {}]);
    expect(left(stored.expiresAt)).toBeGreaterThan(27);
    expect(secret).toHaveLength(43);
    const [channel] = google.open.values();
    expect(channel).toMatchObject({ address: `${appUrl}/v3/webhooks/google-drive` });
    expect(left((await row(b)).expiresAt)).toBeGreaterThan(6.5);
    expect(google.log).toHaveLength(1);
    const { rows: all } = await pool().query("select w::text as text from webhook_channels w");
    expect(all).toHaveLength(2);
    expect(JSON.stringify(all)).not.toContain(secret);
    expect(JSON.stringify(all)).not.toContain(channel?.token ?? "none");
  });

  test("tells what the provider repeats, and that queues a sync", async () => {
    const id = await connected(oneDrive);
    await round();
    const notice = (clientState: string) =>
      receiveNotice("onedrive", {
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.from(JSON.stringify({ value: [{ subscriptionId: "x", clientState, resource: "me/drive/root" }] })),
      });
    expect(await notice(`${subscription().clientState}x`)).toEqual({ kind: "unknown" });
    expect(await notice(subscription().clientState)).toEqual({ kind: "accepted" });
    expect(await prisma().syncRun.count({ where: { connectionId: id, trigger: "event", status: "queued" } })).toBe(1);
  });

  test("is renewed in time where the provider can, and keeps its secret", async () => {
    const id = await connected(oneDrive);
    await round();
    const before = subscription();
    const { clientState } = before;
    before.expirationDateTime = new Date(Date.now() + 80 * 3_600_000).toISOString();
    await endsIn(id, 80);
    await round();
    expect(left((await row(id)).expiresAt)).toBeLessThan(4);
    await endsIn(id, 70);
    await round();
    expect([left((await row(id)).expiresAt) > 27, left(subscription().expirationDateTime) > 27]).toEqual([true, true]);
    expect(subscription()).toMatchObject({ id: before.id, clientState });
  });

  test("is renewed at once when the provider asks for it", async () => {
    const id = await connected(oneDrive);
    await round();
    subscription().expirationDateTime = new Date(Date.now() + 86_400_000).toISOString();
    await receiveNotice("onedrive", {
      query: new URLSearchParams(),
      headers: {},
      body: Buffer.from(
        JSON.stringify({
          value: [{ clientState: subscription().clientState, lifecycleEvent: "reauthorizationRequired" }],
        }),
      ),
    });
    await round();
    expect([left(subscription().expirationDateTime) > 27, (await row(id)).state]).toEqual([true, {}]);
  });

  test("is followed by another one where there is no renewing, and ends only after that one works", async () => {
    const id = await connected(drive);
    await round();
    const first = await row(id);
    await endsIn(id, 20);
    await round();
    const second = await row(id);
    expect(second.id).not.toBe(first.id);
    expect(google.log).toEqual([`watch ${first.id}`, `watch ${second.id}`, `stop ${first.id}`]);
    expect(google.open.size).toBe(1);
  });

  test("that cannot be renewed goes on to its end; then another one is made", async () => {
    const id = await connected(drive);
    await round();
    const first = await row(id);
    await endsIn(id, 20);
    google.refuse = 503;
    await round();
    await round();
    expect((await rows(id)).filter((one) => one.remoteId !== null).map((one) => one.id)).toEqual([first.id]);
    google.refuse = null;
    await pool().query("update webhook_channels set expires_at = now() - interval '1 second'");
    await round();
    const last = await row(id);
    expect([last.id === first.id, last.remoteId !== null]).toEqual([false, true]);
  });

  test("that the provider has forgotten is made anew", async () => {
    const id = await connected(oneDrive);
    await round();
    const first = await row(id);
    graph.subscriptions.all.clear();
    await endsIn(id, 70);
    await round();
    const second = await row(id);
    expect([second.id === first.id, second.remoteId]).toEqual([false, subscription().id]);
  });

  test("ends when the connection is paused, and is there again when it is resumed", async () => {
    const id = await connected(oneDrive);
    await round();
    await pauseConnection(organization.principal, id);
    await round();
    expect([graph.subscriptions.all.size, await rows(id)]).toEqual([0, []]);
    await resumeConnection(organization.principal, id);
    await round();
    expect((await row(id)).remoteId).toBe(subscription().id);
  });

  test("ends when the connection is removed, which waits for that with its grant", async () => {
    const id = await connected(drive);
    await round();
    await deleteConnection(organization.principal, id, { deleteDocuments: true, undoSeconds: 0 });
    await finishDeletions(never);
    expect(await prisma().connection.count({ where: { id } })).toBe(1);
    await round();
    expect([google.open.size, await rows(id)]).toEqual([0, []]);
    await finishDeletions(never);
    expect(await prisma().connection.count({ where: { id } })).toBe(0);
  });

  test("ends also if the provider cannot be asked: what it still tells is refused", async () => {
    const id = await connected(drive);
    await round();
    const [[channelId, channel] = ["", undefined]] = google.open;
    await pauseConnection(organization.principal, id);
    google.refuse = 500;
    await round();
    expect(await rows(id)).toEqual([]);
    const headers = {
      "x-goog-channel-id": channelId,
      "x-goog-channel-token": channel?.token ?? "",
      "x-goog-message-number": "9",
      "x-goog-resource-state": "change",
    };
    const answer = await receiveNotice("google-drive", {
      query: new URLSearchParams(),
      headers,
      body: new Uint8Array(),
    });
    expect(answer).toEqual({ kind: "unknown" });
  });

  test("ends when notices are switched off", async () => {
    await connected(oneDrive);
    await connected(drive);
    await round();
    setEnvForTests({ WEBHOOKS: "off" });
    await round();
    expect([graph.subscriptions.all.size, google.open.size, await prisma().webhookChannel.count()]).toEqual([0, 0, 0]);
  });
});

describe("a provider that refuses", () => {
  test("is no trouble of the connection: it is noted, left alone for a while, and asked again", async () => {
    const id = await connected(drive);
    google.refuse = 403;
    await round();
    await round();
    const attempt = await row(id);
    expect(attempt).toMatchObject({ remoteId: null, state: { tries: 1, problem: expect.stringContaining("Drive") } });
    expect(left(attempt.expiresAt) * 24 * 60).toBeGreaterThan(4);
    const { notices, status } = await getConnection(organization.principal, id);
    expect([notices, status]).toEqual([{ arrive: false, detail: expect.stringContaining("Drive") }, "never_synced"]);
    expect(await prisma().connection.findUniqueOrThrow({ where: { id } })).toMatchObject({
      state: "active",
      failureKind: null,
    });
    await endsIn(id, -1);
    await round();
    const second = await row(id);
    expect(second.state).toMatchObject({ tries: 2 });
    expect(left(second.expiresAt) * 24 * 60).toBeGreaterThan(50);
    google.refuse = null;
    await endsIn(id, -1);
    await round();
    expect(await row(id)).toMatchObject({ remoteId: expect.stringContaining("resource-of-"), state: {} });
    expect((await getConnection(organization.principal, id)).notices).toEqual({ arrive: true, detail: null });
  });

  test("does not keep the others waiting", async () => {
    await connected(drive);
    const fine = await connected(oneDrive);
    google.refuse = 500;
    await round();
    expect((await row(fine)).remoteId).toBe(subscription().id);
  });

  test("a worker that dies in the middle leaves an attempt behind that the next one takes up", async () => {
    const id = await connected(oneDrive);
    await prisma().webhookChannel.create({
      data: {
        id: newId(),
        organizationId: organization.organizationId,
        connectionId: id,
        provider: "onedrive",
        secretHash: new Uint8Array(32),
        expiresAt: new Date(Date.now() + 60_000),
      },
    });
    await round();
    expect((await row(id)).remoteId).toBeNull();
    await endsIn(id, -1);
    await round();
    expect((await row(id)).remoteId).toBe(subscription().id);
  });

  test("two workers make one channel", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => connected(drive)));
    await Promise.all([round(), round(), round()]);
    for (const id of ids) await row(id);
    expect(google.open.size).toBe(5);
  });
});
