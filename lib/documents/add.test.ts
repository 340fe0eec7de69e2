import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments, type AddDocumentsInput } from "./add-batch.ts";
import { addDocument } from "./add.ts";
import { updateDocument } from "./update.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().auditEvent.deleteMany({});
});

const mine = () => api.acme.principal;
const inside = (containerTag: string) => ({ ...mine(), containerTag });
const add = (content: string, fields: object = {}) => addDocument(mine(), { content, ...fields });
const batch = (documents: AddDocumentsInput["documents"], shared: object = {}) =>
  addDocuments(mine(), { ...shared, documents });
const stored = (id: string) => prisma().document.findUniqueOrThrow({ where: { id }, include: { content: true } });
const settle = (id: string) => prisma().document.update({ where: { id }, data: { status: "done" } });
const tasks = (id: string) => prisma().indexTask.count({ where: { documentId: id } });
const audited = async () =>
  (await listAudit(mine())).items.map(({ action, target, detail }) => ({ action, target, detail })).toReversed();

describe("adding", () => {
  test("a text is stored byte for byte with its tags, metadata and title, and waits to be indexed", async () => {
    const text = "\n# The **plan**\r\n\r\nWe grow cabbage.  ";
    const added = await add(text, {
      containerTag: "user_1",
      containerTags: ["team", "user_1"],
      metadata: { department: "garden", year: 2026, draft: false, topics: ["cabbage", "soil"] },
      filepath: "plans/2026.md",
      taskType: "superrag",
      documentDate: "2026-03-01",
    });
    expect(added).toEqual({ id: expect.stringMatching(/^[0-9A-Za-z]{22}$/), status: "queued" });
    expect(await stored(added.id)).toMatchObject({
      organizationId: api.acme.organizationId,
      connectionId: null,
      added: true,
      status: "chunking",
      type: "text",
      title: "The plan",
      url: null,
      containerTags: ["user_1", "team"],
      metadata: { department: "garden", year: 2026, draft: false, topics: ["cabbage", "soil"] },
      filepath: "plans/2026.md",
      taskType: "superrag",
      sourceUpdatedAt: new Date("2026-03-01"),
      content: { text },
    });
    expect(await tasks(added.id)).toBe(1);
  });

  test("as many tags as there may be, as long as they may be, make one document with a customId", async () => {
    const containerTags = Array.from({ length: 100 }, () => randomBytes(50).toString("hex"));
    const first = await add("first", { customId: "c".repeat(255), containerTags });
    const second = await add("second", { customId: "c".repeat(255), containerTags: containerTags.toReversed() });
    expect(second.id).toBe(first.id);
    expect(await prisma().document.count()).toBe(1);
  });

  test.each([
    ["https://example.com/a?b=c#d", "https://example.com/a?b=c#d"],
    ["  HTTP://Example.COM  \n", "http://example.com/"],
    ["https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"],
  ])("%j is an address, to be fetched by a worker", async (content, url) => {
    const { id, status } = await add(content);
    expect(status).toBe("queued");
    expect(await stored(id)).toMatchObject({ status: "queued", type: "webpage", url, content: null });
    expect(await tasks(id)).toBe(0);
    const jobs = await pool().query("select 1 from pgboss.job where name = 'document' and singleton_key = $1", [id]);
    expect(jobs.rowCount).toBe(1);
  });

  test.each([
    "see https://example.com",
    "https://example.com and more",
    "https://",
    "https://exa mple.com",
    "ftp://example.com/x",
    "javascript:alert(1)",
    `https://example.com/${"a".repeat(5_000)}`,
    "https://example.com/a\nhttps://example.com/b",
  ])("%j is a text", async (content) => {
    expect(await stored((await add(content)).id)).toMatchObject({
      type: "text",
      url: null,
      content: { text: content },
    });
  });

  test("an address with a password in it is refused, and stored nowhere", async () => {
    await expect(add("https://user:hunter2@example.com/")).rejects.toMatchObject({
      code: "invalid_request",
      fields: [{ path: "content" }],
    });
    expect(await prisma().document.count()).toBe(0);
  });

  test("two adds without a customId are two documents, the same text or not", async () => {
    const [one, two] = [await add("text"), await add("text")];
    expect(one.id).not.toBe(two.id);
  });
});

