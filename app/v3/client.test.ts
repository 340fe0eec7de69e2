import Supermemory, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from "supermemory";
import { beforeEach, describe, expect, test } from "vitest";
import { idPattern } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().document.deleteMany({});
});

describe("the official client, unchanged, with our base URL", () => {
  test("connects a bucket at once: an id, and nothing to authorise", async () => {
    const created = await api.client.connections.create("s3", {
      containerTag: "user_1",
      containerTags: ["team:a", "user_1"],
      documentLimit: 500,
      metadata: { ...stubSettings, department: "sales", priority: 3, internal: true },
      redirectUrl: "https://app.example.com/done?x=1",
    });
    expect(created).toEqual({
      id: expect.stringMatching(idPattern),
      authLink: null,
      expiresIn: null,
      redirectsTo: "https://app.example.com/done?x=1",
    });
    const connection = await api.client.connections.getByID(created.id);
    expect(connection).toMatchObject({
      id: created.id,
      provider: "s3",
      documentLimit: 500,
      containerTags: ["user_1", "team:a"],
      metadata: {
        bucket: "docs",
        region: "eu-central-1",
        department: "sales",
        priority: 3,
        internal: true,
        syncInProgress: true,
        documentCount: 0,
      },
    });
    expect(connection.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await prisma().syncRun.count({ where: { connectionId: created.id, status: "queued" } })).toBe(1);
    expect(await prisma().auditEvent.count({ where: { target: `connection:${created.id}` } })).toBe(1);
  });

  test("lists, and finds by provider and tags the newest that has all of them", async () => {
    const first = await api.connect({ containerTags: ["a", "b"] });
    const second = await api.connect({ containerTags: ["b", "c", "a"] });
    const ids = async (containerTags?: string[]) =>
      (await api.client.connections.list(containerTags ? { containerTags } : {})).map((c) => c.id);
    expect(await ids()).toEqual([second, first]);
    expect(await ids([])).toEqual([second, first]);
    expect(await ids(["c"])).toEqual([second]);
    expect(await ids(["b", "a"])).toEqual([second, first]);
    expect(await ids(["a", "nobody"])).toEqual([]);
    const found = await api.client.connections.getByTag("s3", { containerTags: ["a", "b"] });
    expect(found.id).toBe(second);
    await expect(api.client.connections.getByTag("s3", { containerTags: ["zzz"] })).rejects.toThrow(NotFoundError);
    await expect(api.client.connections.getByTag("s3", { containerTags: [] })).rejects.toThrow(BadRequestError);
  });

  test("starts an import: 202, a sentence, and asking again joins the one that waits", async () => {
    const id = await api.connect({ containerTags: ["a"] });
    const sentence = await api.client.connections.import("s3", { containerTags: ["a"] });
    expect(sentence).toBe("Importing 1 connection...");
    const raw = await api.client.connections.import("s3", {}).asResponse();
    expect(raw.status).toBe(202);
    expect(raw.headers.get("content-type")).toMatch(/^text\/plain/);
    await Promise.all(Array.from({ length: 20 }, () => api.client.connections.import("s3", {})));
    expect(await prisma().syncRun.count({ where: { connectionId: id } })).toBe(1);
  });

  test("removes by id and by provider, and answers what was removed", async () => {
    const [a, b] = [await api.connect({ containerTags: ["a"] }), await api.connect({ containerTags: ["b"] })];
    expect(await api.client.connections.deleteByID(a)).toEqual({ id: a, provider: "s3" });
    await expect(api.client.connections.getByID(a)).rejects.toThrow(NotFoundError);
    await expect(api.client.connections.deleteByID(a)).rejects.toThrow(NotFoundError);
    expect(await api.client.connections.deleteByProvider("s3", { containerTags: ["b"] })).toEqual({
      id: b,
      provider: "s3",
    });
    await expect(api.client.connections.deleteByProvider("s3", { containerTags: ["b"] })).rejects.toThrow(
      NotFoundError,
    );
    expect(await api.client.connections.list({})).toEqual([]);
  });

  test("keeps the documents of a removed connection only when asked with exactly false", async () => {
    const [keep, drop] = [await api.connect(), await api.connect()];
    await addDocuments(api.acme, keep, ["kept.md"]);
    await addDocuments(api.acme, drop, ["dropped.md"]);
    await api.client.connections.deleteByID(keep, { deleteDocuments: "false" });
    await api.client.connections.deleteByID(drop, { deleteDocuments: "False" });
    const { memories } = await api.client.documents.list({});
    expect(memories.map((m) => m.title)).toEqual(["kept.md"]);
    expect((await api.client.connections.listDocuments("s3", {})).map((d) => d.title)).toEqual(["kept.md"]);
  });

  test("says that a bucket has no resources to choose from, without being asked three times", async () => {
    const id = await api.connect();
    const insistent = new Supermemory({ apiKey: api.acme.apiKey, baseURL: api.url });
    await expect(insistent.connections.resources(id)).rejects.toMatchObject({ status: 501 });
    await expect(insistent.connections.configure(id, { resources: [{ id: 1 }] })).rejects.toMatchObject({
      status: 501,
    });
    await expect(api.client.connections.resources("nope")).rejects.toThrow(NotFoundError);
  });

  test("lists and gets documents in the protocol's shape", async () => {
    const id = await api.connect({ containerTags: ["a"], metadata: { ...stubSettings, department: "sales" } });
    await addDocuments(api.acme, id, ["one.md", "two.md", "three.md"], { containerTags: ["a"] });
    const listed = await api.client.connections.listDocuments("s3", { containerTags: ["a"] });
    expect(listed.map((d) => d.title)).toEqual(["three.md", "two.md", "one.md"]);
    expect(listed[0]).toMatchObject({ status: "done", type: "text", summary: null });
    const page = await api.client.documents.list({ limit: "2", page: "2", order: "asc", containerTags: ["a"] });
    expect(page.memories.map((m) => m.title)).toEqual(["three.md"]);
    expect(page.pagination).toEqual({ currentPage: 2, limit: 2, totalItems: 3, totalPages: 2, nextCursor: null });
    expect(page.memories[0]).not.toHaveProperty("content");
    const department = (value: string) => ({ AND: [{ key: "department", value }] });
    await prisma().document.updateMany({ where: { title: "two.md" }, data: { metadata: { department: "sales" } } });
    const filtered = await api.client.documents.list({ filters: department("sales") });
    expect([filtered.memories.map((m) => m.title), filtered.pagination.totalItems]).toEqual([["two.md"], 1]);
    expect((await api.client.documents.list({ filters: department("law") })).memories).toEqual([]);
    const withContent = await api.client.documents.list({ includeContent: true, limit: 1 });
    expect(withContent.memories[0]).toMatchObject({ content: "# three.md" });
    const document = await api.client.documents.get(listed[0]?.id ?? "");
    expect(document).toMatchObject({
      title: "three.md",
      content: "# three.md",
      connectionId: id,
      containerTags: ["a"],
      status: "done",
      taskType: "memory",
      source: "s3",
      raw: null,
      ogImage: null,
      spatialPoint: null,
      customId: "s3://docs/three.md",
    });
    await expect(api.client.documents.get("0000000000000000000000")).rejects.toThrow(NotFoundError);
  });

  test("understands calls without any parameters, which send no body and no content type", async () => {
    const bare = api.client.connections as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    expect(await bare["list"]?.()).toEqual([]);
    expect(await bare["listDocuments"]?.("gmail")).toEqual([]);
    expect(await bare["import"]?.("github")).toBe("No connections to import.");
    await expect(bare["create"]?.("gmail")).rejects.toThrow(/^400 .*Gmail is not available on this server yet/);
    await expect(bare["create"]?.("s3")).rejects.toThrow(/^400 .*metadata\.bucket/);
    const { memories } = await (api.client.documents as unknown as { list(): Promise<{ memories: unknown[] }> }).list();
    expect(memories).toEqual([]);
  });

  test("gets the documented refusals of a bucket with their fix", async () => {
    for (const [kind, status, type] of [
      ["reauth", 401, AuthenticationError],
      ["denied", 403, PermissionDeniedError],
      ["missing", 404, NotFoundError],
      ["blocked", 400, BadRequestError],
    ] as const) {
      api.source.refuse = kind;
      const error: unknown = await api.client.connections
        .create("s3", { metadata: stubSettings })
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({
        status,
        error: { error: `Refused: ${kind}.`, details: "metadata.bucket: Mend it." },
      });
    }
    expect(await prisma().connection.count()).toBe(0);
  });

  test("an unreachable source is a 502 that the client does not repeat", async () => {
    api.source.refuse = "transient";
    const before = api.source.checks;
    const insistent = new Supermemory({ apiKey: api.acme.apiKey, baseURL: api.url });
    await expect(insistent.connections.create("s3", { metadata: stubSettings })).rejects.toMatchObject({ status: 502 });
    expect(api.source.checks).toBe(before + 1);
  });

  test("a wrong key is an AuthenticationError", async () => {
    const stranger = new Supermemory({ apiKey: "My API Key", baseURL: api.url, maxRetries: 0 });
    await expect(stranger.connections.list({})).rejects.toThrow(AuthenticationError);
  });
});
