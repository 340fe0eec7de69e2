import Supermemory, { BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError } from "supermemory";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ServerResponse } from "node:http";
import { listAudit } from "#lib/audit/service.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { createKey } from "#lib/keys/service.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments as addSynced } from "#lib/testing/documents.ts";
import { serve, type Loopback } from "#lib/testing/loopback.ts";

const api = testApi();
const never = new AbortController().signal;
const customId = "s3://bucket/träume & räume/100%/a+b?.md";

let site: Loopback;
let extractor: Extractor;

beforeAll(async () => {
  extractor = createExtractor({ threads: 1 });
  site = await serve((_request, response: ServerResponse) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>Soup</title><main><h1>Soup</h1><p>Cabbage and patience.</p></main>");
  });
  afterAll(async () => {
    await extractor.close();
    await site.close();
  });
});
beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().connection.deleteMany({});
  await prisma().auditEvent.deleteMany({});
  await prisma().idempotencyKey.deleteMany({});
});

/** What a worker would do until nothing is left to do. */
async function work(): Promise<void> {
  const { rows } = await pool().query<{ id: string }>(
    "select id from documents where status in ('queued', 'extracting')",
  );
  const reach = (options: Parameters<typeof createHttp>[0]) =>
    createHttp({ ...options, allow: [...options.allow, site.allow] });
  for (const { id } of rows) await processDocument({ createHttp: reach, extractor }, id, never);
  for (const { organizationId } of [api.acme, api.globex]) await indexOrganization(organizationId, never);
}

async function clientFor(containerTag: string): Promise<Supermemory> {
  const { key } = await createKey(api.acme.principal, {
    name: "one container",
    containerTag,
    scopes: ["read", "write"],
  });
  return new Supermemory({ apiKey: key, baseURL: api.url, maxRetries: 0 });
}

