import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { wireSettings, wireSettingsUpdated } from "#lib/contract/settings.ts";
import {
  wireAdded,
  wireBatchAdded,
  wireBulkDeleted,
  wireChunkSearch,
  wireConnection,
  wireCreated,
  wireDeleted,
  wireDocument,
  wireDocumentPage,
  wireError,
  wireProcessing,
  wireProviderDocument,
  wireSearch,
} from "#lib/contract/wire.ts";
import { prisma } from "#lib/db/client.ts";
import { addTexts } from "#lib/search/testing/searchable.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { pythonClient } from "#lib/testing/python-client.ts";

/** Every method of the Python client 3.x, with the requests it makes. */

const api = testApi();
const python = pythonClient(
  () => api.url,
  () => api.acme.apiKey,
);

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().connection.deleteMany({});
});

async function read<Schema extends z.ZodType>(
  reply: Response,
  schema: Schema,
  status = 200,
): Promise<z.output<Schema>> {
  const text = await reply.text();
  expect(`${reply.status} ${text.slice(0, 500)}`).toMatch(new RegExp(`^${status} `));
  return schema.parse(JSON.parse(text));
}

const add = async (body: Record<string, unknown>) =>
  (await read(await python("POST", "/v3/documents", { body }), wireAdded)).id;

