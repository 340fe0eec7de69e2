import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { pool, prisma } from "#lib/db/client.ts";
import { createKey, rotateKey } from "#lib/keys/service.ts";
import { forgetRefusals } from "#lib/server/rate-limit.ts";
import { testApi } from "#lib/testing/api.ts";

const api = testApi({ RATE_LIMIT_BURST: "20", RATE_LIMIT_PER_MINUTE: "60" });

beforeEach(async () => {
  await prisma().rateBucket.deleteMany({});
  forgetRefusals();
});

const get = (key: string, headers: Record<string, string> = {}) =>
  globalThis.fetch(`${api.url}/v3/connections`, { headers: { authorization: `Bearer ${key}`, ...headers } });

async function statuses(replies: readonly Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of await Promise.all(replies)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test("A18 a key has its burst, then 429 with Retry-After in whole seconds, whatever addresses it claims", async () => {
  const counts = await statuses(
    Array.from({ length: 100 }, (_, i) => get(api.acme.apiKey, { "x-forwarded-for": `203.0.113.${i}` })),
  );
  expect(counts[200]).toBeGreaterThanOrEqual(20);
  // One token a second comes back while this runs.
  expect(counts[200]).toBeLessThan(40);
  expect(Object.keys(counts)).toEqual(["200", "429"]);
  const refused = await get(api.acme.apiKey);
  if (refused.status === 429) {
    expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(await refused.json()).toEqual({
      error: "Too many requests.",
      details: expect.stringContaining("Try again in"),
    });
  }
  // Somebody else's organization is not slowed down.
  expect((await get(api.globex.apiKey)).status).toBe(200);
});

test("A18 an organization cannot multiply its limit with more keys than four", async () => {
  const keys = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => (await createKey(api.acme.principal, { name: `k${i}` })).key),
  );
  const counts = await statuses(keys.flatMap((key) => Array.from({ length: 20 }, () => get(key))));
  expect(counts[200]).toBeGreaterThanOrEqual(80);
  expect(counts[200]).toBeLessThan(130);
});

test("one key that hammers on does not use up its organization's limit", async () => {
  await statuses(Array.from({ length: 150 }, () => get(api.acme.apiKey)));
  const { key } = await createKey(api.acme.principal, { name: "quiet" });
  expect((await get(key)).status).toBe(200);
  const bucket = await prisma().rateBucket.findUnique({
    where: { subject: `organization:${api.acme.organizationId}` },
  });
  expect(bucket?.tokens).toBeGreaterThan(30);
});

test("tokens come back with time", async () => {
  await statuses(Array.from({ length: 40 }, () => get(api.acme.apiKey)));
  await prisma().$executeRaw`update rate_buckets set updated_at = updated_at - interval '10 seconds'`;
  forgetRefusals();
  const counts = await statuses(Array.from({ length: 10 }, () => get(api.acme.apiKey)));
  expect(counts).toEqual({ 200: 10 });
});

describe("a limit of a key's own (A18)", () => {
  const limited = async (max: number, windowMs: number) =>
    (await createKey(api.acme.principal, { name: "limited", scopes: ["read", "connections"], rate: { max, windowMs } }))
      .key;

  test("replaces the installation's, smaller or larger, and says when there is room again", async () => {
    const counts = await statuses(Array.from({ length: 30 }, () => get(slow)));
    expect(counts).toEqual({ 200: 5, 429: 25 });
    const wait = Number((await get(slow)).headers.get("retry-after"));
    // five an hour: the next one in twelve minutes
    expect(wait).toBeGreaterThan(690);
    expect(wait).toBeLessThanOrEqual(720);
    expect(await statuses(Array.from({ length: 50 }, () => get(fast)))).toEqual({ 200: 50 });
  });

  test("stays within its organization's", async () => {
    const counts = await statuses(Array.from({ length: 200 }, () => get(fast)));
    // four keys' worth of a burst of 20, and what comes back meanwhile
    expect(counts[200]).toBeGreaterThanOrEqual(80);
    expect(counts[200]).toBeLessThan(130);
  });

  test("counts for both secrets together while one replaces the other", async () => {
    const { key, view } = await createKey(api.acme.principal, {
      name: "rolled",
      rate: { max: 6, windowMs: 3_600_000 },
    });
    const rotated = await rotateKey(api.acme.principal, view.id, { graceSeconds: 60 });
    const both = [key, rotated.key].flatMap((secret) => Array.from({ length: 6 }, () => get(secret)));
    expect(await statuses(both)).toEqual({ 200: 6, 429: 6 });
  });

  test("a thousand requests at once are refused without asking the database for each", async () => {
    await statuses(Array.from({ length: 6 }, () => get(slow)));
    const asked = vi.spyOn(pool(), "query");
    const counts = await statuses(Array.from({ length: 1_000 }, () => get(slow)));
    const buckets = asked.mock.calls.filter(([query]) => JSON.stringify(query).includes("rate_buckets"));
    asked.mockRestore();
    expect(counts).toEqual({ 429: 1_000 });
    expect(buckets.length).toBeLessThan(50);
  });

  let slow = "";
  let fast = "";
  beforeAll(async () => {
    [slow, fast] = [await limited(5, 3_600_000), await limited(10_000, 60_000)];
  });
});
