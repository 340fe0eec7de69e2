import { beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { storeFile } from "#lib/files/store.ts";
import { purgeTombstones } from "#lib/sync/maintenance.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments as addSynced } from "#lib/testing/documents.ts";
import { until } from "#lib/testing/wait.ts";
import { addDocuments } from "./add-batch.ts";
import { addDocument, addFile } from "./add.ts";
import { removeDocument, removeDocuments } from "./remove.ts";
import { countDocuments } from "./service.ts";
import { tombstone } from "./tombstone.ts";
import { updateDocument } from "./update.ts";
import { scopeOf } from "./where.ts";

const api = testApi();

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().connection.deleteMany({});
  await prisma().auditEvent.deleteMany({});
});

const mine = () => api.acme.principal;
const inside = (containerTag: string) => ({ ...mine(), containerTag });
const add = async (content: string, fields: object = {}) => (await addDocument(mine(), { content, ...fields })).id;
const many = async (count: number, fields: object) => {
  for (let made = 0; made < count; made += 600)
    await addDocuments(mine(), {
      documents: Array.from({ length: Math.min(600, count - made) }, (_, i) => `text ${made + i}`),
      ...fields,
    });
};
const left = () => countDocuments(mine(), {});
const notFound = { code: "not_found", message: "Document not found" };
const deletions = async () =>
  (await listAudit(mine())).items.filter(({ action }) => action === "document.delete").map(({ detail }) => detail);

describe("one", () => {
  test("is gone at once by its id or customId; a second time it is not found", async () => {
    const id = await add("one");
    await add("two", { customId: "s3://bucket/two.md" });
    await removeDocument(mine(), id);
    await removeDocument(mine(), "s3://bucket/two.md");
    for (const reference of [id, "s3://bucket/two.md", "nobody", ""])
      await expect(removeDocument(mine(), reference)).rejects.toMatchObject(notFound);
    expect(await left()).toBe(0);
    expect(await deletions()).toHaveLength(2);
  });

  test("deleted by a hundred at once is deleted once", async () => {
    const id = await add("one");
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => removeDocument(mine(), id)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await deletions()).toHaveLength(1);
  });

  test("of a connection is no longer counted by it", async () => {
    const connectionId = await api.connect();
    const [id = ""] = await addSynced(api.acme, connectionId, ["a.md", "b.md", "c.md"]);
    await removeDocument(mine(), id);
    const { documentCount } = await prisma().connection.findUniqueOrThrow({ where: { id: connectionId } });
    expect([documentCount, await left()]).toEqual([2, 2]);
    expect(await prisma().document.findUniqueOrThrow({ where: { id } })).toMatchObject({ excluded: true });
  });

  test("of an application leaves nothing after TOMBSTONE_DAYS, its file included", async () => {
    const bytes = (async function* () {
      yield Buffer.from("# A file");
    })();
    const file = await storeFile(api.acme.organizationId, { name: "a.md", mime: null }, bytes);
    const { id } = await addFile(mine(), { fileId: file.id, name: "a.md", mime: null });
    const text = await add("text");
    await removeDocument(mine(), id);
    await removeDocument(mine(), text);
    expect(await prisma().document.count({ where: { id: { in: [id, text] }, excluded: false } })).toBe(2);
    await purgeTombstones(new AbortController().signal);
    expect(await prisma().document.count()).toBe(2);
    await prisma().document.updateMany({ data: { deletedAt: new Date(Date.now() - 8 * 86_400_000) } });
    await purgeTombstones(new AbortController().signal);
    expect([await prisma().document.count(), await prisma().content.count(), await prisma().file.count()]).toEqual([
      0, 0, 0,
    ]);
  });
});