describe("the same customId with the same tags", () => {
  test("and the same text is no work at all: `done`, or what it is at the moment", async () => {
    const { id } = await add("text", { customId: "x", containerTag: "a" });
    const before = await stored(id);
    expect(await add("text", { customId: "x", containerTags: ["a"] })).toEqual({ id, status: "chunking" });
    await settle(id);
    await prisma().indexTask.deleteMany({});
    expect(await add("text", { customId: "x", containerTag: "a" })).toEqual({ id, status: "done" });
    expect(await tasks(id)).toBe(0);
    expect((await stored(id)).updatedAt).toEqual(before.updatedAt);
    expect(await audited()).toMatchObject([{ action: "document.add", target: `document:${id}` }]);
  });

  test("and another text replaces it under the same id; what is not named stays", async () => {
    const { id } = await add("# One", {
      customId: "x",
      metadata: { a: 1, b: 2 },
      filepath: "one.md",
      taskType: "superrag",
      documentDate: "2026-01-01",
    });
    await settle(id);
    expect(await add("# Two", { customId: "x", metadata: { c: 3 } })).toEqual({ id, status: "queued" });
    expect(await stored(id)).toMatchObject({
      status: "chunking",
      title: "Two",
      content: { text: "# Two" },
      metadata: { c: 3 },
      filepath: "one.md",
      taskType: "superrag",
      sourceUpdatedAt: new Date("2026-01-01"),
    });
    expect(await prisma().document.count()).toBe(1);
    expect((await audited()).map(({ action }) => action)).toEqual(["document.add", "document.update"]);
  });

  test("and only other metadata changes just that", async () => {
    const { id } = await add("text", { customId: "x", metadata: { a: 1 } });
    await settle(id);
    await prisma().indexTask.deleteMany({});
    expect(await add("text", { customId: "x", metadata: { a: 2 } })).toEqual({ id, status: "done" });
    expect(await stored(id)).toMatchObject({ metadata: { a: 2 }, status: "done" });
    expect(await tasks(id)).toBe(0);
  });

  test("in any order of the tags; other tags, or another organization, make another document", async () => {
    const { id } = await add("text", { customId: "x", containerTags: ["a", "b"] });
    expect((await add("text", { customId: "x", containerTags: ["b", "a"] })).id).toBe(id);
    const others = [
      await add("text", { customId: "x", containerTags: [] }),
      await add("text", { customId: "x", containerTag: "a" }),
      await add("text", { customId: "x", containerTags: ["a", "b", "c"] }),
      await addDocument(api.globex.principal, { content: "text", customId: "x", containerTags: ["a", "b"] }),
    ];
    expect(new Set([id, ...others.map((other) => other.id)]).size).toBe(5);
  });

  test("works through what had failed, and starts anew after it was deleted", async () => {
    const { id } = await add("text", { customId: "x" });
    await prisma().document.update({ where: { id }, data: { status: "failed", failure: "It broke." } });
    expect(await add("text", { customId: "x" })).toEqual({ id, status: "queued" });
    expect(await stored(id)).toMatchObject({ status: "chunking", failure: null });
    await prisma().document.update({ where: { id }, data: { deletedAt: new Date() } });
    expect((await add("text", { customId: "x" })).id).not.toBe(id);
  });

  test("fetches an address again once it has been fetched, as it may have changed; not while that waits", async () => {
    const address = "https://example.com/news";
    const { id } = await add(address, { customId: "x" });
    const first = (await stored(id)).version;
    expect(await add(address, { customId: "x" })).toEqual({ id, status: "queued" });
    expect((await stored(id)).version).toBe(first);
    await settle(id);
    expect(await add(address, { customId: "x" })).toEqual({ id, status: "queued" });
    const again = await stored(id);
    expect(again.status).toBe("queued");
    expect(again.version).not.toBe(first);
  });

  test("turns a text into a page and back; its old text stays until the new one is there", async () => {
    const { id } = await add("# Old", { customId: "x" });
    await settle(id);
    await add("https://example.com/", { customId: "x" });
    expect(await stored(id)).toMatchObject({
      status: "queued",
      type: "webpage",
      url: "https://example.com/",
      title: "example.com",
      content: { text: "# Old" },
    });
    await add("# New", { customId: "x" });
    expect(await stored(id)).toMatchObject({ status: "chunking", type: "text", url: null, title: "New" });
  });
});

