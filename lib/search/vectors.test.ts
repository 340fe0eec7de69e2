import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import type { DocumentFilter } from "#lib/documents/where.ts";
import { setEnvForTests } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { fakeEmbeddings, type FakeEmbeddings } from "#lib/testing/fake-embeddings.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { unrelated } from "./baseline.ts";
import { embedOrganization } from "./embed-organization.ts";
import { embedder } from "./embeddings.ts";
import { queueVectors, tendVectors } from "./queue-vectors.ts";
import { chunked, rechunk } from "./testing/chunked.ts";
import { nearestChunks } from "./vectors.ts";

const never = new AbortController().signal;
let fake: FakeEmbeddings;
let acme: TestOrganization;
let globex: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  afterAll(closeQueue);
});
beforeEach(async () => {
  fake = await fakeEmbeddings({
    synonyms: [
      ["car", "automobile"],
      ["holiday", "vacation"],
      ["bill", "invoice"],
    ],
  });
  setEnvForTests({ EMBEDDINGS_URL: fake.url, EMBEDDINGS_MODEL: "model", RETRY_BASE_MS: "1" });
  await pool().query("delete from vector_space; delete from organizations");
  acme = await testOrganization("Acme");
  globex = await testOrganization("Globex");
  await tendVectors();
  return async () => {
    setEnvForTests({ EMBEDDINGS_URL: undefined, EMBEDDINGS_MODEL: undefined, EMBEDDINGS_DIMENSIONS: undefined });
    await fake.close();
  };
});

async function embedded(organization: TestOrganization, ...ids: string[]): Promise<void> {
  await queueVectors(pool(), organization.organizationId, ids);
  await embedOrganization(organization.organizationId, never);
}

const scopeOf = ({ organizationId }: TestOrganization, container?: string) => ({ organizationId, container });

async function find(q: string, organization = acme, filter: DocumentFilter = {}, container?: string) {
  const [vector] = (await embedder()?.embed([q], "query", never)) ?? [];
  if (!vector) throw new Error("no embedder");
  return nearestChunks(scopeOf(organization, container), filter, vector, 3);
}

/** What was asked for, besides the baseline. */
const asked = () => fake.calls.filter((call) => call.input[0] !== unrelated[0]);
const inputs = () => asked().flatMap((call) => call.input);
const waiting = async () =>
  (
    await pool().query<{ document_id: string; attempts: number; seconds: number }>(
      "select document_id, attempts, extract(epoch from due - clock_timestamp())::float as seconds from vector_tasks order by 1",
    )
  ).rows;
const due = () => pool().query("update vector_tasks set due = clock_timestamp()");

describe("nearest chunks", () => {
  test("are those that mean the same, nearest first, though they share no word", async () => {
    const cars = await chunked(acme.organizationId, ["automobile repair manual", "banana bread"]);
    const bills = await chunked(acme.organizationId, ["unpaid invoice reminder"]);
    await embedded(acme, cars, bills);
    const [first, second] = await find("car");
    expect(first).toMatchObject({ documentId: cars, position: 0 });
    expect(first?.similarity).toBeGreaterThan(0.6);
    expect(second?.similarity).toBeLessThan(0.41);
    expect((await find("bill"))[0]).toMatchObject({ documentId: bills, position: 0 });
  });

  test("are of the caller's organization and container alone (T01)", async () => {
    const mine = await chunked(acme.organizationId, ["car"], { containerTags: ["a", "b"] });
    const other = await chunked(acme.organizationId, ["car"], { containerTags: ["c"] });
    const theirs = await chunked(globex.organizationId, ["car"], { containerTags: ["a"] });
    await embedded(acme, mine, other);
    await embedded(globex, theirs);
    expect((await find("car")).map((each) => each.documentId).toSorted()).toEqual([mine, other].toSorted());
    expect(await find("car", globex)).toMatchObject([{ documentId: theirs }]);
    expect(await find("car", acme, {}, "a")).toMatchObject([{ documentId: mine }]);
    expect(await find("car", acme, { containerTags: ["a", "b"] })).toMatchObject([{ documentId: mine }]);
    expect(await find("car", acme, { containerTags: ["a"] }, "c")).toEqual([]);
  });

  test("leave out documents that are deleted or excluded by a filter, and find those behind them", async () => {
    const gone: string[] = [];
    for (let i = 0; i < 5; i++) gone.push(await chunked(acme.organizationId, [`car ${"abcde"[i]}`]));
    const kept = await chunked(acme.organizationId, ["automobile sold far away"], { metadata: { year: 2026 } });
    await embedded(acme, ...gone, kept);
    await pool().query("update documents set deleted_at = now() where id = any($1::text[])", [gone]);
    expect(await find("car")).toMatchObject([{ documentId: kept }]);
    expect(await find("car", acme, { type: "pdf" })).toEqual([]);
  });

  test("are never chunks that have been made anew since", async () => {
    const id = await chunked(acme.organizationId, ["car", "banana"]);
    await embedded(acme, id);
    await rechunk(acme.organizationId, id, ["banana", "car"]);
    expect(await find("car")).toEqual([]);
    await embedded(acme, id);
    expect((await find("car"))[0]).toMatchObject({ documentId: id, position: 1 });
  });

  test("go with their document", async () => {
    const id = await chunked(acme.organizationId, ["car"]);
    await embedded(acme, id);
    await pool().query("delete from documents where id = $1", [id]);
    const left = await pool().query(
      "select (select count(*) from chunk_signs) + (select count(*) from chunk_vectors) as n",
    );
    expect(left.rows[0]).toEqual({ n: "0" });
  });
});

