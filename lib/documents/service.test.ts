import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { metadataFilter } from "#lib/contract/filters.ts";
import { newId } from "#lib/contract/ids.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { addDocuments } from "#lib/testing/documents.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import {
  browseDocuments,
  countDocuments,
  getDocument,
  listDocuments,
  providerDocuments,
  withContents,
} from "./service.ts";
import type { BrowseDocumentsInput } from "./service.ts";

let acme: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
});

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().document.deleteMany({});
});

async function connection(state: "active" | "deleting" = "active", deleteDocuments = true): Promise<string> {
  const { id } = await prisma().connection.create({
    data: {
      id: newId(),
      organizationId: acme.organizationId,
      provider: "s3",
      containerTags: [],
      state,
      deleteDocuments,
    },
  });
  return id;
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `d${String(i).padStart(3, "0")}.md`);

async function walk(input: BrowseDocumentsInput): Promise<string[]> {
  const titles: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await browseDocuments(acme.principal, { ...input, after });
    titles.push(...page.items.map((item) => item.title ?? ""));
    if (page.next === null) return titles;
    after = page.next;
  }
}

describe("browsing by keyset", () => {
  test.each([
    ["createdAt", "desc"],
    ["createdAt", "asc"],
    ["updatedAt", "desc"],
    ["updatedAt", "asc"],
  ] as const)("shows every document once, by %s %s", async (sort, order) => {
    await addDocuments(acme, await connection(), names(25));
    const expected = order === "asc" ? names(25) : names(25).toReversed();
    expect(await walk({ limit: 7, sort, order })).toEqual(expected);
  });

  test("documents of the same moment are neither repeated nor left out", async () => {
    await addDocuments(acme, await connection(), names(20));
    await prisma().document.updateMany({ data: { createdAt: new Date("2026-01-01T00:00:00.123Z") } });
    const seen = await walk({ limit: 3 });
    expect(new Set(seen).size).toBe(20);
    expect(seen).toHaveLength(20);
  });

  test("what a sync adds meanwhile does not shift later pages", async () => {
    const id = await connection();
    await addDocuments(acme, id, names(6));
    const first = await browseDocuments(acme.principal, { limit: 3 });
    await addDocuments(acme, id, ["later.md"]);
    const second = await browseDocuments(acme.principal, { limit: 3, after: first.next ?? "" });
    expect(second.items.map((item) => item.title)).toEqual(["d002.md", "d001.md", "d000.md"]);
  });

  test("a position nobody wrote begins at the start", async () => {
    await addDocuments(acme, await connection(), names(2));
    for (const after of ["", "x", "'; drop table documents", "bm90aGluZw", "a".repeat(1_000)])
      expect((await browseDocuments(acme.principal, { after })).items).toHaveLength(2);
  });
});

