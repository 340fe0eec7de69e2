import { createHmac, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { useConnectors } from "#lib/connections/registry.ts";
import { pauseConnection } from "#lib/connections/service.ts";
import { driveWebhook } from "#lib/connectors/google-drive/webhook.ts";
import { notionWebhook } from "#lib/connectors/notion/webhook.ts";
import { oneDriveWebhook } from "#lib/connectors/onedrive/webhook.ts";
import type { Connector, Webhook } from "#lib/connectors/types.ts";
import { newId } from "#lib/contract/ids.ts";
import { closeDatabase, pool, prisma } from "#lib/db/client.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { testApi } from "#lib/testing/api.ts";
import type { TestOrganization } from "#lib/testing/organization.ts";
import { stubConnector } from "#lib/testing/stub-connector.ts";
import { appWebhookSecret } from "#lib/vault/oauth-places.ts";
import { vault } from "#lib/vault/seal.ts";
import { forgetChannel, hashOfSecret } from "#lib/webhooks/directory.ts";
import { handshakeFile } from "#lib/webhooks/handshake.ts";
import { receiveNotice } from "#lib/webhooks/receive.ts";
import { forgetWakes } from "#lib/webhooks/wake.ts";

const api = testApi();
const operatorsSecret = "secret_operators-0123456789-abcdefgh";
let folder: string;

beforeAll(async () => {
  const { connector } = stubConnector();
  const telling = (id: string, webhook: Webhook<object>): Connector => ({ ...connector, id, webhook });
  useConnectors([
    connector,
    telling("google-drive", driveWebhook),
    telling("onedrive", oneDriveWebhook),
    telling("notion", notionWebhook),
  ]);
  folder = await mkdtemp(path.join(tmpdir(), "webhooks-"));
  setEnvForTests({ NOTION_WEBHOOK_SECRET: operatorsSecret, DATA_DIR: folder });
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  forgetWakes();
  await prisma().connection.deleteMany({});
  await prisma().oAuthApp.deleteMany({});
});

async function connected(provider: string, account = newId(), organization = api.acme): Promise<string> {
  const { id } = await prisma().connection.create({
    data: {
      id: newId(),
      organizationId: organization.organizationId,
      provider,
      containerTags: [],
      accountId: account,
      nextSyncAt: new Date(Date.now() + 3_600_000),
    },
  });
  return id;
}

interface Channel {
  readonly id: string;
  readonly secret: string;
  readonly connectionId: string;
}

async function channelOf(provider: string, connectionId?: string, lifeMs = 3_600_000): Promise<Channel> {
  const channel = {
    id: newId(),
    secret: randomBytes(32).toString("base64url"),
    connectionId: connectionId ?? (await connected(provider)),
  };
  await prisma().webhookChannel.create({
    data: {
      id: channel.id,
      organizationId: api.acme.organizationId,
      connectionId: channel.connectionId,
      provider,
      secretHash: new Uint8Array(hashOfSecret(channel.secret)),
      remoteId: "remote",
      expiresAt: new Date(Date.now() + lifeMs),
    },
  });
  return channel;
}

const events = (connectionId: string) =>
  prisma().syncRun.findMany({ where: { connectionId, trigger: "event" }, orderBy: { queuedAt: "asc" } });
const queued = async (connectionId: string) =>
  (await events(connectionId)).filter((run) => run.status === "queued").length;
const finishAll = () => prisma().syncRun.updateMany({ data: { status: "completed", completedAt: new Date() } });

/** A request of a provider: no key, no Origin. */
const post = (target: string, body?: string | Uint8Array, headers: Record<string, string> = {}) =>
  globalThis.fetch(`${api.url}/v3/webhooks/${target}`, {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body: body as string }),
  });

