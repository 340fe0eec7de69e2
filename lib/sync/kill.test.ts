import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";
import { batchDocuments } from "./batch.ts";
import { expireLease, killLoop } from "./testing/kill-loop.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import { startToySource, type ToySource } from "./testing/toy-source.ts";
import { workbench, type Workbench } from "./testing/workbench.ts";
import { killHard, startWorkerProcess, type WorkerProcess } from "./testing/worker-process.ts";

/** Real worker processes against a real database; `node lib/sync/testing/kill-many.ts 200` does it at length. */

let source: ToySource;
let bench: Workbench;
let values: Record<string, string>;
let database: { url: string };
let organizationId: string;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  database = await testDatabase();
  organizationId = (await testOrganization()).organizationId;
});
beforeEach(async () => {
  source = await startToySource();
  values = { DATABASE_URL: database.url, EGRESS_ALLOW: source.allow.join(","), LEASE_S: "10", RETRY_BASE_MS: "20" };
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map(killHard));
  await bench.close();
  await source.close();
});
afterAll(async () => {
  await Promise.all(workers.map(killHard));
});

async function start(): Promise<WorkerProcess> {
  const worker = await startWorkerProcess(values);
  workers.push(worker);
  return worker;
}

async function connect(order: "keyed" | "marked" = "keyed"): Promise<Workbench> {
  bench = await workbench({ organizationId, connector: toyConnector(order), source, plainSecrets: true });
  return bench;
}

const slow = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ended = (runId: string, timeoutMs = 30_000) =>
  until(async () => (await bench.run(runId)).status === "completed", { timeoutMs, what: "the run to complete" });

async function agrees(runId: string): Promise<void> {
  expect(await bench.stored()).toEqual(source.expected());
  const size = source.expected().size;
  expect(await bench.run(runId)).toMatchObject({ new: size, changed: 0, same: 0, removed: 0, failed: 0, listed: size });
  const { rows } = await pool().query("select count(*)::int as n from run_items where run_id = $1", [runId]);
  expect(rows).toEqual([{ n: size }]);
}

test.each(["keyed", "marked"] as const)(
  "a worker killed again and again in one sync loses nothing, doubles nothing, and reads at most a batch again (%s)",
  { timeout: 170_000 },
  async (order) => {
    source.fill(2_000);
    source.onRequest = slow(3);
    await connect(order);
    const kills = 6;
    const report = await killLoop(bench, source, values, kills);
    expect(report.kills).toBeGreaterThanOrEqual(3);
    const { rows } = await pool().query<{ id: string }>("select id from sync_runs where connection_id = $1", [
      bench.connectionId,
    ]);
    await agrees(rows[0]?.id ?? "");
    // One batch being collected and one being committed when the process dies.
    expect(report.rereads).toBeLessThanOrEqual(report.kills * (2 * batchDocuments + 24));
  },
);

test("a dead worker's run is continued by another within 20 seconds", { timeout: 60_000 }, async () => {
  source.fill(3_000);
  source.onRequest = slow(10);
  await connect();
  await start();
  await start();
  const runId = await bench.enqueue();
  await until(() => source.reads.length > 50);
  const dead = source.lastWorker();
  const victim = workers.find((worker) => worker.pid === dead);
  if (!victim) throw new Error("nobody works");
  await killHard(victim);
  const killed = performance.now();
  await until(() => source.lastWorker() !== dead && source.lastWorker() !== 0, { timeoutMs: 25_000 });
  expect(performance.now() - killed).toBeLessThan(20_000);
  source.onRequest = () => {};
  await ended(runId);
  await agrees(runId);
});

test("a worker that was frozen past its lease cannot write any more", { timeout: 90_000 }, async () => {
  source.fill(1_500);
  source.onRequest = slow(5);
  await connect();
  const zombie = await start();
  const runId = await bench.enqueue();
  await until(() => source.reads.length > 100);
  zombie.child.kill("SIGSTOP");
  await expireLease(runId);
  await start();
  await until(() => source.lastWorker() !== zombie.pid);
  source.onRequest = () => {};
  await ended(runId);
  const rows = async () =>
    (
      await pool().query(
        `select d.id, d.version, d.seen_run_id, d.updated_at, c.fence, c.document_count, r.count_new, r.attempts
         from documents d join connections c on c.id = d.connection_id join sync_runs r on r.connection_id = c.id
         where c.id = $1 order by d.id`,
        [bench.connectionId],
      )
    ).rows;
  const before = await rows();
  zombie.child.kill("SIGCONT");
  // It wakes up with a batch in hand, tries to commit it, is refused, and is then free for other work.
  await source.put("item-zzz", "new after the zombie");
  await until(() => zombie.output().includes("not ours any more"), { what: "the refusal" });
  expect(await rows()).toEqual(before);
  await source.remove("item-zzz");
  await agrees(runId);
});

test("SIGTERM: the worker is gone within 10 seconds and another goes on at once", { timeout: 60_000 }, async () => {
  source.fill(2_000);
  source.onRequest = slow(8);
  await connect();
  const first = await start();
  const runId = await bench.enqueue();
  await until(() => source.reads.length > 60);
  const second = await start();
  const asked = performance.now();
  first.child.kill("SIGTERM");
  await until(() => source.lastWorker() === second.pid, { what: "the second worker to go on" });
  expect(performance.now() - asked).toBeLessThan(6_000);
  expect(await first.gone).toBe("0");
  expect(performance.now() - asked).toBeLessThan(10_000);
  source.onRequest = () => {};
  await ended(runId);
  await agrees(runId);
  expect((await bench.run(runId)).crashes).toBe(0);
});

test("a worker ends when its supervisor goes away", async () => {
  await connect();
  const worker = await start();
  worker.child.disconnect();
  expect(await worker.gone).toBe("0");
});