describe("embedding", () => {
  test("asks once for a passage that has not changed, wherever it moves to", async () => {
    const words = ["alpha", "beta", "gamma", "alpha"];
    const id = await chunked(acme.organizationId, words, { title: "Greek" });
    await embedded(acme, id);
    expect(inputs()).toEqual(["Greek\nalpha", "Greek\nbeta", "Greek\ngamma", "Greek\nalpha"]);
    await rechunk(acme.organizationId, id, ["zero", ...words.slice(0, 2)]);
    await embedded(acme, id);
    expect(inputs().slice(4)).toEqual(["Greek\nzero"]);
    expect((await find("beta"))[0]).toMatchObject({ documentId: id, position: 2 });
    expect((await pool().query("select count(*)::int as n from chunk_vectors")).rows[0]).toEqual({ n: 3 });
  });

  test("fills requests with the passages of many documents", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 40; i++) ids.push(await chunked(acme.organizationId, [`text ${i}`]));
    await embedded(acme, ...ids);
    expect(asked().map((call) => call.input.length)).toEqual([32, 8]);
    expect(await waiting()).toEqual([]);
  });

  test("takes a long document in pieces", async () => {
    const id = await chunked(
      acme.organizationId,
      Array.from({ length: 600 }, (_, i) => `word${i} text`),
    );
    await embedded(acme, id);
    expect((await pool().query("select count(*)::int as n from chunk_signs")).rows[0]).toEqual({ n: 600 });
    expect(await waiting()).toEqual([]);
  });

  test("waits while the endpoint is down, longer each time, and follows when it is back", async () => {
    const id = await chunked(acme.organizationId, ["car"]);
    fake.answer = () => ({ status: 503 });
    await embedded(acme, id);
    expect(await waiting()).toMatchObject([{ document_id: id, attempts: 1, seconds: expect.closeTo(15, -1) }]);
    const before = fake.calls.length;
    await embedOrganization(acme.organizationId, never);
    expect(fake.calls).toHaveLength(before);
    await due();
    await embedOrganization(acme.organizationId, never);
    expect(await waiting()).toMatchObject([{ attempts: 2, seconds: expect.closeTo(30, -1) }]);
    fake.answer = () => undefined;
    await due();
    await embedOrganization(acme.organizationId, never);
    expect(await waiting()).toEqual([]);
    expect(await find("car")).toMatchObject([{ documentId: id }]);
  });

  test("a text no model takes leaves its document without vectors, and the others with theirs", async () => {
    const bad = await chunked(acme.organizationId, ["poison"]);
    const good = await chunked(acme.organizationId, ["car"]);
    fake.answer = ({ input }) => (input.some((text) => text.includes("poison")) ? { status: 400 } : undefined);
    await embedded(acme, bad, good);
    for (let i = 0; i < 5; i++) {
      await due();
      await embedOrganization(acme.organizationId, never);
    }
    expect(await find("car")).toMatchObject([{ documentId: good }]);
    expect(await waiting()).toEqual([]);
  });

  test("a document that changes meanwhile is embedded as it is then", async () => {
    const id = await chunked(acme.organizationId, ["car"]);
    fake.answer = async () => {
      fake.answer = () => undefined;
      await rechunk(acme.organizationId, id, ["holiday"]);
      await queueVectors(pool(), acme.organizationId, [id]);
      return undefined;
    };
    await embedded(acme, id);
    expect(inputs()).toEqual(["car", "holiday"]);
    expect((await find("vacation"))[0]).toMatchObject({ documentId: id });
    expect(await waiting()).toEqual([]);
  });

  test("stopping in the middle gives the work back at once", async () => {
    const id = await chunked(acme.organizationId, ["car"]);
    const stop = new AbortController();
    fake.answer = () => {
      stop.abort();
      return { headers: { "content-length": "100" }, body: "{" };
    };
    await queueVectors(pool(), acme.organizationId, [id]);
    await embedOrganization(acme.organizationId, stop.signal);
    const [task] = await waiting();
    expect(task).toMatchObject({ document_id: id, attempts: 0 });
    expect(task?.seconds).toBeLessThanOrEqual(0);
  });
});