describe("a customId without any tags", () => {
  const several = {
    code: "invalid_request",
    message: "Several documents have this customId.",
    details: expect.stringContaining("containerTag"),
  };

  test("replaces the one document that has it, wherever that is, and leaves its tags", async () => {
    const { id } = await add("v1", { customId: "cc", containerTags: ["user_9", "team"] });
    await addDocument(api.globex.principal, { content: "other", customId: "cc" });
    await settle(id);
    expect(await add("v2", { customId: "cc" })).toEqual({ id, status: "queued" });
    expect(await stored(id)).toMatchObject({ containerTags: ["user_9", "team"], content: { text: "v2" } });
    expect(await prisma().document.count()).toBe(2);
    expect((await audited()).at(-1)).toMatchObject({
      action: "document.update",
      detail: { containerTags: ["user_9", "team"] },
    });
  });

  test("is refused when several have it, and says to name the container; an empty list is a container, too", async () => {
    const tagged = await add("tagged", { customId: "cc", containerTag: "a" });
    const plain = await add("plain", { customId: "cc", containerTags: [] });
    await expect(add("which?", { customId: "cc" })).rejects.toMatchObject(several);
    expect((await add("v2", { customId: "cc", containerTag: "a" })).id).toBe(tagged.id);
    expect((await add("v2", { customId: "cc", containerTags: [] })).id).toBe(plain.id);
    await prisma().document.update({ where: { id: plain.id }, data: { deletedAt: new Date() } });
    expect((await add("v3", { customId: "cc" })).id).toBe(tagged.id);
    expect(await prisma().document.count()).toBe(2);
  });

  test("in a batch means what is stored or came before it; one that is not clear is reported in its place", async () => {
    const { id } = await add("v1", { customId: "one", containerTag: "a" });
    await add("v1", { customId: "two", containerTag: "a" });
    await add("v1", { customId: "two", containerTag: "b" });
    const { results, success, failed } = await batch([
      { content: "v2", customId: "one" },
      { content: "v2", customId: "two" },
      { content: "v1", customId: "new", containerTag: "c" },
      { content: "v2", customId: "new" },
    ]);
    expect([success, failed]).toEqual([3, 1]);
    expect(results[0]?.id).toBe(id);
    expect(results[1]).toMatchObject({ status: "error", error: several.message, details: several.details });
    expect(results[3]?.id).toBe(results[2]?.id);
    expect((await stored(results[3]?.id ?? "")).containerTags).toEqual(["c"]);
  });

  test("added at the same time as one with tags never makes two that are the same, nor an internal error", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        add(`text ${i}`, i % 2 ? { customId: "cc" } : { customId: "cc", containerTag: "a" }),
      ),
    );
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "invalid_request" });
    expect(await prisma().document.count()).toBeLessThanOrEqual(2);
    expect(await prisma().document.count({ where: { containerTags: { equals: ["a"] } } })).toBe(1);
  });
});

describe("at the same time", () => {
  test("a hundred adds with one customId make one document, and its text is one of theirs", async () => {
    const added = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        add(`text ${i}`, { customId: "x", containerTags: i % 2 ? ["a", "b"] : ["b", "a"] }),
      ),
    );
    expect(new Set(added.map(({ id }) => id)).size).toBe(1);
    const [document] = await prisma().document.findMany({ include: { content: true } });
    expect(await prisma().document.count()).toBe(1);
    expect(document?.content?.text).toMatch(/^text \d+$/);
    expect(document?.version).toBe(`text:${Buffer.from(document?.contentHash ?? []).toString("hex")}`);
  });

  test("batches and changes that want the same customIds in another order all come through", async () => {
    const names = Array.from({ length: 40 }, (_, i) => ({ content: `text ${i}`, customId: `name-${i}` }));
    const other = await add("other", { customId: "elsewhere" });
    const work = Array.from({ length: 12 }, (_, i) => {
      if (i % 4 === 3) return updateDocument(mine(), other.id, { customId: `elsewhere-${i}`, content: `other ${i}` });
      return batch(
        (i % 2 ? names.toReversed() : names).map((name) => ({ ...name, content: `${name.content} of ${i}` })),
      );
    });
    await Promise.all(work);
    expect(await prisma().document.count()).toBe(41);
  });
});

