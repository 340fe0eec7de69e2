import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { startEmbedded, type EmbeddedDatabase } from "#lib/db/embedded.ts";
import { migrate, readMigrations } from "#lib/db/migrate.ts";
import { embeddedUrl } from "#lib/db/socket.ts";
import { setEnvForTests } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import { startToySource, type ToySource } from "./testing/toy-source.ts";
import { workbench, type Workbench } from "./testing/workbench.ts";
import { killHard, startWorkerProcess, type WorkerProcess } from "./testing/worker-process.ts";

/** Real workers on a PostgreSQL of their own, which can be taken away from them. */

let dataDir: string;
let database: EmbeddedDatabase;
let organizationId: string;
const workers: WorkerProcess[] = [];
const sources: ToySource[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "tributary-workers-"));
  await chmod(dataDir, 0o711);
  database = await startEmbedded({ dataDir });
  database.guard();
  const url = embeddedUrl(dataDir, "workers");
  const admin = new Client({ connectionString: embeddedUrl(dataDir, "postgres") });
  await admin.connect();
  await admin.query("create database workers");
  await admin.end();
  const client = new Client({ connectionString: url });
  await client.connect();
  await migrate(client, await readMigrations("prisma/migrations"));
  await client.end();
  await closeDatabase();
  setEnvForTests({ DATABASE_URL: url });
  organizationId = (await testOrganization()).organizationId;
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map(killHard));
  for (const each of sources.splice(0)) await each.close();
});
afterAll(async () => {
  await closeQueue().catch(() => {});
  await closeDatabase();
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function source(count: number, ms: number): Promise<ToySource> {
  const made = await startToySource();
  sources.push(made);
  made.fill(count);
  made.onRequest = () => new Promise((resolve) => setTimeout(resolve, ms));
  return made;
}
async function start(values: Readonly<Record<string, string>> = {}): Promise<WorkerProcess> {
  const allow = sources.flatMap((made) => made.allow).join(",");
  const worker = await startWorkerProcess({
    DATABASE_URL: embeddedUrl(dataDir, "workers"),
    EGRESS_ALLOW: allow,
    RETRY_BASE_MS: "20",
    ...values,
  });
  workers.push(worker);
  return worker;
}
const connect = (from: ToySource, owner = organizationId): Promise<Workbench> =>
  workbench({ organizationId: owner, connector: toyConnector("keyed"), source: from, plainSecrets: true });

test(
  "the database goes away in the middle of a sync: the worker lives on and resumes within 5 seconds",
  { timeout: 90_000 },
  async () => {
    const from = await source(1_500, 10);
    const bench = await connect(from);
    const worker = await start();
    const runId = await bench.enqueue();
    await until(() => from.reads.length > 100);
    await database.stop();
    const requests = from.counts.total;
    await until(() => worker.output().includes("the database does not answer"), { timeoutMs: 20_000 });
    expect(worker.child.exitCode).toBeNull();
    database = await startEmbedded({ dataDir });
    database.guard();
    const back = performance.now();
    const asked = from.counts.total;
    await until(() => from.counts.total > asked + 20, { what: "the worker to go on" });
    expect(performance.now() - back).toBeLessThan(5_000);
    expect(asked).toBeLessThan(requests + 1_000);
    from.onRequest = () => {};
    await until(async () => (await bench.run(runId)).status === "completed", { timeoutMs: 30_000 });
    expect(await bench.stored()).toEqual(from.expected());
    expect(await bench.run(runId)).toMatchObject({ new: 1_500, same: 0, changed: 0, listed: 1_500 });
    expect(worker.child.exitCode).toBeNull();
  },
);

test(
  "a tenant with 10,000 documents does not hold up fifty small ones: all are done within 60 s (P06)",
  {
    timeout: 150_000,
  },
  async () => {
    // As many long syncs as the worker runs at once, so that every place is taken.
    const big = await source(2_500, 40);
    const small = await source(10, 2);
    const first = await Promise.all(Array.from({ length: 4 }, () => connect(big)));
    const others: Workbench[] = [];
    for (let n = 0; n < 50; n++)
      others.push(await connect(small, (await testOrganization(`Small ${n}`)).organizationId));
    await start({ WORKER_CONCURRENCY: "4", SLICE_S: "1" });
    const bigRuns = await Promise.all(first.map((bench) => bench.enqueue()));
    await until(async () => {
      const { rows } = await pool().query("select 1 from sync_runs where id = any($1) and status = 'running'", [
        bigRuns,
      ]);
      return rows.length === bigRuns.length;
    });
    const began = performance.now();
    const runs = await Promise.all(others.map((bench) => bench.enqueue()));
    const waiting = new Set(runs);
    await until(
      async () => {
        const { rows } = await pool().query<{ id: string }>(
          "select id from sync_runs where id = any($1) and status = 'completed'",
          [runs],
        );
        for (const { id } of rows) waiting.delete(id);
        return waiting.size === 0;
      },
      { timeoutMs: 100_000, what: "the small runs" },
    );
    expect(performance.now() - began).toBeLessThan(60_000);
    const statuses = await Promise.all(first.map(async (bench, n) => (await bench.run(bigRuns[n] ?? "")).status));
    expect(statuses).toEqual(["running", "running", "running", "running"]);
    const { rows } = await pool().query("select count(*)::int as n from documents where connection_id = $1", [
      others[0]?.connectionId,
    ]);
    expect(rows).toEqual([{ n: 10 }]);
  },
);