describe("many", () => {
  test("by ids and customIds: those that are not there are reported, and the others go", async () => {
    const [one, two] = [await add("one"), await add("two", { customId: "two" })];
    await add("here", { customId: "twice", containerTag: "a" });
    await add("there", { customId: "twice", containerTag: "b" });
    const theirs = await addDocument(api.globex.principal, { content: "theirs" });
    const removed = await removeDocuments(mine(), { ids: [one, "two", "nobody", theirs.id, "twice", two] });
    expect(removed).toEqual({
      success: true,
      deletedCount: 2,
      errors: [
        { id: "nobody", error: "Document not found" },
        { id: theirs.id, error: "Document not found" },
        { id: "twice", error: "Several documents have this customId." },
      ],
    });
    expect(await left()).toBe(2);
    const [deletion] = await deletions();
    expect(deletion).toEqual({ count: 2, ids: expect.arrayContaining([one, two]) });
    expect(await removeDocuments(mine(), { ids: ["nobody"] })).toMatchObject({ success: false, deletedCount: 0 });
  });

  test("by tags: those that have all of them, in batches that are all in the audit log", async () => {
    await many(1_300, { containerTags: ["a", "b"] });
    await add("only a", { containerTag: "a" });
    await addDocument(api.globex.principal, { content: "theirs", containerTags: ["a", "b"] });
    expect(await removeDocuments(mine(), { containerTags: ["a", "b"] })).toEqual({
      success: true,
      deletedCount: 1_300,
      containerTags: ["a", "b"],
    });
    expect([await left(), await countDocuments(api.globex.principal, {})]).toEqual([1, 1]);
    expect(await deletions()).toEqual([
      { count: 300, containerTags: ["a", "b"] },
      { count: 1_000, containerTags: ["a", "b"] },
    ]);
    expect(await removeDocuments(mine(), { containerTags: ["nobody"] })).toMatchObject({
      success: true,
      deletedCount: 0,
    });
  });

  test("by path: exactly this one, or everything below one that ends with a slash", async () => {
    for (const filepath of ["a", "a/b.md", "a/c/d.md", "ab.md", "a_/x.md"]) await add(filepath, { filepath });
    expect(await removeDocuments(mine(), { filepath: "a" })).toMatchObject({ deletedCount: 1 });
    expect(await removeDocuments(mine(), { filepath: "a/" })).toMatchObject({ deletedCount: 2 });
    expect(await left()).toBe(2);
  });

  test("by nothing, or by two things at once, is refused", async () => {
    await add("text", { containerTag: "a", filepath: "x" });
    for (const input of [{}, { containerTags: ["a"], filepath: "x" }, { ids: ["x"], containerTags: ["a"] }])
      await expect(removeDocuments(mine(), input)).rejects.toMatchObject({ code: "invalid_request" });
    expect(await left()).toBe(1);
  });
});

test("a key for one container deletes in it and nowhere else", async () => {
  const own = await add("own", { containerTag: "mine" });
  const theirs = await add("theirs", { containerTag: "theirs", filepath: "x/y.md", customId: "theirs" });
  for (const reference of [theirs, "theirs"])
    await expect(removeDocument(inside("mine"), reference)).rejects.toMatchObject(notFound);
  expect(await removeDocuments(inside("mine"), { ids: [theirs] })).toMatchObject({ deletedCount: 0 });
  expect(await removeDocuments(inside("mine"), { containerTags: ["theirs"] })).toMatchObject({ deletedCount: 0 });
  expect(await removeDocuments(inside("mine"), { filepath: "x/" })).toMatchObject({ deletedCount: 0 });
  await removeDocument(inside("mine"), own);
  expect(await left()).toBe(1);
});

test.each([
  ["deleted", (id: string) => removeDocument(inside("mine"), id), notFound],
  ["deleted among others", (id: string) => removeDocuments(inside("mine"), { ids: [id] }), { deletedCount: 0 }],
  ["changed", (id: string) => updateDocument(inside("mine"), id, { metadata: { a: 1 } }), notFound],
])("what has left the key's container by the time it would be %s stays as it is", async (_what, attempt, expected) => {
  const id = await add("moving", { containerTag: "mine" });
  const attempted = await transaction(async (client) => {
    await client.query("update documents set container_tags = '{theirs}' where id = $1", [id]);
    const attempting = attempt(id).catch((error: unknown) => error);
    // It has found the document and waits for this very row.
    await until(async () => (await pool().query("select 1 from pg_locks where not granted")).rowCount);
    return { attempting };
  });
  expect(await attempted.attempting).toMatchObject(expected);
  expect(await prisma().document.findUniqueOrThrow({ where: { id } })).toMatchObject({ deletedAt: null, metadata: {} });
});

test("whatever ids it is given, a deletion reaches one organization's documents alone", async () => {
  const theirs = await addDocument(api.globex.principal, { content: "theirs" });
  const own = await add("own");
  const gone = await transaction((client) => tombstone(client, scopeOf(mine()), [theirs.id, own]));
  expect(gone).toEqual([own]);
  expect(await countDocuments(api.globex.principal, {})).toBe(1);
});