/** All of an answer that a stranger sees, but for what differs each time. */
async function seen(reply: Response): Promise<string> {
  const headers = [...reply.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
  return JSON.stringify([reply.status, headers, await reply.text()]);
}

const driveHeaders = ({ id, secret }: Pick<Channel, "id" | "secret">, number: number, state = "change") => ({
  "x-goog-channel-id": id,
  "x-goog-channel-token": secret,
  "x-goog-message-number": String(number),
  "x-goog-resource-state": state,
  "x-goog-resource-id": "remote",
});
const drive = (channel: Pick<Channel, "id" | "secret">, number: number, state?: string) =>
  post("google-drive", "", driveHeaders(channel, number, state));

describe("Google Drive's channels", () => {
  test("the first message of a channel says nothing happened, a later one queues a sync that begins in a moment (C17)", async () => {
    const channel = await channelOf("google-drive");
    const hello = await drive(channel, 1, "sync");
    expect([hello.status, await hello.text(), await queued(channel.connectionId)]).toEqual([200, "", 0]);
    expect((await drive(channel, 2)).status).toBe(200);
    const [run] = await events(channel.connectionId);
    expect(run).toMatchObject({ status: "queued", trigger: "event", requestedBy: null });
    const { rows } = await pool().query<{ waits: boolean }>(
      "select start_after > created_on as waits from pgboss.job where data ->> 'runId' = $1",
      [run?.id],
    );
    expect(rows).toEqual([{ waits: true }]);
  });

  test("an unknown channel, a wrong token, one that is over, another provider's and a paused one get the same answer, and do nothing (C17)", async () => {
    const channel = await channelOf("google-drive");
    const over = await channelOf("google-drive", undefined, -1_000);
    const foreign = await channelOf("onedrive");
    const paused = await channelOf("google-drive");
    await pauseConnection(api.acme.principal, paused.connectionId);
    const answers = new Set<string>();
    for (const sender of [
      { id: newId(), secret: channel.secret },
      { id: "no id at all", secret: channel.secret },
      { id: channel.id, secret: "" },
      { id: channel.id, secret: channel.secret.slice(0, -1) },
      { id: channel.id, secret: over.secret },
      over,
      foreign,
      paused,
    ])
      answers.add(await seen(await drive(sender, 7)));
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^\[404,/);
    expect(await prisma().syncRun.count({ where: { trigger: "event" } })).toBe(0);
  });

  test("a message that comes again, or late, is not taken twice, also by another process (C17)", async () => {
    const channel = await channelOf("google-drive");
    await drive(channel, 5);
    await finishAll();
    for (const number of [5, 4, 1]) {
      forgetWakes();
      expect((await drive(channel, number)).status).toBe(200);
    }
    forgetWakes();
    forgetChannel(channel.id); // as a process that has seen none of them
    await drive(channel, 5);
    expect(await queued(channel.connectionId)).toBe(0);
    await drive(channel, 6);
    expect(await queued(channel.connectionId)).toBe(1);
  });

  test.each([
    ["no headers", {}],
    ["no number", { "x-goog-channel-id": newId(), "x-goog-resource-state": "change" }],
    ["a number that is none", { ...driveHeaders({ id: newId(), secret: "x" }, 1), "x-goog-message-number": "1e3" }],
    ["no state", { ...driveHeaders({ id: newId(), secret: "x" }, 1), "x-goog-resource-state": "" }],
  ])("%s is a 400", async (_name, headers) => {
    expect((await post("google-drive", "", headers)).status).toBe(400);
  });
});

describe("Microsoft Graph's subscriptions", () => {
  const state = (channel: Channel) => `${channel.id}.${channel.secret}`;
  const notify = (...value: unknown[]) =>
    post("onedrive", JSON.stringify({ value }), { "content-type": "application/json" });
  const notice = (clientState: unknown, more: object = {}) => ({
    subscriptionId: "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
    clientState,
    changeType: "updated",
    resource: "me/drive/root",
    ...more,
  });

  test.each([
    "Validation: Testing client application reachability for subscription Request-Id: 45ad6b",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a+b c%20d\u00e4",
  ])("the token %s comes back unchanged, as plain text that nothing renders (C17)", async (token) => {
    const reply = await post(`onedrive?validationToken=${encodeURIComponent(token)}`, "", {
      "content-type": "text/plain",
    });
    expect([reply.status, await reply.text()]).toEqual([200, token]);
    expect(reply.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
    expect(reply.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("only what asks for it is echoed, and not without end (C17)", async () => {
    const echoed = async (target: string) => (await post(target, "")).status;
    expect(await echoed("onedrive?validationToken=")).toBe(400);
    expect(await echoed(`onedrive?validationToken=${"x".repeat(4_097)}`)).toBe(400);
    expect(await echoed("google-drive?validationToken=abc")).toBe(400);
    expect(await echoed("notion?validationToken=abc")).toBe(400);
    expect((await globalThis.fetch(`${api.url}/v3/webhooks/onedrive?validationToken=abc`)).status).toBe(405);
  });

  test("of a batch the notices with the right clientState count, the others are ignored (C17)", async () => {
    const [one, two, spared] = [await channelOf("onedrive"), await channelOf("onedrive"), await channelOf("onedrive")];
    const reply = await notify(
      notice(state(one)),
      notice(`${spared.id}.${one.secret}`),
      notice(null),
      notice(undefined),
      notice("x".repeat(500)),
      notice(state(two)),
      notice(state(two)),
    );
    expect(reply.status).toBe(200);
    expect([await queued(one.connectionId), await queued(two.connectionId), await queued(spared.connectionId)]).toEqual(
      [1, 1, 0],
    );
    expect((await notify(notice(`${spared.id}.${one.secret}`))).status).toBe(404);
    expect((await notify()).status).toBe(200);
  });

  test("told that it has to be renewed, that it ended, or that notices were lost, we do what is needed (C17)", async () => {
    const channel = await channelOf("onedrive");
    const lifecycle = (lifecycleEvent: string, clientState = state(channel)) =>
      notify({ subscriptionId: "7f10", clientState, lifecycleEvent });
    const row = () => prisma().webhookChannel.findUnique({ where: { id: channel.id } });
    await lifecycle("reauthorizationRequired", `${channel.id}.${randomBytes(32).toString("base64url")}`);
    expect((await row())?.state).toEqual({});
    await lifecycle("reauthorizationRequired");
    expect([(await row())?.state, await queued(channel.connectionId)]).toEqual([{ renew: true }, 0]);
    await lifecycle("missed");
    expect(await queued(channel.connectionId)).toBe(1);
    await lifecycle("subscriptionRemoved");
    expect(await row()).toBeNull();
    expect((await lifecycle("missed")).status).toBe(404);
  });

  test.each([
    ["what is no JSON", "{"],
    ["another JSON", "[1, 2]"],
    ["a batch of something else", '{"value": "x"}'],
    ["bytes that are no UTF-8", new Uint8Array([0xff, 0xfe])],
    ["nothing", ""],
  ])("%s is a 400", async (_name, body) => {
    expect((await post("onedrive", body)).status).toBe(400);
  });
});

describe("Notion's signatures", () => {
  const sign = (body: string, secret: string) =>
    `sha256=${createHmac("sha256", secret).update(body, "utf8").digest("hex")}`;
  const event = (workspace: string, more: object = {}) =>
    JSON.stringify({
      id: "367cba44-b6f3-4c92-81e7-6a2e9659efd4",
      timestamp: new Date().toISOString(),
      workspace_id: workspace,
      type: "page.content_updated",
      ...more,
    });
  const send = (body: string, signature: string | undefined, target = "notion") =>
    post(target, body, signature === undefined ? {} : { "x-notion-signature": signature });
  const ownApp = (organization: TestOrganization, secret: string | null) =>
    prisma().oAuthApp.create({
      data: {
        organizationId: organization.organizationId,
        provider: "notion",
        clientId: "own",
        clientSecret: "sealed",
        webhookSecret: secret && vault().seal(secret, appWebhookSecret("notion", organization.organizationId)),
      },
    });

  test("a signed event syncs every connection of its workspace, whoever's it is, and no other (C17)", async () => {
    const workspace = newId();
    const [ours, theirs, other] = [
      await connected("notion", workspace),
      await connected("notion", workspace, api.globex),
      await connected("notion"),
    ];
    const body = event(workspace);
    const reply = await send(body, sign(body, operatorsSecret));
    expect([reply.status, await reply.text()]).toEqual([200, ""]);
    expect([await queued(ours), await queued(theirs), await queued(other)]).toEqual([1, 1, 0]);
  });

  test("without the right signature nothing happens, and an unknown workspace looks like a known one (C17)", async () => {
    const workspace = newId();
    const connectionId = await connected("notion", workspace);
    const body = event(workspace);
    const right = sign(body, operatorsSecret);
    const answers = new Set<string>();
    for (const signature of [
      undefined,
      "",
      right.slice("sha256=".length),
      right.slice(0, -1),
      right.slice(0, -2),
      `${right}0`,
      `${right.slice(0, -1)}g`,
      right.replace("sha256", "sha1"),
      "sha256=",
      sign(body, "another secret"),
      sign(body, ""),
      sign(`${body} `, operatorsSecret),
    ])
      answers.add(await seen(await send(body, signature)));
    const unknown = event(newId());
    answers.add(await seen(await send(unknown, sign(unknown, "another secret"))));
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^\[401,/);
    expect(await queued(connectionId)).toBe(0);
    const [known, stranger] = [await send(body, right), await send(unknown, sign(unknown, operatorsSecret))];
    expect(await seen(stranger)).toBe(await seen(known));
  });

  test("an event played back days later is ignored; one without a time is not (C17)", async () => {
    const workspace = newId();
    const connectionId = await connected("notion", workspace);
    const old = event(workspace, { timestamp: new Date(Date.now() - 4 * 86_400_000).toISOString() });
    expect((await send(old, sign(old, operatorsSecret))).status).toBe(200);
    expect(await queued(connectionId)).toBe(0);
    const timeless = event(workspace, { timestamp: "soon" });
    await send(timeless, sign(timeless, operatorsSecret));
    expect(await queued(connectionId)).toBe(1);
  });

  test("an organization's own app speaks for its own connections alone (C17)", async () => {
    const workspace = newId();
    const [ours, theirs] = [await connected("notion", workspace), await connected("notion", workspace, api.globex)];
    await ownApp(api.globex, "secret_globex-own");
    const body = event(workspace);
    expect((await send(body, sign(body, "secret_globex-own"))).status).toBe(200);
    expect([await queued(ours), await queued(theirs)]).toEqual([0, 1]);
  });

  test.each([
    ["what is no JSON", "{"],
    ["no object", "[]"],
    ["a workspace that is no text", '{"workspace_id": 5}'],
  ])("%s is a 400, signed or not", async (_name, body) => {
    expect((await send(body, sign(body, operatorsSecret))).status).toBe(400);
    expect((await send(body, undefined)).status).toBe(400);
  });

  describe("registering the address", () => {
    const handshake = (secret: string) => JSON.stringify({ verification_token: secret });

    test("with the operator's secret set, only that one is answered kindly (C17)", async () => {
      const [right, other] = [handshake(operatorsSecret), handshake("secret_other")];
      expect((await send(right, sign(right, operatorsSecret))).status).toBe(200);
      expect((await send(right, sign(right, "secret_other"))).status).toBe(401);
      expect((await send(other, sign(other, "secret_other"))).status).toBe(401);
    });

    test("without it the secret waits in a file for the operator, and counts for nothing until it is set", async () => {
      setEnvForTests({ NOTION_WEBHOOK_SECRET: undefined });
      try {
        const first = "secret_first-registration";
        const body = handshake(first);
        expect((await send(body, sign(body, "not itself"))).status).toBe(401);
        expect((await send(body, undefined)).status).toBe(401);
        expect((await send(body, sign(body, first))).status).toBe(200);
        expect(await readFile(handshakeFile("notion"), "utf8")).toBe(`${first}\n`);
        // Strangers cannot make the disk busy.
        const another = handshake("secret_another");
        expect((await send(another, sign(another, "secret_another"))).status).toBe(401);
        const workspace = newId();
        const connectionId = await connected("notion", workspace);
        const signed = event(workspace);
        expect((await send(signed, sign(signed, first))).status).toBe(401);
        expect(await queued(connectionId)).toBe(0);
      } finally {
        setEnvForTests({ NOTION_WEBHOOK_SECRET: operatorsSecret });
      }
    });

    test("the first secret sent to an organization's own address stays, sealed; a second one is refused", async () => {
      await ownApp(api.acme, null);
      const target = `notion?organization=${api.acme.organizationId}`;
      const send2 = (secret: string, to = target) => {
        const body = handshake(secret);
        return send(body, sign(body, secret), to);
      };
      expect((await send2("secret_first")).status).toBe(200);
      const { webhookSecret } = await prisma().oAuthApp.findFirstOrThrow({});
      expect(webhookSecret).toMatch(/^v1\./);
      expect((await send2("secret_second")).status).toBe(401);
      expect((await send2("secret_first")).status).toBe(200);
      expect((await prisma().oAuthApp.findFirstOrThrow({})).webhookSecret).toBe(webhookSecret);
      for (const nobody of [newId(), api.globex.organizationId, "x"])
        expect((await send2("secret_first", `notion?organization=${nobody}`)).status).toBe(401);
      const workspace = newId();
      const connectionId = await connected("notion", workspace);
      const body = event(workspace);
      expect((await send(body, sign(body, "secret_first"), target)).status).toBe(200);
      expect(await queued(connectionId)).toBe(1);
    });
  });
});

test("a flood of registrations is told to wait, and does not keep the database busy (C17)", async () => {
  const body = JSON.stringify({ verification_token: "secret_flood" });
  const signature = `sha256=${createHmac("sha256", "secret_flood").update(body).digest("hex")}`;
  const address = `notion?organization=${newId()}`;
  // The database takes its time: what is asked of it stays under way until the flood is there.
  const slow = await pool().connect();
  await slow.query("begin; lock table oauth_apps in access exclusive mode");
  const replies = Array.from({ length: 200 }, () => post(address, body, { "x-notion-signature": signature }));
  try {
    expect((await Promise.race(replies)).status).toBe(503);
  } finally {
    await slow.query("rollback");
    slow.release();
  }
  const statuses = new Set((await Promise.all(replies)).map(({ status }) => status));
  expect(statuses).toEqual(new Set([401, 503]));
  expect((await post(address, body, { "x-notion-signature": signature })).status).toBe(401);
});

describe("any webhook", () => {
  test("a provider that tells nothing, and what is no provider, is a 404; too large a body a 413 (C17)", async () => {
    expect((await post("s3", "{}")).status).toBe(404);
    expect((await post("nonsense", "{}")).status).toBe(404);
    expect((await post("onedrive", "x".repeat(1_000_001))).status).toBe(413);
  });

  test("while nothing is chosen to be synced, or it is deleted, a notice does nothing", async () => {
    const waiting = await channelOf("google-drive");
    await prisma().connection.update({ where: { id: waiting.connectionId }, data: { nextSyncAt: null } });
    expect((await drive(waiting, 2)).status).toBe(200);
    expect(await queued(waiting.connectionId)).toBe(0);
  });

  test("10,000 notices at once are one queued sync and a handful of queries (C17)", async () => {
    const channel = await channelOf("google-drive");
    await prepareQueue(); // making its tables is not counted
    let queries = 0;
    const database = pool();
    const { connect, query } = database;
    database.connect = ((...args: unknown[]) => (queries++, Reflect.apply(connect, database, args))) as typeof connect;
    database.query = ((...args: unknown[]) => (queries++, Reflect.apply(query, database, args))) as typeof query;
    try {
      const body = new Uint8Array();
      const begun = performance.now();
      const answers = await Promise.all(
        Array.from({ length: 10_000 }, (_, i) =>
          receiveNotice("google-drive", { query: new URLSearchParams(), headers: driveHeaders(channel, i + 2), body }),
        ),
      );
      const ms = performance.now() - begun;
      expect(new Set(answers.map((answer) => answer.kind))).toEqual(new Set(["accepted"]));
      expect(queries).toBeLessThan(20);
      expect(ms).toBeLessThan(5_000);
    } finally {
      Object.assign(database, { connect, query });
    }
    expect((await events(channel.connectionId)).length).toBe(1);
  });

  test("1,000 of them over HTTP, from several senders, queue one sync each (C17)", async () => {
    const channels = await Promise.all([1, 2, 3, 4].map(() => channelOf("google-drive")));
    const statuses = new Set<number>();
    for (let number = 2; number < 252; number += 25) {
      const burst = channels.flatMap((channel) => Array.from({ length: 25 }, (_, i) => drive(channel, number + i)));
      for (const reply of await Promise.all(burst)) statuses.add(reply.status);
    }
    expect(statuses).toEqual(new Set([200]));
    for (const { connectionId } of channels) expect((await events(connectionId)).length).toBe(1);
  });

  test("joins a sync that is queued already, and is queued behind one that runs", async () => {
    const channel = await channelOf("google-drive");
    await prisma().syncRun.create({
      data: {
        id: newId(),
        organizationId: api.acme.organizationId,
        connectionId: channel.connectionId,
        trigger: "manual",
        status: "running",
      },
    });
    await drive(channel, 2);
    expect(await queued(channel.connectionId)).toBe(1);
    forgetWakes();
    await drive(channel, 3);
    expect(await queued(channel.connectionId)).toBe(1);
  });

  test("without the database the provider is told to try again, and then the same notice counts (D01)", async () => {
    const channel = await channelOf("google-drive");
    await drive(channel, 1, "sync"); // it is known here from now on
    const url = env().DATABASE_URL ?? "";
    const gone = new URL(url);
    gone.searchParams.set("host", "/nowhere/at/all");
    gone.hostname = "127.0.0.1";
    gone.port = "9";
    await closeDatabase();
    setEnvForTests({ DATABASE_URL: gone.href });
    try {
      const reply = await drive(channel, 2);
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "2"]);
    } finally {
      await closeDatabase();
      setEnvForTests({ DATABASE_URL: url });
    }
    expect((await drive(channel, 2)).status).toBe(200);
    expect(await queued(channel.connectionId)).toBe(1);
  });
});
