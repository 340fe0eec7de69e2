import { expect, test } from "vitest";
import { setEnvForTests } from "#lib/env.ts";
import { pool } from "#lib/db/client.ts";
import { enqueueDue, enqueueLost, failDead } from "./schedule.ts";
import { engineBench } from "./testing/engine-bench.ts";

const it = engineBench();
const everySeconds = new Map([["toy-keyed", 14_400]]);

const due = (connectionId: string, ago = "1 second") =>
  pool().query("update connections set next_sync_at = now() - $2::interval where id = $1", [connectionId, ago]);
const runs = async (connectionId: string) =>
  (
    await pool().query(
      "select trigger::text as trigger, status::text as status from sync_runs where connection_id = $1 order by queued_at",
      [connectionId],
    )
  ).rows;

test("a connection that is due is queued once, however many workers look, and its next time is spread", async () => {
  const benches = await Promise.all(Array.from({ length: 8 }, () => it.make()));
  for (const bench of benches) await due(bench.connectionId);
  await Promise.all(Array.from({ length: 6 }, () => enqueueDue(everySeconds)));
  for (const bench of benches) expect(await runs(bench.connectionId)).toEqual([{ trigger: "cron", status: "queued" }]);
  const { rows } = await pool().query<{ seconds: number }>(
    "select extract(epoch from next_sync_at - now())::float8 as seconds from connections where next_sync_at is not null",
  );
  for (const { seconds } of rows) {
    expect(seconds).toBeGreaterThan(14_400 * 0.94);
    expect(seconds).toBeLessThan(14_400 * 1.06);
  }
  expect(new Set(rows.map((row) => Math.round(row.seconds))).size).toBeGreaterThan(1);
});

test("at most a hundred at a time, paused ones never, and a run that waits already takes the new request in", async () => {
  await pool().query(
    `insert into connections (id, organization_id, provider, next_sync_at)
     select 'due' || n, $1, 'toy-keyed', now() - interval '1 minute' from generate_series(1, 120) n`,
    [it.organization.organizationId],
  );
  const paused = await it.make();
  await due(paused.connectionId, "1 hour");
  await pool().query("update connections set state = 'paused' where id = $1", [paused.connectionId]);
  expect(await enqueueDue(everySeconds)).toBe(100);
  expect(await enqueueDue(everySeconds)).toBe(20);
  expect(await enqueueDue(everySeconds)).toBe(0);
  expect(await runs(paused.connectionId)).toEqual([]);
  await due("due1");
  await enqueueDue(everySeconds);
  expect(await runs("due1")).toHaveLength(1);
  await pool().query("delete from connections where id like 'due%'");
});

test("the interval is the connection's own, else the operator's, else the provider's", async () => {
  const bench = await it.make();
  const next = async () => {
    await due(bench.connectionId);
    await enqueueDue(everySeconds);
    const { rows } = await pool().query<{ seconds: number }>(
      "select extract(epoch from next_sync_at - now())::float8 as seconds from connections where id = $1",
      [bench.connectionId],
    );
    return rows[0]?.seconds ?? 0;
  };
  expect(await next()).toBeGreaterThan(13_000);
  setEnvForTests({ SYNC_INTERVAL_S: "100" });
  expect(await next()).toBeLessThan(106);
  await pool().query("update connections set interval_seconds = 3000 where id = $1", [bench.connectionId]);
  expect(await next()).toBeGreaterThan(2_800);
  setEnvForTests({ SYNC_INTERVAL_S: undefined });
});

test("a run whose job was lost is sent for again", async () => {
  it.source.fill(3);
  const bench = await it.make();
  const runId = await bench.enqueue();
  await pool().query("delete from pgboss.job");
  const jobs = async () =>
    (await pool().query("select 1 from pgboss.job where data ->> 'runId' = $1 and state = 'created'", [runId]))
      .rowCount;
  await enqueueLost();
  expect(await jobs()).toBe(0);
  await pool().query("update sync_runs set queued_at = now() - interval '2 minutes' where id = $1", [runId]);
  await enqueueLost();
  await enqueueLost();
  expect(await jobs()).toBe(1);
  expect(await bench.execute(runId)).toBe("completed");
});

test("a job the queue gave up ends its run, and the connection is free again", async () => {
  const bench = await it.make();
  const runId = await bench.enqueue();
  await failDead(runId);
  expect(await bench.run(runId)).toMatchObject({ status: "failed", error_code: "internal" });
  await bench.enqueue();
});

test("a job the queue gave up changes nothing about a run that is over", async () => {
  const bench = await it.make();
  const { runId, result } = await bench.sync();
  expect(result).toBe("completed");
  const before = await bench.connection();
  await failDead(runId);
  expect(await bench.run(runId)).toMatchObject({ status: "completed", error: null });
  expect(await bench.connection()).toEqual(before);
});