describe("the official client, unchanged", () => {
  test("adds a text, follows it until it is done, reads it, its chunks and its place in the list", async () => {
    const { client } = api;
    const added = await client.add({
      content: "# Cabbage\n\nPlant it in spring.\n\n## Harvest\n\nIn autumn.",
      containerTag: "user_1",
      customId,
      metadata: { crop: "cabbage", year: 2026, tags: ["a", "b"] },
    });
    expect(added.status).toBe("queued");
    expect(await client.documents.listProcessing()).toMatchObject({
      totalCount: 1,
      documents: [{ id: added.id, customId }],
    });
    await work();
    expect(await client.documents.listProcessing()).toEqual({ totalCount: 0, documents: [] });
    for (const reference of [added.id, customId])
      expect(await client.documents.get(reference)).toMatchObject({
        id: added.id,
        customId,
        connectionId: null,
        title: "Cabbage",
        status: "done",
        type: "text",
        content: "# Cabbage\n\nPlant it in spring.\n\n## Harvest\n\nIn autumn.",
        metadata: { crop: "cabbage", year: 2026, tags: ["a", "b"] },
        containerTags: ["user_1"],
        taskType: "memory",
        failure: null,
      });
    const chunks = await api.send("GET", `/v3/documents/${encodeURIComponent(customId)}/chunks`);
    const listed = (await chunks.json()) as { documentId: string; total: number; chunks: { content: string }[] };
    expect(listed).toMatchObject({ documentId: added.id, total: listed.chunks.length });
    expect(listed.chunks.map((chunk) => chunk.content).join("\n")).toContain("In autumn.");
    expect((await client.documents.list({ containerTags: ["user_1"] })).memories).toMatchObject([{ id: added.id }]);
    expect(
      await client.add({
        content: "# Cabbage\n\nPlant it in spring.\n\n## Harvest\n\nIn autumn.",
        containerTag: "user_1",
        customId,
      }),
    ).toEqual({ id: added.id, status: "done" });
  });

  test("adds an address: fetched, read and found under its own title; a private one fails and says why", async () => {
    const page = await api.client.documents.add({ content: `${site.origin}/soup` });
    expect(await api.client.documents.get(page.id)).toMatchObject({ status: "queued", type: "webpage", content: null });
    const inside = await api.client.documents.add({ content: "http://169.254.169.254/latest/meta-data" });
    await work();
    expect(await api.client.documents.get(page.id)).toMatchObject({
      status: "done",
      title: "Soup",
      url: `${site.origin}/soup`,
      content: expect.stringContaining("Cabbage and patience."),
    });
    expect(await api.client.documents.get(inside.id)).toMatchObject({
      status: "failed",
      failure: expect.stringContaining("not on the public internet"),
      content: null,
    });
    const all = await api.send("GET", "/v3/documents/processing?view=all");
    expect(await all.json()).toMatchObject({ totalCount: 1, documents: [{ id: inside.id, status: "failed" }] });
    const active = await api.send("GET", "/v3/documents/processing");
    expect(await active.json()).toEqual({ totalCount: 0, documents: [] });
  });

  test("adds a batch, of objects and of texts", async () => {
    const batch = await api.client.documents.batchAdd({
      documents: [{ content: "one", customId: "1" }, { content: "two" }, { content: "   " }],
      containerTag: "user_1",
    });
    expect(batch).toMatchObject({
      success: 2,
      failed: 1,
      results: [{ status: "queued" }, { status: "queued" }, { id: "", status: "error", error: expect.any(String) }],
    });
    expect(await api.client.documents.batchAdd({ documents: ["three", "four"] })).toMatchObject({
      success: 2,
      failed: 0,
    });
    expect((await api.client.documents.list({ containerTags: ["user_1"] })).pagination.totalItems).toBe(2);
  });

  test("a customId stays one document when its tags are left out, and the query names the container among several", async () => {
    const first = await api.client.documents.add({ content: "v1", customId, containerTag: "user_9" });
    expect((await api.client.documents.add({ content: "v2", customId })).id).toBe(first.id);
    expect(await api.client.documents.get(customId)).toMatchObject({ content: "v2", containerTags: ["user_9"] });
    const file = new File(["theirs"], "theirs.txt", { type: "text/plain" });
    const form = { file, customId, containerTags: JSON.stringify(["user_8"]) };
    const other = await api.client.documents.uploadFile(form);
    expect(other.id).not.toBe(first.id);
    const at = (rest: string) => `/v3/documents/${encodeURIComponent(customId)}${rest}`;
    const asked = async (method: string, rest: string, body?: object) => {
      const reply = await api.send(method, at(rest), body);
      return { status: reply.status, body: reply.status === 204 ? {} : ((await reply.json()) as object) };
    };
    for (const [method, rest, body] of [
      ["GET", ""],
      ["GET", "/chunks"],
      ["GET", "/file-url"],
      ["PATCH", "", { metadata: { a: 1 } }],
      ["DELETE", ""],
    ] as const)
      expect(await asked(method, rest, body)).toEqual({
        status: 400,
        body: { error: "Several documents have this customId.", details: expect.stringContaining("containerTag") },
      });
    expect(await asked("GET", "?containerTag=user_8")).toMatchObject({ status: 200, body: { id: other.id } });
    expect(await asked("GET", "/chunks?containerTag=user_9")).toMatchObject({ body: { documentId: first.id } });
    expect((await asked("GET", "/file-url?containerTag=user_8")).status).toBe(200);
    expect((await asked("GET", "/file-url?containerTag=user_9")).status).toBe(404);
    expect(await asked("PATCH", "?containerTag=user_9", { metadata: { a: 1 } })).toMatchObject({
      body: { id: first.id },
    });
    expect((await asked("GET", "?containerTag=nobody")).status).toBe(404);
    expect((await asked("GET", "?containerTag=no%20tag")).status).toBe(400);
    expect((await asked("DELETE", "?containerTag=user_8")).status).toBe(204);
    expect((await api.client.documents.get(customId)).id).toBe(first.id);
    expect((await asked("DELETE", "")).status).toBe(204);
  });

  test("changes by id and customId, deletes by id and customId, and what is gone is not found", async () => {
    const { id } = await api.client.documents.add({ content: "one", customId });
    const other = await api.client.documents.add({ content: "two" });
    await work();
    expect(await api.client.documents.update(customId, { metadata: { a: 1 } })).toEqual({ id, status: "done" });
    expect(await api.client.documents.update(id, { content: "one more" })).toEqual({ id, status: "queued" });
    expect(await api.client.documents.delete(customId)).toBeNull();
    expect(await api.client.documents.delete(other.id)).toBeNull();
    const raw = await api.send("DELETE", `/v3/documents/${other.id}`);
    expect([raw.status, await raw.json()]).toEqual([404, { error: "Document not found" }]);
    for (const reference of [id, customId, other.id]) {
      await expect(api.client.documents.get(reference)).rejects.toThrow(NotFoundError);
      await expect(api.client.documents.update(reference, { content: "x" })).rejects.toThrow(NotFoundError);
      await expect(api.client.documents.delete(reference)).rejects.toThrow(NotFoundError);
    }
    expect((await api.client.documents.list({})).memories).toEqual([]);
  });

  test("deletes many: by ids, by tags, by path", async () => {
    const one = await api.client.documents.add({ content: "one" });
    await api.client.documents.add({ content: "two", containerTag: "a", filepath: "dir/two.md" });
    await api.client.documents.add({ content: "three", filepath: "dir/three.md" });
    expect(await api.client.documents.deleteBulk({ ids: [one.id, "nobody"] })).toEqual({
      success: true,
      deletedCount: 1,
      errors: [{ id: "nobody", error: "Document not found" }],
    });
    expect(await api.client.documents.deleteBulk({ containerTags: ["a"] })).toMatchObject({ deletedCount: 1 });
    expect(await api.client.documents.deleteBulk({ filepath: "dir/" })).toMatchObject({
      success: true,
      deletedCount: 1,
    });
    await expect(api.client.documents.deleteBulk({})).rejects.toThrow(BadRequestError);
  });

  test("hears what is decided by a connection, and that its document stays away once deleted", async () => {
    const connectionId = await api.connect();
    const [id = ""] = await addSynced(api.acme, connectionId, ["one.md"]);
    const refusal = await api.client.documents.update(id, { content: "x" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BadRequestError);
    expect(String(refusal)).toContain("A connection keeps this document in sync.");
    expect(await api.client.documents.delete("s3://docs/one.md")).toBeNull();
    expect((await api.client.connections.getByID(connectionId)).metadata).toMatchObject({ documentCount: 0 });
  });

  test("for one container sees, makes and deletes nothing outside of it", async () => {
    const theirs = await api.client.documents.add({ content: "theirs", containerTag: "theirs", customId: "x" });
    const client = await clientFor("mine");
    const own = await client.documents.add({ content: "own", customId: "x" });
    expect(await client.documents.get("x")).toMatchObject({ id: own.id, containerTags: ["mine"] });
    await expect(client.documents.add({ content: "no", containerTag: "theirs" })).rejects.toThrow(
      PermissionDeniedError,
    );
    await expect(client.documents.get(theirs.id)).rejects.toThrow(NotFoundError);
    await expect(client.documents.delete(theirs.id)).rejects.toThrow(NotFoundError);
    expect(await client.documents.listProcessing()).toMatchObject({ totalCount: 1 });
    expect(await client.documents.deleteBulk({ containerTags: ["theirs"] })).toMatchObject({ deletedCount: 0 });
    expect(await api.client.documents.get(theirs.id)).toMatchObject({ id: theirs.id });
  });

  test("is told at once, and only once, what this server does not do", async () => {
    const patient = new Supermemory({ apiKey: api.acme.apiKey, baseURL: api.url, maxRetries: 2 });
    const began = performance.now();
    const calls: (() => Promise<unknown>)[] = [
      () => patient.profile({ containerTag: "a" }),
      () => patient.memories.forget({ containerTag: "a", id: "x" }),
      () => patient.memories.updateMemory({ containerTag: "a", id: "x", newContent: "y" }),
      () => patient.post("/v4/memories", { body: { memories: [] } }),
      () => patient.post("/v4/memories/list", { body: {} }),
      () => patient.post("/v4/memories/forget-matching", { body: {} }),
      () => patient.post("/v4/profile/buckets", { body: {} }),
      () => patient.post("/v4/conversations", { body: {} }),
    ];
    for (const call of calls) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({
        status: 501,
        error: { error: expect.stringContaining("no memories"), details: expect.stringContaining("/v3/") },
      });
    }
    expect(performance.now() - began).toBeLessThan(4_000);
    const wrongVerb = await api.send("GET", "/v4/memories");
    expect([wrongVerb.status, wrongVerb.headers.get("allow")]).toEqual([405, "POST, PATCH, DELETE"]);
  });
});

