import { beforeEach, describe, expect, test } from "vitest";
import { closeDatabase, prisma } from "#lib/db/client.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().document.deleteMany({});
});

async function patch(id: string, body: unknown): Promise<[number, Record<string, unknown>]> {
  const reply = await api.send("PATCH", `/v3/connections/${id}`, body);
  return [reply.status, (await reply.json()) as Record<string, unknown>];
}

describe("PATCH /v3/connections/{id}", () => {
  test("changes what is named and leaves the rest", async () => {
    const id = await api.connect({ containerTags: ["a"], metadata: { ...stubSettings, team: "x", level: 3 } });
    const [status, changed] = await patch(id, {
      name: "Handbook",
      documentLimit: 12,
      intervalSeconds: 600,
      metadata: { prefix: "hr/", team: null, region: "eu-west-1" },
    });
    expect(status).toBe(200);
    expect(changed).toMatchObject({
      id,
      name: "Handbook",
      documentLimit: 12,
      intervalSeconds: 600,
      containerTags: ["a"],
    });
    expect(changed["metadata"]).toEqual({
      bucket: "docs",
      region: "eu-west-1",
      prefix: "hr/",
      level: 3,
      syncInProgress: true,
      documentCount: 0,
    });
    expect(api.source.last).toMatchObject({ secretAccessKey: stubSettings.secretAccessKey, prefix: "hr/" });
  });

  test("pauses and resumes", async () => {
    const id = await api.connect();
    expect(await patch(id, { paused: true })).toMatchObject([
      200,
      { paused: true, status: "paused", nextSyncAt: null },
    ]);
    expect(await patch(id, { paused: false })).toMatchObject([200, { paused: false, status: "queued" }]);
    const sentence = await api.send("POST", "/v3/connections/s3/import");
    expect(await sentence.text()).toBe("Importing 1 connection...");
  });

  test.each([
    ["documentLimit", { documentLimit: 0 }],
    ["intervalSeconds", { intervalSeconds: 5 }],
    ["containerTags", { containerTags: ["no good"] }],
    ["name", { name: "x".repeat(101) }],
    ["metadata.bucket", { metadata: { bucket: null } }],
    ["metadata.team", { metadata: { team: { nested: true } } }],
    ["paused", { paused: "yes" }],
  ])("a wrong %s is a 400 that names it and changes nothing", async (field, body) => {
    const id = await api.connect();
    const before = await prisma().connection.findUniqueOrThrow({ where: { id } });
    expect(await patch(id, body)).toMatchObject([400, { details: expect.stringContaining(field) }]);
    expect(await prisma().connection.findUniqueOrThrow({ where: { id } })).toEqual(before);
  });
});

test("all documents of a provider are streamed, and the list is complete JSON", async () => {
  const id = await api.connect();
  await addDocuments(
    api.acme,
    id,
    Array.from({ length: 3_100 }, (_, i) => `d${i}.md`),
  );
  const reply = await api.send("POST", "/v3/connections/s3/documents", {});
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(reply.headers.get("content-length")).toBeNull();
  const items = (await reply.json()) as { id: string }[];
  expect(new Set(items.map((item) => item.id)).size).toBe(3_100);
});

test("a page with contents is streamed, too, and the same as without but for them", async () => {
  const id = await api.connect();
  const page = async (body: object) => {
    const reply = await api.send("POST", "/v3/documents/list", body);
    return (await reply.json()) as { memories: { id: string; content?: string }[]; pagination: object };
  };
  expect(await page({ includeContent: true })).toEqual(await page({}));
  await addDocuments(api.acme, id, ["a.md", "b.md"]);
  const [plain, full] = [await page({}), await page({ includeContent: true })];
  expect(full.memories.map((item) => item.content)).toEqual(["# b.md", "# a.md"]);
  for (const item of full.memories) delete item.content;
  expect(full).toEqual(plain);
});

test("D01 without its database the API says so within three seconds, when to come back, and is back by itself", async () => {
  await api.connect();
  const url = env().DATABASE_URL ?? "";
  const gone = new URL(url);
  gone.searchParams.set("host", "/nowhere/at/all");
  gone.hostname = "127.0.0.1";
  gone.port = "9";
  await closeDatabase();
  setEnvForTests({ DATABASE_URL: gone.href });
  try {
    const start = performance.now();
    const reply = await api.send("POST", "/v3/connections/list", {});
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await reply.json()).toEqual({
      error: "The service is not available right now.",
      details: "Try again in a few seconds.",
    });
    expect(performance.now() - start).toBeLessThan(3_000);
  } finally {
    await closeDatabase();
    setEnvForTests({ DATABASE_URL: url });
  }
  expect((await api.send("POST", "/v3/connections/list", {})).status).toBe(200);
});

test("an operator can have deletions answered as the later specification has it", async () => {
  const id = await api.connect();
  setEnvForTests({ API_DELETE_RETURNS: "array" });
  try {
    expect(await (await api.send("DELETE", `/v3/connections/${id}`)).json()).toEqual([{ id, provider: "s3" }]);
  } finally {
    setEnvForTests({ API_DELETE_RETURNS: "object" });
  }
});
