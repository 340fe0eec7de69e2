import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { setEnvForTests } from "#lib/env.ts";
import { fakeEmbeddings, type FakeEmbeddings } from "#lib/testing/fake-embeddings.ts";
import { until } from "#lib/testing/wait.ts";
import { EmbeddingsError } from "./embeddings-error.ts";
import { embedder, type Embedder } from "./embeddings.ts";

const key = "sk-canary-embeddings-0001";
let fake: FakeEmbeddings;
const never = new AbortController().signal;
const unset = {
  EMBEDDINGS_URL: undefined,
  EMBEDDINGS_MODEL: undefined,
  EMBEDDINGS_API_KEY: undefined,
  EMBEDDINGS_DIMENSIONS: undefined,
  EMBEDDINGS_BATCH: undefined,
  EMBEDDINGS_QUERY_PREFIX: undefined,
  EMBEDDINGS_PASSAGE_PREFIX: undefined,
};

function configured(values: Readonly<Record<string, string>> = {}): Embedder {
  setEnvForTests({ ...unset, EMBEDDINGS_URL: fake.url, EMBEDDINGS_MODEL: "model", RETRY_BASE_MS: "1", ...values });
  const made = embedder();
  if (!made) throw new Error("not configured");
  return made;
}

async function fault(act: Promise<unknown>): Promise<EmbeddingsError> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EmbeddingsError) return error;
  throw new Error("expected an EmbeddingsError", { cause: error });
}