describe("documents", () => {
  test("client.add and documents.add", async () => {
    const id = await add({
      content: "One sentence.",
      container_tag: "user_1",
      container_tags: ["team"],
      custom_id: "notes/1",
      metadata: { first_name: "Ada", year: 2026, draft: true, labels: ["a_b"] },
      entity_context: "notes",
      task_type: "memory",
      filepath: "/notes/1.md",
    });
    const document = await read(await python("GET", `/v3/documents/${id}`), wireDocument);
    expect(document).toMatchObject({
      id,
      customId: "notes/1",
      containerTags: expect.arrayContaining(["user_1", "team"]),
      // the caller's own names stay as they are
      metadata: { first_name: "Ada", year: 2026, draft: true, labels: ["a_b"] },
    });
  });

  test("documents.batch_add, with objects and with texts", async () => {
    const objects = await python("POST", "/v3/documents/batch", {
      body: { documents: [{ content: "a", custom_id: "a" }, { content: "b" }], container_tag: "user_1" },
    });
    expect(await read(objects, wireBatchAdded)).toMatchObject({ success: 2, failed: 0 });
    const texts = await python("POST", "/v3/documents/batch", { body: { documents: ["c", "d"] } });
    expect(await read(texts, wireBatchAdded)).toMatchObject({ success: 2 });
  });

  test("documents.get, update and delete, by id and by custom id with slashes", async () => {
    const id = await add({ content: "text", custom_id: "s3://bucket/a b.md" });
    const encoded = "/v3/documents/s3:%2F%2Fbucket%2Fa%20b.md";
    expect((await read(await python("GET", encoded), wireDocument)).id).toBe(id);
    const updated = await python("PATCH", `/v3/documents/${id}`, { body: { metadata: { some_key: "v" } } });
    expect(await read(updated, wireAdded)).toMatchObject({ id });
    expect(await read(await python("PATCH", `/v3/documents/${id}`, { body: {} }), wireAdded)).toMatchObject({ id });
    // A type is named although there is no body.
    const gone = await python("DELETE", encoded, { accept: "*/*" });
    expect([gone.status, await gone.text()]).toEqual([204, ""]);
    expect((await read(await python("GET", `/v3/documents/${id}`), wireError, 404)).error).toBe("Document not found");
  });

  test("documents.list without arguments, with numbers, with a filter as an object and as text", async () => {
    await add({ content: "one", container_tag: "user_1", metadata: { stage: "final" } });
    await add({ content: "two", container_tag: "user_2" });
    const list = async (body: Record<string, unknown>) =>
      (await read(await python("POST", "/v3/documents/list", { body }), wireDocumentPage)).pagination.totalItems;
    const filters = { AND: [{ key: "stage", value: "final" }] };
    expect(await list({})).toBe(2);
    expect(await list({ limit: 1, page: 1, include_content: true, order: "asc", sort: "createdAt" })).toBe(2);
    expect(await list({ limit: "1", page: "1" })).toBe(2);
    expect(await list({ container_tags: ["user_1"] })).toBe(1);
    expect(await list({ filters })).toBe(1);
    expect(await list({ filters: JSON.stringify(filters) })).toBe(1);
  });

  test("documents.list_processing, alone and with tags, view, page and limit", async () => {
    await add({ content: "one", container_tag: "user_1" });
    await add({ content: "two", container_tags: ["user_1", "user_2"] });
    const list = async (query = {}) =>
      (await read(await python("GET", "/v3/documents/processing", { query }), wireProcessing)).totalCount;
    expect(await list()).toBe(2);
    expect(await list({ container_tags: ["user_1", "user_2"], view: "all", page: 1, limit: 10 })).toBe(1);
    expect(await list({ container_tags: ["user_1"], view: "active" })).toBe(2);
  });

  test("documents.delete_bulk sends its body with DELETE", async () => {
    const ids = [await add({ content: "one" }), await add({ content: "two" })];
    const reply = await python("DELETE", "/v3/documents/bulk", { body: { ids: [...ids, "unknown"] } });
    expect(await read(reply, wireBulkDeleted)).toMatchObject({ deletedCount: 2, errors: [{ id: "unknown" }] });
    await add({ content: "three", container_tag: "user_1" });
    const tagged = await python("DELETE", "/v3/documents/bulk", { body: { container_tags: ["user_1"] } });
    expect(await read(tagged, wireBulkDeleted)).toMatchObject({ deletedCount: 1 });
    expect((await read(await python("DELETE", "/v3/documents/bulk", { body: {} }), wireError, 400)).error).toBeTruthy();
  });

  test.each([
    ["notes.md", "text/markdown"],
    ['with "quotes" and ünïcode.md', "text/markdown"],
    ["no type", null],
  ])("documents.upload_file of %s", async (name, type) => {
    const bytes = Buffer.from(`# Title\r\n\r\nSome text with --dashes-- and \r\n\r\n lines.\n`);
    const reply = await python("POST", "/v3/documents/file", {
      body: {
        container_tag: "user_1",
        container_tags: '["team"]',
        metadata: JSON.stringify({ first_name: "Ada" }),
        mime_type: "text/markdown",
        file_type: "text",
        use_advanced_processing: "true",
      },
      file: { name, bytes, type },
    });
    const { id } = await read(reply, wireAdded);
    expect(await read(await python("GET", `/v3/documents/${id}`), wireDocument)).toMatchObject({
      metadata: expect.objectContaining({ first_name: "Ada" }),
      containerTags: expect.arrayContaining(["user_1", "team"]),
    });
    const { url } = (await (await python("GET", `/v3/documents/${id}/file-url`)).json()) as { url: string };
    const file = await fetch(api.url + new URL(url).pathname);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
  });

  test("older 3.x: memories.add, get, list, update, delete and upload_file use the same operations", async () => {
    const { id } = await read(await python("POST", "/v3/memories", { body: { content: "old" } }), wireAdded);
    expect((await read(await python("GET", `/v3/memories/${id}`), wireDocument)).id).toBe(id);
    const list = await python("POST", "/v3/memories/list", { body: { limit: 10 } });
    expect((await read(list, wireDocumentPage)).memories).toHaveLength(1);
    const patched = await python("PATCH", `/v3/memories/${id}`, { body: { content: "new" } });
    expect(await read(patched, wireAdded)).toMatchObject({ id });
    expect((await python("DELETE", `/v3/memories/${id}`, { accept: "*/*" })).status).toBe(204);
    const file = { name: "a.txt", bytes: Buffer.from("text"), type: "text/plain" };
    expect((await read(await python("POST", "/v3/memories/file", { file }), wireAdded)).id).toBeTruthy();
  });
});

describe("search", () => {
  test("search.documents, execute and memories", async () => {
    const [id] = await addTexts(api.acme.organizationId, [
      { text: "The marmalade launch is planned.", tags: ["user_1"], metadata: { stage: "final" } },
    ]);
    const body = {
      q: "marmalade",
      limit: 5,
      chunk_threshold: 0.1,
      document_threshold: 0,
      container_tag: "user_1",
      container_tags: ["user_1"],
      filters: { AND: [{ key: "stage", value: "final" }] },
      include_full_docs: true,
      include_summary: true,
      only_matching_chunks: false,
      rerank: false,
      rewrite_query: false,
    };
    expect(await read(await python("POST", "/v3/search", { body }), wireSearch)).toMatchObject({
      results: [{ documentId: id }],
    });
    const chunks = await python("POST", "/v4/search", {
      body: {
        q: "marmalade",
        search_mode: "documents",
        container_tag: "user_1",
        threshold: 0.1,
        include: { documents: true },
      },
    });
    expect(await read(chunks, wireChunkSearch)).toMatchObject({ results: [{ documents: [{ id }] }] });
  });
});