describe("what a similarity is worth", () => {
  test("is the same with a model that finds everything similar: its baseline is asked for once", async () => {
    const texts = ["automobile repair manual", "banana bread", "unpaid invoice reminder"];
    const ids = [await chunked(acme.organizationId, texts)];
    await embedded(acme, ...ids);
    const plain = await find("car repair");
    await fake.close();
    fake = await fakeEmbeddings({ synonyms: [["car", "automobile"]], lean: 3 });
    setEnvForTests({ EMBEDDINGS_URL: fake.url, EMBEDDINGS_MODEL: "leaning" });
    await tendVectors();
    await embedOrganization(acme.organizationId, never);
    await queueVectors(pool(), acme.organizationId, ids);
    await embedOrganization(acme.organizationId, never);
    expect(fake.calls.filter((call) => call.input[0] === unrelated[0])).toHaveLength(1);
    const [vector] = (await embedder()?.embed(["car repair"], "query", never)) ?? [];
    const [other] = (await embedder()?.embed(["banana bread"], "query", never)) ?? [];
    const cosine = (vector ?? new Float32Array()).reduce((sum, number, i) => sum + number * (other?.[i] ?? 0), 0);
    expect(cosine).toBeGreaterThan(0.7);
    const leaning = await find("car repair");
    expect(leaning[0]).toMatchObject({ documentId: ids[0], position: 0 });
    expect(leaning[0]?.similarity).toBeCloseTo(plain[0]?.similarity ?? 0, 0.5);
    for (const { similarity } of leaning.slice(1)) expect(similarity).toBeLessThan(0.41);
  });
});

describe("another model", () => {
  test("has every document embedded anew, and finds nothing with the old vectors until then", async () => {
    const id = await chunked(acme.organizationId, ["car"]);
    await embedded(acme, id);
    setEnvForTests({ EMBEDDINGS_MODEL: "better", EMBEDDINGS_DIMENSIONS: "64" });
    expect(await find("automobile")).toEqual([]);
    await tendVectors();
    expect(await waiting()).toMatchObject([{ document_id: id }]);
    await embedOrganization(acme.organizationId, never);
    expect(await find("automobile")).toMatchObject([{ documentId: id }]);
    expect((await pool().query("select distinct length(bits) as n from chunk_signs")).rows).toEqual([{ n: 64 }]);
    await tendVectors();
    expect(await waiting()).toEqual([]);
  });

  test("that hides behind the same name is noticed by the size of its vectors", async () => {
    const first = await chunked(acme.organizationId, ["car"]);
    await embedded(acme, first);
    await fake.close();
    fake = await fakeEmbeddings({ size: 128 });
    setEnvForTests({ EMBEDDINGS_URL: fake.url });
    const second = await chunked(acme.organizationId, ["car"]);
    await embedded(acme, second);
    await tendVectors();
    await embedOrganization(acme.organizationId, never);
    expect((await find("car")).map((each) => each.documentId).toSorted()).toEqual([first, second].toSorted());
  });

  test("no endpoint for a while: what changed meanwhile gets its vectors, the rest is not embedded again", async () => {
    const same = await chunked(acme.organizationId, ["car"]);
    const changed = await chunked(acme.organizationId, ["banana"]);
    await embedded(acme, same, changed);
    const url = fake.url;
    setEnvForTests({ EMBEDDINGS_URL: undefined, EMBEDDINGS_MODEL: undefined });
    expect(embedder()).toBeNull();
    await tendVectors();
    await rechunk(acme.organizationId, changed, ["bill"]);
    await queueVectors(pool(), acme.organizationId, [changed]);
    expect(await waiting()).toEqual([]);
    setEnvForTests({ EMBEDDINGS_URL: url, EMBEDDINGS_MODEL: "model" });
    await tendVectors();
    await embedOrganization(acme.organizationId, never);
    expect(inputs().toSorted()).toEqual(["banana", "bill", "car"]);
    expect(await waiting()).toEqual([]);
  });
});