beforeEach(async () => {
  fake = await fakeEmbeddings({ synonyms: [["car", "automobile"]], size: 16 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  setEnvForTests(unset);
  await fake.close();
});

const cosine = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  [...(a ?? [])].reduce((sum, number, i) => sum + number * (b?.[i] ?? 0), 0);

test("without a configuration there is no embedder", () => {
  setEnvForTests(unset);
  expect(embedder()).toBeNull();
});

test("texts go out in batches, and their vectors come back in order with length 1", async () => {
  const by = configured({ EMBEDDINGS_BATCH: "4", EMBEDDINGS_API_KEY: key });
  const texts = Array.from({ length: 10 }, (_, i) => `word${"abcdefghij"[i]}`);
  const vectors = await by.embed(texts, "passage", never);
  expect(fake.calls.map((call) => call.input.length)).toEqual([4, 4, 2]);
  expect(fake.calls.flatMap((call) => call.input)).toEqual(texts);
  expect(fake.calls[0]).toMatchObject({ model: "model", dimensions: undefined, authorization: `Bearer ${key}` });
  const [alone] = await by.embed(["wordj"], "passage", never);
  expect(vectors[9]).toEqual(alone);
  for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
  expect(
    cosine(...((await by.embed(["car", "automobile"], "passage", never)) as [Float32Array, Float32Array])),
  ).toBeCloseTo(1, 5);
});

test("long texts make small requests", async () => {
  const by = configured();
  await by.embed(
    Array.from({ length: 20 }, () => "a".repeat(8_000)),
    "passage",
    never,
  );
  expect(fake.calls.map((call) => call.input.length)).toEqual([8, 8, 4]);
});

test("dimensions and prefixes are sent as they are configured, and make vectors that are not compared with others", async () => {
  const plain = configured();
  const short = configured({
    EMBEDDINGS_DIMENSIONS: "8",
    EMBEDDINGS_QUERY_PREFIX: "query: ",
    EMBEDDINGS_PASSAGE_PREFIX: "passage: ",
  });
  const [passage] = await short.embed(["a"], "passage", never);
  await short.embed(["b"], "query", never);
  expect(passage).toHaveLength(8);
  expect(fake.calls).toMatchObject([
    { input: ["passage: a"], dimensions: 8 },
    { input: ["query: b"], dimensions: 8 },
  ]);
  expect(short.family).not.toBe(plain.family);
  expect(configured({ EMBEDDINGS_BATCH: "2", EMBEDDINGS_API_KEY: key }).family).toBe(plain.family);
  expect(configured({ EMBEDDINGS_MODEL: "other" }).family).not.toBe(plain.family);
});

test("replies out of order and numbers written as base64 are understood", async () => {
  const floats = (...numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
  const data = [
    { index: 1, embedding: floats(0, 2) },
    { index: 0, embedding: [3, 0] },
  ];
  fake.answer = () => ({ body: JSON.stringify({ data }) });
  expect(await configured().embed(["a", "b"], "passage", never)).toEqual([
    Float32Array.from([1, 0]),
    Float32Array.from([0, 1]),
  ]);
});

describe("a reply that cannot be used is refused", () => {
  const vector = (embedding: unknown, index = 0) => ({ index, embedding });
  test.each([
    ["no JSON", "<html>"],
    ["NaN", '{"data":[{"index":0,"embedding":[NaN,1]}]}'],
    ["null among the numbers", JSON.stringify({ data: [vector([null, 1])] })],
    ["zeros", JSON.stringify({ data: [vector([0, 0])] })],
    ["no numbers", JSON.stringify({ data: [vector([])] })],
    ["infinity in base64", JSON.stringify({ data: [vector(Buffer.from([0, 0, 128, 127]).toString("base64"))] })],
    ["too few vectors", JSON.stringify({ data: [] })],
    ["an index of nothing", JSON.stringify({ data: [vector([1], 5)] })],
    ["another size than configured", JSON.stringify({ data: [vector([1, 2, 3])] })],
    ["an error with status 200", JSON.stringify({ error: { message: key } })],
  ])("%s", async (_what, body) => {
    fake.answer = () => ({ body });
    const error = await fault(configured({ EMBEDDINGS_DIMENSIONS: "8" }).embed(["a"], "passage", never));
    expect(error.kind).toBe("bad_reply");
    expect(error.message).not.toContain("canary");
  });

  test("vectors of two sizes", async () => {
    fake.answer = () => ({ body: JSON.stringify({ data: [vector([1]), vector([1, 2], 1)] }) });
    expect((await fault(configured().embed(["a", "b"], "passage", never))).kind).toBe("bad_reply");
  });
});

test("passages wait as the endpoint asks, and are sent again", async () => {
  let refusals = 2;
  fake.answer = () => (refusals-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : undefined);
  expect(await configured().embed(["a"], "passage", never)).toHaveLength(1);
  expect(fake.calls).toHaveLength(3);
});

test("an endpoint that is down, does not know the model or the key is unavailable, in words without the key", async () => {
  const by = configured({ EMBEDDINGS_API_KEY: key });
  for (const status of [401, 403, 404, 500]) {
    fake.answer = () => ({ status, body: JSON.stringify({ error: { message: `Incorrect API key ${key}` } }) });
    const error = await fault(by.embed(["a"], "passage", never));
    expect(error.kind).toBe("unavailable");
    expect(error.message).toContain(String(status));
    expect(`${error.message} ${String(error.stack)}`).not.toContain("canary");
  }
  fake.answer = () => "drop";
  expect((await fault(by.embed(["a"], "passage", never))).kind).toBe("unavailable");
});

test("a text the model finds too long is found among the others and shortened", async () => {
  fake.answer = ({ input }) => (input.some((text) => text.length > 500) ? { status: 400 } : undefined);
  const vectors = await configured().embed(["a", "b", "c ".repeat(1_000), "d"], "passage", never);
  expect(vectors).toHaveLength(4);
  expect(fake.calls.at(-1)?.input).toEqual(["d"]);
  expect(
    Math.max(...fake.calls.filter((call) => call.input.length === 1).map((call) => call.input[0]?.length ?? 0)),
  ).toBe(2_000);
});

test("an endpoint that refuses every text is asked only a few times", async () => {
  fake.answer = () => ({ status: 400 });
  const texts = Array.from({ length: 32 }, () => "word ".repeat(200));
  expect((await fault(configured().embed(texts, "passage", never))).kind).toBe("refused");
  expect(fake.calls.length).toBeLessThan(12);
});

describe("queries", () => {
  test("are remembered", async () => {
    const by = configured();
    const [first] = await by.embed(["q"], "query", never);
    const [again] = await by.embed(["q"], "query", never);
    expect(again).toBe(first);
    expect(fake.calls).toHaveLength(1);
  });

  test("have one try; after a failure none is made for a while, and then the endpoint is asked again", async () => {
    let now = 1_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const by = configured();
    fake.answer = () => ({ status: 503 });
    expect((await fault(by.embed(["q"], "query", never))).kind).toBe("unavailable");
    expect((await fault(by.embed(["q"], "query", never))).kind).toBe("resting");
    expect((await fault(by.embed(["other"], "query", never))).kind).toBe("resting");
    expect(fake.calls).toHaveLength(1);
    fake.answer = () => undefined;
    now += 2_001;
    expect(await by.embed(["q"], "query", never)).toHaveLength(1);
  });

  test("do not wait longer than 1.5 s for an endpoint that is silent", async () => {
    const by = configured();
    const silent = Promise.withResolvers<void>();
    fake.answer = () => {
      silent.resolve();
      return { headers: { "content-length": "100" }, body: "{" };
    };
    const started = performance.now();
    const error = await fault(by.embed(["q"], "query", never));
    await silent.promise;
    expect(error).toMatchObject({ kind: "unavailable" });
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test("whoever has less patience than that learns the same: the next one is not made to wait", async () => {
    const by = configured();
    fake.answer = () => ({ headers: { "content-length": "100" }, body: "{" });
    expect((await fault(by.embed(["q"], "query", AbortSignal.timeout(50)))).kind).toBe("unavailable");
    const asked = fake.calls.length;
    expect((await fault(by.embed(["q"], "query", never))).message).toContain("a moment ago");
    expect(fake.calls).toHaveLength(asked);
  });

  test("one that is given up leaves the endpoint usable for the next", async () => {
    const by = configured();
    const stop = new AbortController();
    fake.answer = () => ({ headers: { "content-length": "100" }, body: "{" });
    const given = by.embed(["q"], "query", stop.signal);
    given.catch(() => {});
    await until(() => fake.calls.length === 1);
    stop.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    fake.answer = () => undefined;
    expect(await by.embed(["q"], "query", never)).toHaveLength(1);
  });
});

test("nothing but the configured host is asked: redirects are not followed", async () => {
  fake.answer = () => ({ status: 307, headers: { location: "http://127.0.0.1:1/v1/embeddings" } });
  expect((await fault(configured().embed(["a"], "passage", never))).message).toContain("307");
});