describe("a batch", () => {
  test("reports each in its place, and one that cannot be added holds up no other", async () => {
    const { results, success, failed } = await batch([
      "a text",
      { content: "" },
      { content: "an object", customId: "x", metadata: { a: 1 } },
      { content: 7 },
      { metadata: { a: 1 } },
      { content: "nested", metadata: { a: { b: 1 } } },
      { content: "bad tag", containerTag: "not a tag" },
      { content: "a".repeat(1_000_001) },
      { content: "https://user:secret@example.com/" },
      { content: "the same again", customId: "x" },
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      "queued",
      "error",
      "queued",
      ...Array.from({ length: 6 }, () => "error"),
      "queued",
    ]);
    expect([success, failed]).toEqual([3, 7]);
    expect(results[1]).toMatchObject({ id: "", error: "The document is not valid." });
    const details = results.map((result) => ("details" in result ? result.details : undefined));
    expect(details[1]).toMatch(/^content: /);
    expect(details[3]).toBe("content: must be a text");
    expect(details[4]).toBe("content: is missing");
    expect(details[5]).toMatch(/^metadata\.a: /);
    expect(details[6]).toMatch(/^containerTag: /);
    expect(details[7]).toMatch(/upload it as a file/);
    expect(details[8]).not.toMatch(/secret/);
    expect(results[9]?.id).toBe(results[2]?.id);
    expect(await prisma().document.count()).toBe(2);
    expect((await stored(results[2]?.id ?? "")).content?.text).toBe("the same again");
    expect(await audited()).toEqual([
      {
        action: "document.add",
        target: `organization:${api.acme.organizationId}`,
        detail: { added: 3, changed: 0, refused: 7 },
      },
    ]);
  });

  test("gives what is beside the documents to those that do not say otherwise", async () => {
    const { results } = await batch(
      ["plain", { content: "own", containerTag: "b", metadata: { own: true }, filepath: "own.md" }],
      { containerTag: "a", metadata: { shared: true }, filepath: "shared.md", taskType: "superrag" },
    );
    const [plain, own] = await Promise.all(results.map(({ id }) => stored(id)));
    expect(plain).toMatchObject({ containerTags: ["a"], metadata: { shared: true }, filepath: "shared.md" });
    expect(own).toMatchObject({
      containerTags: ["b"],
      metadata: { own: true },
      filepath: "own.md",
      taskType: "superrag",
    });
  });

  test("of 600 takes as many statements as one of six", async () => {
    const statements = async (count: number): Promise<number> => {
      const documents = Array.from({ length: count }, (_, i) => ({
        content: i % 2 ? `https://example.com/${count}/${i}` : `text ${i} of ${count}`,
        customId: `${count}-${i}`,
      }));
      const query = vi.spyOn(Client.prototype, "query");
      await batch(documents);
      await batch(documents.map((document) => ({ ...document, metadata: { again: true } })));
      const calls = query.mock.calls.length;
      query.mockRestore();
      return calls;
    };
    await statements(1);
    const few = await statements(6);
    expect(few).toBeLessThan(60);
    expect(await statements(600)).toBe(few);
    expect(await prisma().document.count()).toBe(607);
  });
});

describe("a key for one container", () => {
  test("adds there without naming it, and nowhere else", async () => {
    const { id } = await addDocument(inside("mine"), { content: "text" });
    expect((await stored(id)).containerTags).toEqual(["mine"]);
    expect((await addDocument(inside("mine"), { content: "text", containerTags: ["mine"] })).status).toBe("queued");
    for (const containerTags of [["theirs"], ["mine", "theirs"]])
      await expect(addDocument(inside("mine"), { content: "text", containerTags })).rejects.toMatchObject({
        code: "forbidden",
      });
    expect(await prisma().document.count()).toBe(2);
  });

  test("never replaces a document outside of it by its customId, and the shared one only without one of its own", async () => {
    const theirs = await add("theirs", { customId: "x", containerTag: "theirs" });
    const both = await add("both", { customId: "x", containerTags: ["mine", "theirs"] });
    const addMine = (content: string, fields: object = {}) =>
      addDocument(inside("mine"), { content, customId: "x", ...fields });
    expect((await addMine("shared")).id).toBe(both.id);
    expect((await stored(both.id)).containerTags).toEqual(["mine", "theirs"]);
    const own = await addMine("mine", { containerTag: "mine" });
    expect((await addMine("mine again")).id).toBe(own.id);
    expect(new Set([theirs.id, both.id, own.id]).size).toBe(3);
    const texts = await Promise.all([theirs, both, own].map(async ({ id }) => (await stored(id)).content?.text));
    expect(texts).toEqual(["theirs", "shared", "mine again"]);
  });

  test("has a batch refused for a foreign tag beside the documents, and one document for its own", async () => {
    const documents = ["a", { content: "b", containerTag: "theirs" }];
    const { results } = await addDocuments(inside("mine"), { documents });
    expect(results.map(({ status }) => status)).toEqual(["queued", "error"]);
    await expect(addDocuments(inside("mine"), { documents, containerTag: "theirs" })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

test("a viewer adds nothing", async () => {
  const viewer = {
    kind: "user",
    organizationId: api.acme.organizationId,
    userId: "u",
    email: "v@example.com",
    role: "viewer",
  } as const;
  await expect(addDocument(viewer, { content: "text" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(addDocuments(viewer, { documents: ["text"] })).rejects.toMatchObject({ code: "forbidden" });
  await expect(updateDocument(viewer, "x", {})).rejects.toMatchObject({ code: "forbidden" });
});
