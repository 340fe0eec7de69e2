import { beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { prisma } from "#lib/db/client.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments as addSynced } from "#lib/testing/documents.ts";
import { addDocument } from "./add.ts";
import { updateDocument } from "./update.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().connection.deleteMany({});
  await prisma().auditEvent.deleteMany({});
});

const mine = () => api.acme.principal;
const inside = (containerTag: string) => ({ ...mine(), containerTag });
const add = async (content: string, fields: object = {}) => (await addDocument(mine(), { content, ...fields })).id;
const update = (reference: string, input: object) => updateDocument(mine(), reference, input);
const stored = (id: string) => prisma().document.findUniqueOrThrow({ where: { id }, include: { content: true } });
const index = () => indexOrganization(api.acme.organizationId, new AbortController().signal);
const problems = (fields: readonly string[]) => ({
  code: "invalid_request",
  fields: fields.map((path) => expect.objectContaining({ path })),
});

describe("what an application added", () => {
  test("gets new content under the same id, and is worked through like a new one", async () => {
    const id = await add("# Old\n\ntext", { customId: "x", metadata: { a: 1 } });
    await index();
    expect(await update(id, { content: "# New\n\nother text" })).toEqual({ id, status: "queued" });
    expect(await stored(id)).toMatchObject({
      status: "chunking",
      title: "New",
      customId: "x",
      metadata: { a: 1 },
      content: { text: "# New\n\nother text" },
    });
    await index();
    expect((await stored(id)).status).toBe("done");
    expect(await update(id, { content: "https://example.com/" })).toEqual({ id, status: "queued" });
    expect(await stored(id)).toMatchObject({ status: "queued", url: "https://example.com/" });
  });

  test("keeps what is not named; the same content again is no work", async () => {
    const id = await add("text", { customId: "x", filepath: "a.md", metadata: { a: 1 } });
    await index();
    expect(await update("x", { metadata: { b: 2 } })).toEqual({ id, status: "done" });
    expect(await update("x", { content: "text", filepath: "b.md" })).toEqual({ id, status: "done" });
    expect(await stored(id)).toMatchObject({ metadata: { b: 2 }, filepath: "b.md", customId: "x", status: "done" });
    expect(await update("x", { metadata: {} })).toEqual({ id, status: "done" });
    expect((await stored(id)).metadata).toEqual({});
    expect(await prisma().indexTask.count()).toBe(0);
  });

  test("with null or nothing named it is left as it is, without a line in the audit log", async () => {
    const id = await add("text", { customId: "x", metadata: { a: 1 }, containerTag: "a" });
    const before = (await listAudit(mine())).items.length;
    await update(id, {});
    await update(id, { metadata: null, customId: null, filepath: null, containerTag: null, containerTags: null });
    expect(await stored(id)).toMatchObject({ customId: "x", metadata: { a: 1 }, containerTags: ["a"] });
    expect((await listAudit(mine())).items).toHaveLength(before);
  });

  test("moves to other tags, and is indexed under them", async () => {
    const id = await add("text", { containerTag: "a" });
    await index();
    await update(id, { containerTag: "b", containerTags: ["c"] });
    expect((await stored(id)).containerTags).toEqual(["b", "c"]);
    await index();
    expect((await prisma().chunk.findFirstOrThrow({ where: { documentId: id } })).tags).toEqual(["b", "c"]);
    await update(id, { containerTags: [] });
    expect((await stored(id)).containerTags).toEqual([]);
  });

  test("takes no customId and no tags that make it another document", async () => {
    const [one, two] = [await add("one", { customId: "one" }), await add("two", { customId: "two" })];
    await expect(update(two, { customId: "one" })).rejects.toMatchObject(problems(["customId"]));
    const inA = await add("three", { customId: "one", containerTag: "a" });
    await expect(update(inA, { containerTags: [] })).rejects.toMatchObject(problems(["customId"]));
    await update(one, { customId: "other" });
    expect(await update(inA, { containerTags: [] })).toMatchObject({ id: inA });
    expect(await update(two, { customId: "two" })).toMatchObject({ id: two });
  });

  test("two that want the same customId at once: one gets it, the other is told", async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => add(`text ${i}`)));
    const outcomes = await Promise.allSettled(ids.map((id) => update(id, { customId: "wanted" })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "invalid_request" });
  });

  test("says in the audit log which fields were changed, never their values", async () => {
    const id = await add("text");
    await update(id, { content: "canary-content", metadata: { note: "canary-value" }, customId: "new" });
    const [event] = (await listAudit(mine())).items;
    expect(event).toMatchObject({
      action: "document.update",
      target: `document:${id}`,
      detail: { fields: expect.arrayContaining(["content", "metadata", "customId"]) },
    });
    expect(JSON.stringify(event)).not.toContain("canary");
  });
});

