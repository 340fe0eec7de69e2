import * as fc from "fast-check";
import Supermemory from "supermemory";
import { beforeAll, describe, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { wireChunkSearch, wireError, wireSearch } from "#lib/contract/wire.ts";
import { prisma } from "#lib/db/client.ts";
import { hashKey, keySuffix, newKey } from "#lib/keys/hash.ts";
import { addTexts, indexTexts } from "#lib/search/testing/searchable.ts";
import { testApi } from "#lib/testing/api.ts";

const api = testApi();

const prose = "This page is about the everyday work of the team and says who does what, and where to ask for help.";
const day = (d: number) => new Date(Date.UTC(2026, 0, d, 12));

let ids: Record<"plan" | "budget" | "minutes" | "contract", string>;
let foreign: string;

beforeAll(async () => {
  const connectionId = await api.connect({ containerTags: ["acme-sales"] });
  const [plan, budget, minutes, contract] = await addTexts(api.acme.organizationId, [
    {
      title: "Launch plan",
      text: `${prose}\n\nThe marmalade launch is planned for spring.`,
      tags: ["user_1", "project_x"],
      metadata: { stage: "draft", priority: 3, labels: ["red", "blue"] },
      filepath: "/plans/launch.md",
      customId: "plans/launch 2026",
      updatedAt: day(1),
    },
    {
      title: "Budget",
      text: `${prose}\n\nMarmalade costs 4 Euro a jar. The marmalade budget is final.`,
      tags: ["user_1"],
      metadata: { stage: "final", priority: 7 },
      type: "pdf",
      filepath: "/plans/money/budget.pdf",
      updatedAt: day(10),
    },
    {
      title: "Minutes",
      text: `${prose}\n\nWe talked about marmalade.\n\n${`${prose} `.repeat(30)}`,
      tags: ["user_2"],
      metadata: { stage: "final", priority: 1 },
      filepath: "/minutes.md",
      updatedAt: day(20),
    },
    {
      title: "Contract",
      text: `${prose}\n\nThe marmalade contract ends in autumn.`,
      tags: ["user_2"],
      provider: "s3",
      connectionId,
      updatedAt: day(25),
    },
  ]);
  if (!plan || !budget || !minutes || !contract) throw new Error("not added");
  ids = { plan, budget, minutes, contract };
  [foreign = ""] = await addTexts(api.globex.organizationId, [
    { title: "Secret", text: `${prose}\n\nThe marmalade of Globex is secret.`, tags: ["user_1"] },
  ]);
});

async function search(body: object, headers: Record<string, string> = {}) {
  const response = await api.send("POST", "/v3/search", { q: "marmalade", ...body }, headers);
  expect(response.status, await response.clone().text()).toBe(200);
  return wireSearch.parse(await response.json());
}

/** Names of the documents that were found. */
async function found(body: object, headers: Record<string, string> = {}): Promise<string[]> {
  const { results } = await search(body, headers);
  return results
    .map(({ documentId }) => Object.entries(ids).find(([, id]) => id === documentId)?.[0] ?? documentId)
    .toSorted();
}

describe("the official client", () => {
  test("finds documents by search.documents and search.execute", async () => {
    for (const result of [
      await api.client.search.documents({ q: "marmalade launch", limit: 5, includeSummary: true }),
      await api.client.search.execute({ q: "marmalade launch", limit: 5, includeSummary: true }),
    ]) {
      expect(result.results[0]).toMatchObject({
        documentId: ids.plan,
        title: "Launch plan",
        type: "text",
        summary: null,
      });
      expect(result.results[0]?.chunks[0]?.content).toContain("marmalade launch");
      expect(result.total).toBe(result.results.length);
      expect(result.timing).toBeGreaterThanOrEqual(0);
    }
  });

  test("finds chunks by search and search.memories", async () => {
    for (const result of [
      await api.client.search({ q: "marmalade launch", containerTag: "user_1" }),
      await api.client.search.memories({ q: "marmalade launch", searchMode: "documents", containerTag: "user_1" }),
      await api.client.search.memories({ q: "marmalade launch", searchMode: "hybrid", include: { documents: true } }),
    ]) {
      expect(result.results[0]?.chunk).toContain("marmalade launch");
      expect(result.results[0]?.similarity).toBeGreaterThanOrEqual(0.6);
    }
    const [first] = (await api.client.search({ q: "marmalade launch", include: { documents: true, chunks: true } }))
      .results;
    expect(first?.documents?.[0]).toMatchObject({ id: ids.plan, title: "Launch plan" });
    expect(first?.chunks?.[0]).toMatchObject({ documentId: ids.plan });
  });

  test("is told that there are no memories, once", async () => {
    const client = new Supermemory({ apiKey: api.acme.apiKey, baseURL: api.url, maxRetries: 2 });
    await expect(client.search.memories({ q: "x", searchMode: "memories" })).rejects.toMatchObject({ status: 501 });
    const response = await api.send("POST", "/v4/search", { q: "x", searchMode: "memories" });
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(wireError.parse(await response.json()).details).toContain("/v3/search");
  });
});

describe("filters", () => {
  test.each<[object, string[]]>([
    [{}, ["budget", "contract", "minutes", "plan"]],
    [{ containerTag: "user_1" }, ["budget", "plan"]],
    [{ containerTags: ["user_1", "project_x"] }, ["plan"]],
    [{ containerTags: [] }, ["budget", "contract", "minutes", "plan"]],
    [{ containerTag: "nobody" }, []],
    [{ provider: "s3" }, ["contract"]],
    [{ provider: "notion" }, []],
    [{ type: "pdf" }, ["budget"]],
    [{ filepath: "/plans/" }, ["budget", "plan"]],
    [{ filepath: "/minutes.md" }, ["minutes"]],
    [{ updatedAfter: "2026-01-10T12:00:00Z" }, ["budget", "contract", "minutes"]],
    [{ updatedBefore: "2026-01-10T12:00:00Z" }, ["plan"]],
    [{ filters: { AND: [{ key: "stage", value: "final" }] } }, ["budget", "minutes"]],
    [{ filters: JSON.stringify({ OR: [{ key: "stage", value: "draft" }] }) }, ["plan"]],
    [
      { filters: { AND: [{ key: "priority", value: "2", filterType: "numeric", numericOperator: ">" }] } },
      ["budget", "plan"],
    ],
    [{ filters: { AND: [{ key: "labels", value: "blue", filterType: "array_contains" }] } }, ["plan"]],
    [{ filters: { AND: [{ key: "stage", value: "final", negate: true }] } }, ["contract", "plan"]],
    [
      {
        containerTag: "user_1",
        type: "pdf",
        filepath: "/plans/",
        filters: { AND: [{ key: "stage", value: "final" }] },
      },
      ["budget"],
    ],
    [{ containerTag: "user_2", type: "pdf" }, []],
  ])("%j finds exactly what fits", async (body, expected) => {
    expect(await found(body)).toEqual(expected);
  });

  test("a connection's documents are found by its id, another organization's id finds nothing", async () => {
    const document = await prisma().document.findUniqueOrThrow({ where: { id: ids.contract } });
    expect(await found({ connectionId: document.connectionId })).toEqual(["contract"]);
    expect(await found({ connectionId: newId() })).toEqual([]);
  });

  test("docId searches one document, by its id or the application's own; an absent or foreign one is a 404 (A19)", async () => {
    expect(await found({ docId: ids.plan })).toEqual(["plan"]);
    expect(await found({ docId: "plans/launch 2026" })).toEqual(["plan"]);
    expect((await search({ docId: ids.plan, q: "nothing-like-it" })).results).toEqual([]);
    const absent = await api.send("POST", "/v3/search", { q: "marmalade", docId: newId() });
    const theirs = await api.send("POST", "/v3/search", { q: "marmalade", docId: foreign });
    expect([absent.status, theirs.status]).toEqual([404, 404]);
    expect(await theirs.text()).toBe(await absent.text());
  });
});

describe("who sees what", () => {
  test("another organization's documents are never found (T01)", async () => {
    expect(await found({ limit: 100 })).not.toContain(foreign);
    const response = await api.send("POST", "/v3/search", { q: "secret globex marmalade", limit: 100 });
    expect(await response.text()).not.toContain("secret.");
  });

  test("a key for one container finds that container's documents only, whatever it asks for", async () => {
    const headers = { authorization: `Bearer ${await keyFor("user_1")}` };
    expect(await found({}, headers)).toEqual(["budget", "plan"]);
    expect(await found({ containerTag: "project_x" }, headers)).toEqual(["plan"]);
    expect(await found({ containerTag: "user_2" }, headers)).toEqual([]);
    const outside = await api.send("POST", "/v3/search", { q: "marmalade", docId: ids.minutes }, headers);
    expect(outside.status).toBe(404);
    const chunks = await api.send("POST", "/v4/search", { q: "marmalade", threshold: 0, limit: 100 }, headers);
    const { results } = wireChunkSearch.parse(await chunks.json());
    expect(new Set(results.map(({ documentId }) => documentId))).toEqual(new Set([ids.plan, ids.budget]));
  });

  test("a document whose tags moved is not found under the old tag, not even before it is indexed again", async () => {
    const [moving = ""] = await addTexts(api.acme.organizationId, [
      { text: `${prose}\n\nA wandering albatross.`, tags: ["before"] },
    ]);
    expect(await found({ q: "albatross", containerTag: "before" })).toEqual([moving]);
    await prisma().document.update({ where: { id: moving }, data: { containerTags: ["after"] } });
    expect(await found({ q: "albatross", containerTag: "before" })).toEqual([]);
    await prisma().indexTask.create({
      data: { documentId: moving, organizationId: api.acme.organizationId },
    });
    await indexTexts(api.acme.organizationId);
    expect(await found({ q: "albatross", containerTag: "after" })).toEqual([moving]);
  });

  test("tombstones and documents of a connection that is being deleted are gone at once", async () => {
    const connectionId = await api.connect();
    const [dead = "", leaving = "", staying = ""] = await addTexts(api.acme.organizationId, [
      { text: `${prose}\n\nThe pangolin sleeps.` },
      { text: `${prose}\n\nThe pangolin leaves.`, connectionId, provider: "s3" },
      { text: `${prose}\n\nThe pangolin stays.` },
    ]);
    expect(await found({ q: "pangolin" })).toEqual([dead, leaving, staying].toSorted());
    await prisma().document.update({ where: { id: dead }, data: { deletedAt: new Date() } });
    await prisma().connection.update({
      where: { id: connectionId },
      data: { state: "deleting", deleteDocuments: true },
    });
    expect(await found({ q: "pangolin" })).toEqual([staying]);
    expect((await api.send("POST", "/v3/search", { q: "pangolin", docId: dead })).status).toBe(404);
  });
});

describe("what is answered", () => {
  test("whole texts come with includeFullDocs, and only then", async () => {
    const full = await search({ q: "marmalade talked", includeFullDocs: true, limit: 2 });
    expect(full.results[0]?.content).toContain("We talked about marmalade.");
    expect(full.results[0]?.content?.length).toBeGreaterThan(2_000);
    expect(full).toMatchObject({ total: full.results.length });
    expect((await search({})).results[0]).not.toHaveProperty("content");
    expect((await search({ q: "no-such-thing-anywhere", includeFullDocs: true })).results).toEqual([]);
  });

  test("highlights are offsets into the chunk's content", async () => {
    const { results } = await search({});
    expect(results.length).toBeGreaterThan(0);
    for (const { content, highlights } of results.flatMap(({ chunks }) => chunks)) {
      expect(highlights.length).toBeGreaterThan(0);
      for (const { start, end } of highlights) expect(content.slice(start, end)).toMatch(/^marmalade$/i);
    }
  });

  test("thresholds leave out chunks that score less; limit is kept", async () => {
    const { results } = await search({ q: "marmalade launch" });
    const scores = results.flatMap(({ chunks }) => chunks.map(({ score }) => score));
    const cut = (await search({ q: "marmalade launch", chunkThreshold: 0.6 })).results;
    expect(Math.min(...scores)).toBeLessThan(0.6);
    expect(cut.map(({ documentId }) => documentId)).toEqual([ids.plan]);
    expect((await search({ limit: 1 })).results).toHaveLength(1);
    expect((await search({ limit: "2" })).results).toHaveLength(2);
  });

  test("what the protocol knows and has no effect here is taken", async () => {
    expect(
      await found({ rerank: true, rewriteQuery: true, documentThreshold: 1, categoriesFilter: ["a"] }),
    ).toHaveLength(4);
  });

  test.each<[string, object]>([
    ["an empty q", { q: "" }],
    ["a blank q", { q: "   " }],
    ["a number as q", { q: 7 }],
    ["a q of 2,001 characters", { q: "a".repeat(2_001) }],
    ["a q with NUL", { q: "nul \u0000" }],
    ["a q with half a surrogate pair", { q: "half \ud800" }],
    ["limit 0", { limit: 0 }],
    ["limit 101", { limit: 101 }],
    ["a threshold as text", { chunkThreshold: "0.5" }],
    ["a threshold above 1", { chunkThreshold: 1.1 }],
    ["a filter on no key", { filters: { AND: [{ key: "a b", value: "x" }] } }],
    ["a moment in words", { updatedAfter: "yesterday" }],
    ["a tag with a blank", { containerTag: "a b" }],
  ])("%s is refused with the field named (A07, A08, A09)", async (_, body) => {
    const response = await api.send("POST", "/v3/search", { q: "x", ...body });
    expect(response.status).toBe(400);
    expect(wireError.parse(await response.json()).details).toContain(Object.keys(body)[0]);
  });
});

test("nothing anybody can type is an error (A07)", async () => {
  const operators = [
    '"',
    "-",
    "*",
    "OR",
    "|",
    "&",
    "!",
    "(",
    ")",
    ":*",
    "<->",
    ":A",
    "'",
    "\\",
    "''",
    "%",
    "_",
    "$1",
    ";--",
  ];
  const typed = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 100 }).filter((q) => q.isWellFormed() && !q.includes("\0")),
    fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ...operators,
            " ",
            "marmalade",
            "日本語",
            "الكتاب",
            "ภาษา",
            "👩‍👩‍👧",
            "é",
            "ﬁ",
            "\u202e",
            "a\u0301",
          ),
        ),
      )
      .map((parts) => parts.join("").slice(0, 2_000)),
    fc.constantFrom(
      "a".repeat(2_000),
      '"'.repeat(2_000),
      "日".repeat(2_000),
      "a ".repeat(1_000),
      "-a ".repeat(600),
      "a* ".repeat(600),
    ),
  );
  await fc.assert(
    fc.asyncProperty(typed, fc.constantFrom("/v3/search", "/v4/search"), async (q, path) => {
      const response = await api.send("POST", path, { q });
      const body: unknown = await response.json();
      if (q.trim() === "") expect(response.status).toBe(400);
      else {
        expect(response.status, JSON.stringify([q, body])).toBe(200);
        (path === "/v3/search" ? wireSearch : wireChunkSearch).parse(body);
      }
    }),
    { numRuns: 150 },
  );
});

async function keyFor(containerTag: string): Promise<string> {
  const key = newKey();
  await prisma().apiKey.create({
    data: {
      id: newId(),
      organizationId: api.acme.organizationId,
      name: containerTag,
      hash: new Uint8Array(hashKey(key)),
      suffix: keySuffix(key),
      containerTag,
    },
  });
  return key;
}
