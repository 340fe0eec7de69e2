import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { newId } from "#lib/contract/ids.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { addDocuments } from "#lib/testing/documents.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { browseDocuments, listDocuments, type ListDocumentsInput } from "./service.ts";

let acme: TestOrganization;
let globex: TestOrganization;
/** newest first */
let ids: readonly string[];

const total = 47;
const order = { sort: "createdAt", order: "desc" } as const;
const list = (input: Partial<ListDocumentsInput>, who = acme) =>
  listDocuments(who.principal, { page: 1, limit: 10, ...order, ...input });

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  globex = await testOrganization("Globex");
  const { id } = await prisma().connection.create({
    data: { id: newId(), organizationId: acme.organizationId, provider: "s3", containerTags: [] },
  });
  const titles = Array.from({ length: total }, (_, i) => `d${i}.md`);
  const added = await addDocuments(acme, id, titles, { containerTags: ["all"] });
  // Some share a moment: then their ids decide.
  for (let i = 0; i < 20; i += 2)
    await prisma().document.updateMany({
      where: { id: { in: [added[i] ?? "", added[i + 1] ?? ""] } },
      data: { createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, i)) },
    });
  const rows = await prisma().document.findMany({ orderBy: [{ createdAt: "desc" }, { id: "desc" }] });
  ids = rows.map((row) => row.id);
});

describe("pages by number", () => {
  test("are the same from either end, whatever their size and order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom("asc", "desc"),
        fc.boolean(),
        async (limit, page, direction, tagged) => {
          const found = await list({ limit, page, order: direction, ...(tagged && { containerTags: ["all"] }) });
          const all = direction === "asc" ? ids.toReversed() : ids;
          expect(found.items.map((item) => item.id)).toEqual(all.slice((page - 1) * limit, page * limit));
          expect(found).toMatchObject({ page, limit, totalItems: total, totalPages: Math.ceil(total / limit) });
          expect(found.nextCursor === null).toBe(page * limit >= total);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe("cursors", () => {
  test("lead from any page through the rest, each document once, and say what the first page said", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom("asc", "desc"),
        async (limit, start, direction) => {
          const all = direction === "asc" ? ids.toReversed() : ids;
          let found = await list({ limit, page: start, order: direction });
          const seen = found.items.map((item) => item.id);
          for (let page = start + 1; found.nextCursor !== null; page++) {
            // 1 is what a caller sends who knows nothing of pages
            found = await list({ limit, page: 1, cursor: found.nextCursor, order: direction });
            expect(found).toMatchObject({ page, totalItems: total });
            seen.push(...found.items.map((item) => item.id));
          }
          expect(seen).toEqual(all.slice((start - 1) * limit));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("that are not ours, or of another order, are refused in words", async () => {
    const { nextCursor } = await list({});
    const refused = (cursor: string, more: object = {}) =>
      expect(list({ cursor, ...more })).rejects.toMatchObject({
        code: "invalid_request",
        fields: [{ path: "cursor" }],
      });
    await refused(nextCursor ?? "", { order: "asc" });
    await refused(nextCursor ?? "", { sort: "updatedAt" });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 120 }), async (text) => void (await refused(text))),
      { numRuns: 60 },
    );
    const forged = (text: string) => Buffer.from(text).toString("base64url");
    for (const text of [
      "cd|2026-13-41T00:00:00.000Z|abc|1|1",
      "cd|2026-02-30T00:00:00.000Z|abc|1|1",
      "cd|2026-01-01T00:00:00.000Z|' or true --|1|1",
      "cd|2026-01-01T00:00:00.000Z|abc|-1|1",
      "cd|now()|abc|1|1",
    ])
      await refused(forged(text));
  });

  test("of another organization show only the caller's own documents", async () => {
    const { nextCursor } = await list({ order: "asc" });
    const { items } = await list({ cursor: nextCursor ?? "", order: "asc" }, globex);
    expect(items).toEqual([]);
  });

  test("fit what the API takes", async () => {
    const { nextCursor } = await list({ limit: 1 });
    expect(nextCursor?.length).toBeLessThanOrEqual(120);
  });
});

test("a place that is no moment begins at the start", async () => {
  for (const at of ["2026-02-30T00:00:00.000Z", "2026-01-01T24:00:01Z"]) {
    const after = Buffer.from(`${at}|abc`).toString("base64url");
    expect((await browseDocuments(acme.principal, { after, limit: 1 })).items.map(({ id }) => id)).toEqual([ids[0]]);
  }
});

test("browsing goes back as it went forth", async () => {
  const forth: (readonly string[])[] = [];
  const back: (readonly string[])[] = [];
  const shown = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);
  let page = await browseDocuments(acme.principal, { limit: 9 });
  expect(page.previous).toBeNull();
  for (;;) {
    forth.push(shown(page));
    if (page.next === null) break;
    page = await browseDocuments(acme.principal, { limit: 9, after: page.next });
  }
  for (;;) {
    back.unshift(shown(page));
    if (page.previous === null) break;
    page = await browseDocuments(acme.principal, { limit: 9, before: page.previous });
    expect(page.next).not.toBeNull();
  }
  expect(forth.flat()).toEqual(ids);
  expect(back).toEqual(forth);
});

test("documents of a provider are all there, from one connection, several or none any more", async () => {
  const initech = await testOrganization("Initech");
  const { organizationId } = initech;
  const connect = async () => {
    const data = { id: newId(), organizationId, provider: "s3", containerTags: [] };
    return (await prisma().connection.create({ data })).id;
  };
  const titles = async (provider = "s3") => {
    const shown = async (input: Partial<ListDocumentsInput>) =>
      (await list({ provider, ...input }, initech)).items.map(({ title }) => title);
    const listed = await shown({});
    const { items } = await browseDocuments(initech.principal, { provider });
    expect(items.map(({ title }) => title)).toEqual(listed);
    expect(await shown({ containerTags: ["t"] })).toEqual(listed);
    return [...listed].sort();
  };
  expect(await titles()).toEqual([]);
  const first = await connect();
  await addDocuments(initech, first, ["a"], { containerTags: ["t"] });
  expect(await titles()).toEqual(["a"]);
  await addDocuments(initech, await connect(), ["b"], { containerTags: ["t"] });
  expect(await titles()).toEqual(["a", "b"]);
  expect(await titles("notion")).toEqual([]);
  await prisma().document.updateMany({ where: { connectionId: first }, data: { connectionId: null, key: null } });
  expect(await titles()).toEqual(["a", "b"]);
  await prisma().connection.delete({ where: { id: first } });
  expect(await titles()).toEqual(["a", "b"]);
});
