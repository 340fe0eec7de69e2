import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { childEnv } from "#lib/env.ts";

/** A worker in a process of its own, to be killed. */
export interface WorkerProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** resolves with its exit code or signal */
  readonly gone: Promise<string>;
  /** what it logged so far */
  readonly output: () => string;
}

/** Starts one and waits until it takes jobs. */
export async function startWorkerProcess(values: Readonly<Record<string, string>>): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "toy-worker.ts")], {
    env: childEnv({ NODE_ENV: "test", LOG_LEVEL: "info", WORKER_CONCURRENCY: "2", ...values }),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stdout?.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr?.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const gone = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? String(code)));
  });
  const ready = new Promise<void>((resolve) => {
    child.on("message", () => resolve());
  });
  const ended = gone.then((how) => {
    throw new Error(`the worker ended (${how}) before it was ready: ${output}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => {});
  if (child.pid === undefined) throw new Error("the worker has no process id");
  return { pid: child.pid, child, gone, output: () => output };
}

/** Ends it the hard way and waits until it is gone. */
export async function killHard(worker: WorkerProcess): Promise<void> {
  worker.child.kill("SIGKILL");
  await worker.gone;
}
