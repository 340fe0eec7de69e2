import { beforeAll, expect, test } from "vitest";
import { createHttp } from "#lib/egress/http.ts";
import { EgressError } from "#lib/egress/types.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { serve } from "#lib/testing/loopback.ts";
import { until } from "#lib/testing/wait.ts";
import { AccountPace } from "./account-pace.ts";
import { pool } from "./client.ts";
import { pacedCrowd } from "./testing/paced-crowd.ts";

beforeAll(async () => {
  await testDatabase();
});

const clock = () => performance.timeOrigin + performance.now();
const made = () => ({ subject: `stub:${Math.random()}` });

async function took(act: Promise<void>): Promise<number> {
  const began = performance.now();
  await act;
  return performance.now() - began;
}

test("4 processes with 5 connections each keep one account's pace together, and nobody waits twice a fair share (P05)", async () => {
  const report = await pacedCrowd(4, { connections: 5, requests: 4, perSecond: 20 });
  expect(report.requests).toBe(80);
  // The first to come may be late (a new process), which makes the rest look a little faster than it was.
  expect(report.perSecond).toBeLessThan(23);
  expect(report.perSecond).toBeGreaterThan(10);
  expect(report.busiestSecond).toBeLessThanOrEqual(30);
  expect(report.longestMs).toBeLessThanOrEqual(2 * report.fairMs);
});

test("accounts do not wait for one another", async () => {
  const [one, other] = [made(), made()].map(({ subject }) => new AccountPace(subject, 2, "Stub"));
  expect(await took(one?.turn(undefined) ?? Promise.reject())).toBeLessThan(400);
  expect(await took(other?.turn(undefined) ?? Promise.reject())).toBeLessThan(400);
  expect(await took(one?.turn(undefined) ?? Promise.reject())).toBeGreaterThan(100);
});

test("what a provider tells one connection holds for all of its account, also for those that have a slot already", async () => {
  const { subject } = made();
  const [told, waiting, late] = [1, 2, 3].map(() => new AccountPace(subject, 10, "Stub"));
  if (!told || !waiting || !late) throw new Error("unreachable");
  await told.turn(undefined);
  const began = performance.now();
  const slot = waiting.turn(undefined);
  told.hold(clock() + 600);
  await until(async () => (await pool().query("select 1 from account_paces where held_until > now()")).rowCount);
  await Promise.all([slot, late.turn(undefined)]);
  expect(performance.now() - began).toBeGreaterThan(590);
});

test("a provider without a fixed pace is held back for all processes all the same", async () => {
  const { subject } = made();
  const [told, other] = [1, 2].map(() => new AccountPace(subject, 0, "Stub"));
  if (!told || !other) throw new Error("unreachable");
  expect(await took(other.turn(undefined))).toBeLessThan(400);
  told.hold(clock() + 600);
  await told.turn(undefined);
  told.hold(clock() + 600);
  await until(async () => (await pool().query("select 1 from account_paces where held_until > now()")).rowCount);
  expect(await took(other.turn(undefined))).toBeGreaterThan(200);
  told.hold(clock() + 600_000);
  await expect(told.turn(undefined)).rejects.toMatchObject({ kind: "throttled" });
});

test("a long hold is not sat out in a request: it says how long, and takes no slot", async () => {
  const { subject } = made();
  const [told, other] = [1, 2].map(() => new AccountPace(subject, 10, "Stub"));
  told?.hold(clock() + 600_000);
  const error = await told?.turn(undefined).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EgressError);
  expect(error).toMatchObject({ kind: "throttled", message: "Stub asks to be left alone for 10 minutes." });
  await expect(other?.turn(undefined)).rejects.toMatchObject({ retryAfterSeconds: expect.closeTo(600, -1) });
});

test("a request that is stopped while it waits for its slot says so, and its place is free again", async () => {
  const { subject } = made();
  const server = await serve((_request, response) => void response.end("{}"));
  const http = createHttp({
    allow: [server.allow],
    userAgent: "test",
    retryBaseMs: 1,
    pace: { perSecond: 0, concurrency: 1 },
    sharedPace: new AccountPace(subject, 2, "Stub"),
  });
  await (await http.request(server.origin)).discard();
  const stop = new AbortController();
  const stopped = http.request(server.origin, { signal: stop.signal });
  await until(async () => {
    const { rowCount } = await pool().query(
      "select 1 from account_paces where subject = $1 and next_at > now() + interval '0.5 s'",
      [subject],
    );
    return rowCount === 1;
  });
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ kind: "aborted" });
  expect((await http.request(server.origin)).status).toBe(200);
  await http.close();
  await server.close();
});

test("a 429 that one connection gets keeps another one from asking", async () => {
  const { subject } = made();
  const seen: number[] = [];
  const server = await serve((_request, response) => {
    seen.push(performance.now());
    if (seen.length === 1) response.writeHead(429, { "retry-after": "1" });
    response.end("{}");
  });
  const clients = [1, 2].map(() =>
    createHttp({
      allow: [server.allow],
      userAgent: "test",
      retryBaseMs: 1,
      sharedPace: new AccountPace(subject, 50, "Stub"),
    }),
  );
  const first = clients[0]?.request(server.origin);
  await until(
    async () =>
      (await pool().query("select 1 from account_paces where subject = $1 and held_until > now()", [subject])).rowCount,
  );
  const second = clients[1]?.request(server.origin);
  for (const reply of [await first, await second]) expect(reply?.status).toBe(200);
  expect(seen).toHaveLength(3);
  for (const at of seen.slice(1)) expect(at - (seen[0] ?? 0)).toBeGreaterThan(990);
  for (const client of clients) await client.close();
  await server.close();
});