describe("what a connection keeps in sync", () => {
  const synced = async () => {
    const connectionId = await api.connect({ containerTag: "a" });
    const [id = ""] = await addSynced(api.acme, connectionId, ["one.md"], { containerTags: ["a"] });
    return id;
  };

  test("is changed at its source and in the connection's settings: here that is refused, each field by its name", async () => {
    const id = await synced();
    const input = {
      content: "other",
      customId: "other",
      filepath: "other.md",
      documentDate: "2026-01-01",
      metadata: { a: 1 },
      containerTag: "b",
      containerTags: ["b"],
    };
    const before = await stored(id);
    await expect(update(id, input)).rejects.toMatchObject(problems(Object.keys(input)));
    for (const [name, value] of Object.entries(input))
      await expect(update(id, { [name]: value })).rejects.toMatchObject(problems([name]));
    expect(await stored(id)).toEqual(before);
  });

  test("keeps what the protocol alone knows of it", async () => {
    const id = await synced();
    expect(await update("s3://docs/one.md", { taskType: "superrag" })).toEqual({ id, status: "done" });
    expect((await stored(id)).taskType).toBe("superrag");
  });

  test("is the application's own once its connection is gone and left it behind", async () => {
    const id = await synced();
    await prisma().document.update({ where: { id }, data: { connectionId: null, key: null } });
    expect(await update(id, { content: "# Mine now", metadata: { a: 1 } })).toEqual({ id, status: "queued" });
    await index();
    expect(await stored(id)).toMatchObject({ status: "done", title: "Mine now", metadata: { a: 1 } });
  });
});

describe("a key for one container", () => {
  test("changes its own, may name its tag, and takes nothing out of other containers", async () => {
    const id = await add("text", { containerTags: ["theirs", "mine"] });
    await updateDocument(inside("mine"), id, { containerTag: "mine", metadata: { a: 1 } });
    expect(await stored(id)).toMatchObject({ containerTags: ["theirs", "mine"], metadata: { a: 1 } });
    await expect(updateDocument(inside("mine"), id, { containerTag: "theirs" })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  test("does not see others: not by id, not by customId", async () => {
    const id = await add("text", { containerTag: "theirs", customId: "x" });
    for (const reference of [id, "x"])
      await expect(updateDocument(inside("mine"), reference, { content: "mine" })).rejects.toMatchObject({
        code: "not_found",
      });
    const own = await addDocument(inside("mine"), { content: "mine", customId: "x" });
    expect(await updateDocument(inside("mine"), "x", { content: "other" })).toMatchObject({ id: own.id });
    expect((await stored(id)).content?.text).toBe("text");
  });
});

test("a customId that several documents have is refused; their container or id says which", async () => {
  const one = await add("one", { customId: "x", containerTag: "a" });
  const two = await add("two", { customId: "x", containerTag: "b" });
  await expect(update("x", { metadata: { a: 1 } })).rejects.toMatchObject({
    code: "invalid_request",
    message: "Several documents have this customId.",
    details: expect.stringMatching(/containerTag.*ids/),
  });
  expect(await update(one, { metadata: { a: 1 } })).toMatchObject({ id: one });
  const within = (containerTag: string) =>
    updateDocument(mine(), "x", { metadata: { b: containerTag } }, undefined, containerTag);
  expect((await within("a")).id).toBe(one);
  expect((await within("b")).id).toBe(two);
  await expect(within("c")).rejects.toMatchObject({ code: "not_found" });
  const both = await add("both", { customId: "x", containerTags: ["a", "c"] });
  expect((await within("c")).id).toBe(both);
  expect((await within("a")).id, "the one that is in no other container").toBe(one);
});

test("an id wins over a customId that looks like it", async () => {
  const one = await add("one");
  const two = await add("two", { customId: one });
  expect((await update(one, { metadata: { a: 1 } })).id).toBe(one);
  await prisma().document.update({ where: { id: one }, data: { deletedAt: new Date() } });
  expect((await update(one, { metadata: { a: 1 } })).id).toBe(two);
});
