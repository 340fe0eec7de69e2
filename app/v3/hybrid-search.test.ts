import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { pool } from "#lib/db/client.ts";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { setEnvForTests } from "#lib/env.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { embedOrganization } from "#lib/search/embed-organization.ts";
import { indexTexts } from "#lib/search/testing/searchable.ts";
import { tendVectors } from "#lib/search/queue-vectors.ts";
import { testApi } from "#lib/testing/api.ts";
import { fakeEmbeddings, type FakeEmbeddings } from "#lib/testing/fake-embeddings.ts";

/** Words and meaning together: from the API to a real endpoint over HTTP, through everything the workers do. */

const key = "sk-canary-embeddings-0001";
const api = testApi();
const never = new AbortController().signal;
let fake: FakeEmbeddings;
let extractor: Extractor;
let written: string[] = [];

beforeAll(async () => {
  extractor = createExtractor({ threads: 1 });
  fake = await fakeEmbeddings({
    synonyms: [
      ["car", "automobile", "vehicle"],
      ["holiday", "vacation", "leave"],
      ["salary", "wage", "pay"],
    ],
  });
  afterAll(async () => {
    await extractor.close();
    await fake.close();
  });
});

beforeEach(async () => {
  written = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  fake.answer = () => undefined;
  await configure(true);
  await pool().query("delete from documents");
  return () => vi.restoreAllMocks();
});

async function configure(on: boolean): Promise<void> {
  setEnvForTests({
    EMBEDDINGS_URL: on ? fake.url : undefined,
    EMBEDDINGS_MODEL: on ? "model" : undefined,
    EMBEDDINGS_API_KEY: on ? key : undefined,
    RETRY_BASE_MS: "1",
  });
  await tendVectors();
}

/** Adds texts through the API and does what workers do; their ids. */
async function add(texts: readonly string[], containerTag = "team"): Promise<readonly string[]> {
  const { results } = await api.client.documents.batchAdd({
    documents: texts.map((content) => ({ content })),
    containerTag,
  });
  const ids = results.map(({ id }) => id);
  for (const id of ids) await processDocument({ createHttp, extractor }, id, never);
  await indexTexts(api.acme.organizationId);
  await embedOrganization(api.acme.organizationId, never);
  return ids;
}

const documents = async (q: string, more: object = {}) =>
  (await api.client.search.documents({ q, ...more })).results.map(({ documentId }) => documentId);
const statuses = async () => (await api.client.documents.list({})).memories.map(({ status }) => status);

test("a query finds a document that shares no word with it, in both searches", async () => {
  const [repair, bread] = await add([
    "Automobile workshop opening times",
    "Bread recipe with walnuts",
    "Wage tables for autumn",
  ]);
  expect(await documents("car")).toEqual([repair]);
  expect(await documents("walnuts")).toEqual([bread]);
  const { results } = await api.client.search({ q: "car", searchMode: "documents", threshold: 0.2 });
  expect(results).toMatchObject([{ chunk: "Automobile workshop opening times" }]);
  expect(fake.calls.every((call) => call.authorization === `Bearer ${key}`)).toBe(true);
});

test("what fits by words and by meaning comes before what fits by one of them", async () => {
  const [both, words, meaning] = await add([
    "Holiday request form for the holiday season, leave and vacation",
    "The film Holiday was shot in the year the studio burned down, and nobody remembers who wrote it or why",
    "Vacation and leave",
  ]);
  const found = await documents("holiday");
  expect(found[0]).toBe(both);
  expect(found.toSorted()).toEqual([both, words, meaning].toSorted());
});

test("vectors are of the caller's container alone", async () => {
  const [mine] = await add(["Automobile workshop"], "mine");
  const [other] = await add(["Vehicle registration"], "other");
  expect((await documents("car")).toSorted()).toEqual([mine, other].toSorted());
  expect(await documents("car", { containerTag: "mine" })).toEqual([mine]);
  expect(await documents("car", { containerTags: ["other"] })).toEqual([other]);
});

test("what a query leaves out is left out by meaning, too", async () => {
  const [repair] = await add(["Automobile workshop", "Automobile insurance"]);
  expect(await documents("car -insurance")).toEqual([repair]);
});

test("with the endpoint down documents become done and are found by their words; vectors follow when it is back", async () => {
  fake.answer = () => ({ status: 503 });
  const [repair] = await add(["Automobile workshop opening times"]);
  expect(await statuses()).toEqual(["done"]);
  expect(await documents("workshop")).toEqual([repair]);
  expect(await documents("car")).toEqual([]);

  fake.answer = () => undefined;
  await pool().query("update vector_tasks set due = clock_timestamp()");
  await tendVectors();
  await embedOrganization(api.acme.organizationId, never);
  // the endpoint's rest after the failed query is over
  setEnvForTests({ EMBEDDINGS_BATCH: "31" });
  expect(await documents("car")).toEqual([repair]);
  setEnvForTests({ EMBEDDINGS_BATCH: undefined });
});

test("an endpoint that fails while people search is told of once, not with every search, and never with its key (T05)", async () => {
  await add(["Automobile workshop opening times"]);
  fake.answer = () => ({ status: 401, body: JSON.stringify({ error: { message: `Incorrect API key: ${key}` } }) });
  for (let i = 0; i < 5; i++) expect(await documents(`workshop ${i}`)).toHaveLength(1);
  expect(written.filter((line) => line.includes("words alone"))).toHaveLength(1);
  expect(written.join("")).toContain("EMBEDDINGS_API_KEY");
  expect(written.join("")).not.toContain("canary");
});

test("without a configuration nothing is missing but the vectors", async () => {
  await configure(false);
  const asked = fake.calls.length;
  const [repair] = await add(["Automobile workshop opening times"]);
  expect(await statuses()).toEqual(["done"]);
  expect(await documents("workshop")).toEqual([repair]);
  expect(await documents("car")).toEqual([]);
  expect(fake.calls).toHaveLength(asked);

  await configure(true);
  await embedOrganization(api.acme.organizationId, never);
  expect(await documents("car")).toEqual([repair]);
});