describe("filters", () => {
  test("by connection, provider, tags, status, path and words", async () => {
    const [a, b] = [await connection(), await connection()];
    await addDocuments(acme, a, ["guide/Start_here.md", "guide/100%.md"], { containerTags: ["x", "y"] });
    await addDocuments(acme, b, ["other.md"], { containerTags: ["x"] });
    await prisma().document.updateMany({ where: { title: "other.md" }, data: { status: "failed" } });
    const titles = async (input: BrowseDocumentsInput) =>
      (await browseDocuments(acme.principal, input)).items.map((item) => item.title);
    expect(await titles({ connectionId: b })).toEqual(["other.md"]);
    expect(await titles({ provider: "web-crawler" })).toEqual([]);
    expect(await titles({ containerTags: ["x"] })).toHaveLength(3);
    expect(await titles({ containerTags: ["y", "x"] })).toHaveLength(2);
    expect(await titles({ containerTags: [] })).toHaveLength(3);
    expect(await titles({ status: "failed" })).toEqual(["other.md"]);
    expect(await titles({ filepath: "guide/" })).toHaveLength(2);
    expect(await titles({ filepath: "guide" })).toEqual([]);
    expect(await titles({ filepath: "other.md" })).toEqual(["other.md"]);
    expect(await titles({ query: "START" })).toEqual(["guide/Start_here.md"]);
    // What means something to LIKE is taken as it stands.
    expect(await titles({ query: "t_h" })).toEqual(["guide/Start_here.md"]);
    expect(await titles({ query: "%" })).toEqual(["guide/100%.md"]);
    expect(await titles({ query: "s%e" })).toEqual([]);
    expect(await countDocuments(acme.principal, { containerTags: ["y"], query: "guide" })).toBe(2);
  });

  test("by metadata, as the protocol's grammar has it", async () => {
    const titles = ["a.md", "b.md", "c.md", "d.md"];
    const ids = await addDocuments(acme, await connection(), titles);
    const metadata = [{ team: "Sales", size: 5 }, { team: "sales", size: 70 }, { size: "6" }, { labels: ["x", "Y"] }];
    for (const [i, id] of ids.entries())
      await prisma().document.update({ where: { id }, data: { metadata: metadata[i] ?? {} } });
    const found = async (filter: object) => {
      const input = { metadata: metadataFilter.parse(filter), order: "asc" } as const;
      const initials = (await browseDocuments(acme.principal, input)).items.map((item) => item.title?.slice(0, 1));
      expect(await countDocuments(acme.principal, input)).toBe(initials.length);
      return initials.join("");
    };
    const one = (more: object) => found({ AND: [more] });
    expect(await one({ key: "team", value: "sales" })).toBe("b");
    expect(await one({ key: "team", value: "sales", ignoreCase: true })).toBe("ab");
    expect(await one({ key: "team", value: "sales", negate: true })).toBe("acd");
    expect(await one({ key: "team", value: "ale", filterType: "string_contains" })).toBe("ab");
    expect(await one({ key: "team", value: "SALE", filterType: "string_contains" })).toBe("");
    expect(await one({ key: "size", value: "5", filterType: "numeric" })).toBe("a");
    expect(await one({ key: "size", value: "5.5", filterType: "numeric", numericOperator: ">" })).toBe("bc");
    // A negated comparison is the opposite one: what has no number matches neither.
    expect(await one({ key: "size", value: "5.5", filterType: "numeric", numericOperator: ">", negate: true })).toBe(
      "a",
    );
    expect(await one({ key: "team", value: "1", filterType: "numeric" })).toBe("");
    expect(await one({ key: "labels", value: "y", filterType: "array_contains" })).toBe("");
    expect(await one({ key: "labels", value: "y", filterType: "array_contains", ignoreCase: "true" })).toBe("d");
    expect(await one({ key: "team", value: "Sales", filterType: "array_contains" })).toBe("");
    const [sales, big] = [
      { key: "team", value: "sales" },
      { key: "size", value: "60", filterType: "numeric", numericOperator: ">" },
    ];
    expect(await found({ AND: [sales, big] })).toBe("b");
    expect(
      await found({
        OR: [
          sales,
          {
            AND: [
              { ...sales, negate: true },
              { key: "labels", value: "x", filterType: "array_contains" },
            ],
          },
        ],
      }),
    ).toBe("bd");
    expect(await one({ key: "team", value: "x' or true --" })).toBe("");
  });

  test("tombstones and documents that leave with their connection are not there; kept ones are", async () => {
    await addDocuments(acme, await connection(), ["gone.md"], { deletedAt: new Date() });
    await addDocuments(acme, await connection("deleting", true), ["leaving.md"]);
    const [kept = ""] = await addDocuments(acme, await connection("deleting", false), ["kept.md"]);
    expect(await walk({})).toEqual(["kept.md"]);
    expect(await countDocuments(acme.principal, {})).toBe(1);
    expect(await countDocuments(acme.principal, { provider: "s3" })).toBe(1);
    // From now on they name no connection, although their rows still do.
    expect((await getDocument(acme.principal, kept)).connectionId).toBeNull();
    const { connectionId } = await prisma().document.findUniqueOrThrow({ where: { id: kept } });
    expect((await browseDocuments(acme.principal, {})).items.map((item) => item.connectionId)).toEqual([null]);
    expect(await walk({ connectionId: connectionId ?? "" })).toEqual([]);
    expect(await countDocuments(acme.principal, { connectionId: connectionId ?? "" })).toBe(0);
    // The kept ones are released in batches; whatever their state, each is counted once.
    await prisma().document.update({ where: { id: kept }, data: { connectionId: null, key: null } });
    expect(await countDocuments(acme.principal, {})).toBe(1);
    expect(await countDocuments(acme.principal, { provider: "web-crawler" })).toBe(0);
    expect((await getDocument(acme.principal, kept)).title).toBe("kept.md");
  });
});

describe("pages by number", () => {
  test("say how many there are; one past the end is empty", async () => {
    await addDocuments(acme, await connection(), names(23));
    const page = (n: number) => listDocuments(acme.principal, { page: n, limit: 10, sort: "createdAt", order: "desc" });
    expect(await page(1)).toMatchObject({ page: 1, limit: 10, totalItems: 23, totalPages: 3 });
    const third = await page(3);
    expect(third.items.map((item) => item.title)).toEqual(["d002.md", "d001.md", "d000.md"]);
    expect(await page(4)).toMatchObject({ items: [], totalItems: 23 });
    expect(await page(100_000_000)).toMatchObject({ items: [] });
  });
});

test("texts come a few megabytes at a time, however long they are together", async () => {
  await addDocuments(acme, await connection(), names(12));
  await prisma().content.updateMany({ data: { text: "x".repeat(1_500_000) } });
  const { items } = await listDocuments(acme.principal, { page: 1, limit: 12, sort: "createdAt", order: "desc" });
  await prisma().content.delete({ where: { documentId: items[3]?.id ?? "" } });
  const batches = [];
  for await (const batch of withContents(acme.principal, items)) batches.push(batch);
  expect(Math.max(...batches.map((batch) => batch.filter((item) => item.content !== null).length))).toBe(2);
  expect(batches.flat().map((item) => item.id)).toEqual(items.map((item) => item.id));
  expect(batches.flat().filter((item) => item.content?.length === 1_500_000)).toHaveLength(11);
});

test("all documents of a provider come in batches, each once", async () => {
  await addDocuments(acme, await connection(), names(2_345));
  const sizes: number[] = [];
  const ids = new Set<string>();
  for await (const batch of providerDocuments(acme.principal, "s3", [])) {
    sizes.push(batch.length);
    for (const { id } of batch) ids.add(id);
  }
  expect(sizes).toEqual([1_000, 1_000, 345]);
  expect(ids.size).toBe(2_345);
});
