import Supermemory, { AuthenticationError, BadRequestError, NotFoundError } from "supermemory";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectorOf } from "#lib/connections/registry.ts";
import { openSecrets } from "#lib/connections/secrets.ts";
import { FakeS3 } from "#lib/connectors/s3/fake/server.ts";
import { FakeWebsite } from "#lib/connectors/web-crawler/fake/website.ts";
import type { FakeSource } from "#lib/testing/fake-source.ts";
import { prisma } from "#lib/db/client.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { createHttp } from "#lib/egress/http.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import { executeRun, type Engine } from "#lib/sync/run.ts";
import { testApi } from "#lib/testing/api.ts";

const api = testApi({ RETRY_BASE_MS: "1" }, { realConnectors: true });
let bucket: FakeS3;
let site: FakeWebsite;
const extractor = createExtractor();

beforeAll(async () => {
  bucket = await FakeS3.start();
  site = await FakeWebsite.start();
  setEnvForTests({ EGRESS_ALLOW: [...bucket.allow, ...site.allow].join(",") });
});

afterAll(async () => {
  await Promise.all([bucket.close(), site.close(), extractor.close()]);
});

/** Does what waits, as a worker would. */
async function work(): Promise<void> {
  const engine: Engine = {
    connector: connectorOf,
    secrets: async (row) => openSecrets({ id: row.id, organizationId: row.organization_id, secrets: row.secrets }),
    authorize: authorizeConnection,
    createHttp,
    extractor,
    log: () => {},
  };
  for (const { id } of await prisma().syncRun.findMany({ where: { status: "queued" } })) await executeRun(engine, id);
}

/** Every document of a provider with its text, by the name it has at the source. */
async function texts(provider: "s3" | "web-crawler"): Promise<Map<string, string>> {
  const items = await api.client.connections.listDocuments(provider, {});
  const documents = await Promise.all(items.map((item) => api.client.documents.get(item.id)));
  return new Map(documents.map((document) => [document.customId ?? "", document.content ?? ""]));
}

function expectAll(found: Map<string, string>, source: FakeSource): void {
  expect(found.size).toBe(source.expected().size);
  const all = [...found.values()];
  for (const phrase of source.expected().values()) expect(all.filter((text) => text.includes(phrase))).toHaveLength(1);
}

describe.each([
  ["s3", () => bucket],
  ["web-crawler", () => site],
] as const)("%s, from the first call to the last through the official client", (provider, source) => {
  test("connect, watch, read, import, remove", async () => {
    const { client } = api;
    await source().put("first", "The heron stands in the shallow water.");
    await source().put("second", "Tides follow the moon by fifty minutes.");
    const { id, authLink, expiresIn } = await client.connections.create(provider, {
      containerTags: ["team"],
      metadata: { ...source().metadata, department: "science" },
    });
    expect([authLink, expiresIn]).toEqual([null, null]);
    expect((await client.connections.getByID(id)).metadata).toMatchObject({ syncInProgress: true, documentCount: 0 });
    await work();
    const synced = await client.connections.getByID(id);
    expect(synced.metadata).toMatchObject({
      syncInProgress: false,
      documentCount: source().expected().size,
      lastSyncedAt: expect.any(Number),
      department: "science",
    });
    expect(synced).toMatchObject({
      lastSyncRun: { status: "completed", errorCode: null, error: null },
      status: "synced",
    });
    expectAll(await texts(provider), source());
    const { memories, pagination } = await client.documents.list({ containerTags: ["team"], limit: 100 });
    expect(pagination.totalItems).toBe(source().expected().size);
    for (const memory of memories) expect(memory.metadata).toMatchObject({ department: "science" });

    await source().put("second", "Tides follow the moon by fifty minutes and a half.");
    await source().put("third", "Salt marshes grow where the current is slow.");
    expect(await client.connections.import(provider, { containerTags: ["team"] })).toBe("Importing 1 connection...");
    await work();
    expectAll(await texts(provider), source());
    const runs = (await client.get(`/v3/connections/${id}/sync-runs`)) as { status: string; counts: object }[];
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatchObject({
      connectionId: id,
      status: "completed",
      triggerType: "manual",
      itemsFailed: 0,
      counts: { new: 1, removed: 0, failed: 0 },
    });

    // No secret in anything the API says.
    const said = JSON.stringify([synced, memories, runs, await client.connections.list({})]);
    expect(said).not.toContain("fake/Secret+Key=");
    expect(said).not.toContain("AKIDFAKE");

    expect(await client.connections.deleteByProvider(provider, { containerTags: ["team"] })).toEqual({ id, provider });
    expect(await client.connections.listDocuments(provider, {})).toEqual([]);
  });
});

describe("what a bucket refuses, as documented", () => {
  const create = (metadata: Record<string, string>) =>
    new Supermemory({ apiKey: api.acme.apiKey, baseURL: api.url, maxRetries: 0 }).connections.create("s3", {
      metadata: { ...bucket.metadata, ...metadata },
    });

  test.each([
    ["a wrong secret", { secretAccessKey: "wrong" }, AuthenticationError, /^401 .*Authentication failed/],
    ["an unknown key", { accessKeyId: "AKIDUNKNOWN" }, AuthenticationError, /^401 .*Authentication failed/],
    ["no such bucket", { bucket: "nobody" }, NotFoundError, /^404 .*Bucket not found/],
    ["a private address", { endpoint: "http://127.0.0.1:9" }, BadRequestError, /^400 .*metadata\.endpoint/],
    ["cloud metadata", { endpoint: "http://169.254.169.254" }, BadRequestError, /^400 .*metadata\.endpoint/],
    [
      "a path in the endpoint",
      { endpoint: "https://s3.example.com/docs" },
      BadRequestError,
      /^400 .*metadata\.endpoint/,
    ],
    [
      "a user in the endpoint",
      { endpoint: "https://a:b@s3.example.com" },
      BadRequestError,
      /^400 .*metadata\.endpoint/,
    ],
  ] as const)("%s", async (_name, metadata, type, message) => {
    const error: unknown = await create(metadata).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    ["no group userId", "users/([^/]+)/"],
    ["two groups userId", "(?<userId>a)|(?<userId>b)"],
    ["look-behind", "(?<=users/)(?<userId>.+)"],
    ["a back-reference", "(?<userId>.)\\1"],
    ["200 characters", `(?<userId>${"a".repeat(189)})`],
    ["not a regex", "(?<userId>"],
  ])("A20 containerTagRegex with %s is a 400 at once that names it", async (_name, containerTagRegex) => {
    const start = performance.now();
    await expect(create({ containerTagRegex })).rejects.toThrow(/^400 .*metadata\.containerTagRegex/);
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("a website that is none is refused with its cause; nothing is stored for it", async () => {
    const before = await prisma().connection.count();
    for (const startUrl of [
      "ftp://example.com",
      "http://127.0.0.1:9/",
      "http://[::ffff:127.0.0.1]/",
      "not a url",
      "",
    ]) {
      const error: unknown = await api.client.connections
        .create("web-crawler", { metadata: { startUrl } })
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(BadRequestError);
      expect((error as Error).message).toContain("metadata.startUrl");
    }
    expect(await prisma().connection.count()).toBe(before);
    expect(env().EGRESS_ALLOW).not.toContain("127.0.0.1:9");
  });
});
