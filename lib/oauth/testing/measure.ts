import process from "node:process";
import { newId } from "#lib/contract/ids.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { pacedCrowd } from "#lib/db/testing/paced-crowd.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import { until } from "#lib/testing/wait.ts";
import { startCaller, together, type CallerProcess } from "./caller-process.ts";
import { grantBench } from "./grant-bench.ts";

/**
 * The long version of the tests, on a migrated database: `DATABASE_URL=… node lib/oauth/testing/measure.ts race 100`
 * (or `slow`, `killed`, `pace`) prints one line of figures and ends with status 1 if a promise is broken.
 */
const [what = "race", count = "100"] = process.argv.slice(2);

setEnvForTests({ DATABASE_URL: env().DATABASE_URL, LOG_LEVEL: "error" });
const organizationId = newId();
await pool().query("insert into organizations (id, slug, name) values ($1, $1, 'Measured')", [organizationId]);
const bench = await grantBench(organizationId, { rotates: true });
const children: CallerProcess[] = [];
const start = async (many: number) => {
  for (let i = 0; i < many; i++) children.push(await startCaller(bench.childValues()));
};
const all = async (ref: { id: string; organizationId: string }, callers: number) =>
  together(await Promise.all(children.map((child) => child.call({ ref, callers }))));

/** 4 processes × 50 callers need the same expired token, again and again. */
async function race(rounds: number) {
  await start(4);
  const ref = await bench.grant();
  const refreshes: Record<string, number> = {};
  let longestMs = 0;
  let served = 0;
  for (let i = 0; i < rounds; i++) {
    await bench.age(ref, 3_700);
    bench.provider.oauth.expireAccess();
    const before = bench.provider.oauth.counts.token;
    const outcome = await all(ref, 50);
    const asked = bench.provider.oauth.counts.token - before;
    refreshes[asked] = (refreshes[asked] ?? 0) + 1;
    served += outcome.counts["200"] ?? 0;
    longestMs = Math.max(longestMs, outcome.longestMs);
  }
  return { ok: refreshes["1"] === rounds && served === rounds * 200, rounds, refreshes, served, longestMs };
}

/** The same with a token endpoint that takes so many seconds. */
async function slow(seconds: number) {
  await start(4);
  const ref = await bench.grant({ expiresInSeconds: -1 });
  bench.provider.oauth.faults.push({ kind: "slow", ms: seconds * 1_000 });
  const outcome = await all(ref, 50);
  const refreshes = bench.provider.oauth.counts.token;
  return { ok: refreshes === 1 && outcome.counts["200"] === 200, seconds, refreshes, ...outcome };
}

/** The process that refreshes is killed while the provider is silent: until the next one asks. */
async function killed(rounds: number) {
  const waits: number[] = [];
  for (let i = 0; i < rounds; i++) {
    await start(2);
    const [first, second] = children.splice(0);
    if (!first || !second) throw new Error("unreachable");
    const ref = await bench.grant({ expiresInSeconds: -1 });
    const before = bench.provider.oauth.counts.token;
    bench.provider.oauth.faults.push({ kind: "silent" });
    void first.call({ ref, callers: 1 }).catch(() => {});
    await until(() => bench.provider.oauth.counts.token === before + 1);
    const answer = second.call({ ref, callers: 1 });
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8_000));
    await first.kill();
    const killedAt = performance.now();
    await until(() => bench.provider.oauth.counts.token === before + 2, { timeoutMs: 60_000 });
    waits.push(Math.round(performance.now() - killedAt));
    if ((await answer).counts["200"] !== 1) throw new Error("the other process did not get a token");
    await second.kill();
  }
  return { ok: Math.max(...waits) <= 15_000, rounds, longestMs: Math.max(...waits), waits };
}

/** 8 workers, 200 connections, 3 requests a second. */
async function pace(requests: number) {
  const report = await pacedCrowd(8, { connections: 25, requests, perSecond: 3 });
  return { ok: report.perSecond <= 3.05 && report.longestMs <= 2 * report.fairMs, ...report };
}

const works: Readonly<Record<string, (count: number) => Promise<{ ok: boolean }>>> = { race, slow, killed, pace };
const work = works[what];
if (!work) throw new Error(`what to measure: ${Object.keys(works).join(", ")}`);
const figures = await work(Number(count));
console.log(JSON.stringify({ what, ...figures }));
await Promise.all(children.map((child) => child.kill()));
await bench.close();
await closeDatabase();
process.exit(figures.ok ? 0 : 1);