describe("settings", () => {
  test("settings.get and update", async () => {
    expect(await read(await python("GET", "/v3/settings"), wireSettings)).toMatchObject({ chunkSize: null });
    const updated = await python("PATCH", "/v3/settings", { body: { chunk_size: 512, should_llm_filter: false } });
    expect(await read(updated, wireSettingsUpdated)).toMatchObject({
      updated: { chunkSize: 512, shouldLLMFilter: false },
    });
    expect(await read(await python("PATCH", "/v3/settings", { body: {} }), wireSettingsUpdated)).toMatchObject({
      updated: {},
    });
    await python("PATCH", "/v3/settings", { body: { chunk_size: -1 } });
  });
});

describe("connections", () => {
  const create = async () => {
    const reply = await python("POST", "/v3/connections/s3", {
      body: {
        container_tags: ["user_1"],
        document_limit: 100,
        metadata: stubSettings,
        redirect_url: "https://app.example/x",
      },
    });
    return (await read(reply, wireCreated)).id;
  };

  test("create, list, get_by_id, get_by_tag", async () => {
    const id = await create();
    expect(
      await read(await python("POST", "/v3/connections/list", { body: {} }), z.array(wireConnection)),
    ).toHaveLength(1);
    const tagged = await python("POST", "/v3/connections/list", { body: { container_tags: ["user_1"] } });
    expect(await read(tagged, z.array(wireConnection))).toMatchObject([{ id }]);
    expect((await read(await python("GET", `/v3/connections/${id}`), wireConnection)).id).toBe(id);
    const byTag = await python("POST", "/v3/connections/s3/connection", { body: { container_tags: ["user_1"] } });
    expect((await read(byTag, wireConnection)).id).toBe(id);
  });

  test("import_ answers text, for which it asks", async () => {
    await create();
    for (const body of [{}, { container_tags: ["user_1"] }]) {
      const reply = await python("POST", "/v3/connections/s3/import", { body, accept: "text/plain" });
      expect(reply.status).toBe(202);
      expect(reply.headers.get("content-type")).toMatch(/^text\/plain/);
    }
  });

  test("list_documents, resources and configure", async () => {
    const id = await create();
    const documents = await python("POST", "/v3/connections/s3/documents", { body: { container_tags: ["user_1"] } });
    expect(await read(documents, z.array(wireProviderDocument))).toEqual([]);
    const resources = await python("GET", `/v3/connections/${id}/resources`, { query: { page: 1, per_page: 30 } });
    const configured = await python("POST", `/v3/connections/${id}/configure`, { body: { resources: [] } });
    // This provider has nothing to choose from.
    expect((await read(resources, wireError, 501)).error).toBeTruthy();
    expect((await read(configured, wireError, 501)).error).toBeTruthy();
  });

  test("delete_by_id and delete_by_provider", async () => {
    const first = await create();
    const kept = await python("DELETE", `/v3/connections/${first}`, { query: { delete_documents: false } });
    expect(await read(kept, wireDeleted)).toMatchObject({ id: first });
    const second = await create();
    const all = await python("DELETE", "/v3/connections/s3", { body: { container_tags: ["user_1"] } });
    expect(await read(all, wireDeleted)).toMatchObject({ id: second });
  });
});

describe("the rest of the protocol", () => {
  test.each([
    ["client.profile", "POST", "/v4/profile", { container_tag: "user_1" }],
    ["memories.forget", "DELETE", "/v4/memories", { container_tag: "user_1", id: "x" }],
    ["memories.update_memory", "PATCH", "/v4/memories", { container_tag: "user_1", id: "x", new_content: "y" }],
    ["search.memories", "POST", "/v4/search", { q: "x", search_mode: "memories" }],
  ])("%s answers 501 at once: the client does not try again", async (_name, method, path, body) => {
    const reply = await python(method, path, { body });
    expect(reply.headers.get("x-should-retry")).toBe("false");
    expect((await read(reply, wireError, 501)).details).toBeTruthy();
  });

  test("a repetition by the client changes nothing twice (A17)", async () => {
    const body = { content: "said once", container_tag: "user_1" };
    const first = await read(await python("POST", "/v3/documents", { body }), wireAdded);
    const again = await read(await python("POST", "/v3/documents", { body, retry: 1 }), wireAdded);
    expect(again.id).toBe(first.id);
    expect(await prisma().document.count()).toBe(1);
  });

  test("errors are a text and details, which the client shows", async () => {
    const error = await read(await python("POST", "/v3/documents", { body: { content: "" } }), wireError, 400);
    expect(error.details).toContain("content");
    const unknown = pythonClient(
      () => api.url,
      () => "sm_unknown",
    );
    expect((await unknown("POST", "/v3/documents/list", { body: {} })).status).toBe(401);
  });
});
