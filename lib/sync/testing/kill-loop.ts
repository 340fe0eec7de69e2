import { setTimeout as pause } from "node:timers/promises";
import { pool } from "#lib/db/client.ts";
import { until } from "#lib/testing/wait.ts";
import type { ToySource } from "./toy-source.ts";
import type { Workbench } from "./workbench.ts";
import { killHard, startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

export interface KillReport {
  /** kills that hit the worker that had the run */
  readonly kills: number;
  /** item reads beyond one each */
  readonly rereads: number;
}

/** As if the dead worker's lease had run out already: the database's clock decides, so its stamps are moved back. */
export async function expireLease(runId: string): Promise<void> {
  await pool().query(
    "update sync_runs set heartbeat_at = heartbeat_at - interval '1 minute' where id = $1 and heartbeat_at is not null",
    [runId],
  );
  await pool().query("update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute' where state = 'active'");
}

/** Syncs with two worker processes and kills whoever works, again and again, at random instants. */
export async function killLoop(
  bench: Workbench,
  source: ToySource,
  values: Readonly<Record<string, string>>,
  kills: number,
): Promise<KillReport> {
  const workers: WorkerProcess[] = [await startWorkerProcess(values), await startWorkerProcess(values)];
  let done = 0;
  try {
    const runId = await bench.enqueue();
    const over = async () =>
      (await bench.run(runId)).status !== "running" && (await bench.run(runId)).status !== "queued";
    while (done < kills && !(await over())) {
      const before = source.counts.total;
      await until(async () => source.counts.total > before + 5 || (await over()), {
        timeoutMs: 30_000,
        what: "progress",
      });
      await pause(Math.random() * 250);
      const at = workers.findIndex((worker) => worker.pid === source.lastWorker());
      const victim = workers[at];
      if (!victim || (await over())) continue;
      await killHard(victim);
      done++;
      await expireLease(runId);
      workers[at] = await startWorkerProcess(values);
    }
    await until(over, { timeoutMs: 120_000, what: "the end of the run" });
  } finally {
    await Promise.all(workers.map(killHard));
  }
  return { kills: done, rereads: source.reads.length - new Set(source.reads).size };
}