describe("older paths", () => {
  test("do the same as those of today", async () => {
    const post = async (path: string, body: unknown) =>
      (await api.send("POST", path, body)).json() as Promise<{ id: string }>;
    const { id } = await post("/v3/memories", { content: "one", customId });
    expect(await post("/v3/memories/batch", { documents: ["two"] })).toMatchObject({ success: 1 });
    expect(await post("/v3/memories/list", {})).toMatchObject({ pagination: { totalItems: 2 } });
    const encoded = `/v3/memories/${encodeURIComponent(customId)}`;
    expect(await (await api.send("GET", encoded)).json()).toMatchObject({ id, customId });
    expect(await (await api.send("GET", "/v3/memories/processing")).json()).toMatchObject({ totalCount: 2 });
    expect(await (await api.send("PATCH", encoded, { content: "three" })).json()).toEqual({ id, status: "queued" });
    expect((await api.send("DELETE", encoded)).status).toBe(204);
    const bulk = await api.send("DELETE", "/v3/memories/bulk", { ids: [id] });
    expect(await bulk.json()).toMatchObject({ success: false, errors: [{ id }] });
  });
});

describe("paths", () => {
  test.each([
    ["/v3/documents", "POST"],
    ["/v3/documents/batch", "POST"],
    ["/v3/documents/list", "POST"],
    ["/v3/documents/file", "POST"],
    ["/v3/documents/bulk", "DELETE"],
    ["/v3/documents/processing", "GET"],
    ["/v3/documents/some-id", "GET, PATCH, DELETE"],
    ["/v3/documents/some-id/chunks", "GET"],
    ["/v3/memories", "POST"],
    ["/v3/memories/bulk", "DELETE"],
    ["/v4/profile", "POST"],
  ])("A13 %s knows %s, and says so to everything else", async (path, allow) => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      if (allow.split(", ").includes(method)) continue;
      const reply = await api.send(method, path);
      expect([method, reply.status, reply.headers.get("allow")]).toEqual([method, 405, allow]);
      if (method !== "HEAD")
        expect(await reply.json()).toEqual({ error: "Method not allowed", details: expect.any(String) });
    }
  });

  test("a customId is one segment however it is written, and a name of ours is no document", async () => {
    const { id } = await api.client.documents.add({ content: "one", customId: "a/b" });
    expect(await (await api.send("GET", "/v3/documents/a%2Fb")).json()).toMatchObject({ id });
    expect(await (await api.send("GET", "/v3/documents/a%2fb")).json()).toMatchObject({ id });
    expect((await api.send("GET", "/v3/documents/a/b")).status).toBe(404);
    await api.client.documents.add({ content: "two", customId: "batch" });
    expect((await api.send("GET", "/v3/documents/batch")).status).toBe(405);
  });
});

describe("repetitions", () => {
  const post = (headers: Record<string, string>, body: unknown = { content: "one" }, path = "/v3/documents") =>
    api.send("POST", path, body, headers);

  test("A16 one Idempotency-Key, a hundred times at once: one document and a hundred equal replies", async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => post({ "idempotency-key": "once" })));
    const texts = await Promise.all(replies.map((reply) => reply.text()));
    expect([new Set(replies.map(({ status }) => status)), new Set(texts).size]).toEqual([new Set([200]), 1]);
    expect(await prisma().document.count()).toBe(1);
    expect((await post({ "idempotency-key": "once" }, { content: "other" })).status).toBe(400);
    expect((await post({ "idempotency-key": "x".repeat(256) })).status).toBe(400);
  });

  test("A16 the reply is written by the very transaction that stored the document", async () => {
    await post({ "idempotency-key": "one" });
    await post({ "idempotency-key": "many" }, { documents: ["two"] }, "/v3/documents/batch");
    const rows = await prisma().$queryRaw<object[]>`
      select c.text from idempotency_keys k join documents d on d.xmin::text = k.xmin::text
        join contents c on c.document_id = d.id order by c.text`;
    expect(rows).toEqual([{ text: "one" }, { text: "two" }]);
  });

  test("A17 a request the official client repeats by itself has one effect: add, batch, change, delete", async () => {
    const first = await (await post({ "x-stainless-retry-count": "0" })).text();
    expect(await (await post({ "x-stainless-retry-count": "1" })).text()).toBe(first);
    const batch = { documents: ["two", "three"] };
    const many = await (await post({ "x-stainless-retry-count": "0" }, batch, "/v3/documents/batch")).text();
    expect(await (await post({ "x-stainless-retry-count": "1" }, batch, "/v3/documents/batch")).text()).toBe(many);
    expect(await prisma().document.count()).toBe(3);
    const { id } = JSON.parse(first) as { id: string };
    const path = `/v3/documents/${id}`;
    expect((await api.send("DELETE", path, undefined, { "x-stainless-retry-count": "0" })).status).toBe(204);
    const again = await api.send("DELETE", path, undefined, { "x-stainless-retry-count": "1" });
    expect([again.status, await again.text()]).toEqual([204, ""]);
    expect((await api.send("DELETE", path, undefined, { "x-stainless-retry-count": "0" })).status).toBe(404);
  });

  test("every write leaves one line in the audit log, and a repetition none", async () => {
    const key = { "idempotency-key": "k" };
    const { id } = (await (await post(key)).json()) as { id: string };
    await post(key);
    await api.send("PATCH", `/v3/documents/${id}`, { metadata: { a: 1 } }, { "idempotency-key": "p" });
    await api.send("PATCH", `/v3/documents/${id}`, { metadata: { a: 1 } }, { "idempotency-key": "p" });
    await api.send("DELETE", `/v3/documents/${id}`);
    const { items } = await listAudit(api.acme.principal, { target: `document:${id}` });
    expect(items.map(({ action, actor }) => [action, actor])).toEqual([
      ["document.delete", `key:${api.acme.principal.keyId}`],
      ["document.update", `key:${api.acme.principal.keyId}`],
      ["document.add", `key:${api.acme.principal.keyId}`],
    ]);
  });
});
