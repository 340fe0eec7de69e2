import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { childEnv } from "#lib/env.ts";
import type { GrantRef } from "../stored-grant.ts";
import type { RefreshTimes } from "../tokens.ts";

/** What a caller process is told to do: so many callers at once ask the provider's API with this grant. */
export interface Order {
  readonly ref: GrantRef;
  readonly callers: number;
  readonly times?: RefreshTimes;
}

/** What became of the callers: HTTP status or kind of failure → how many, and the longest wait. */
export interface Outcome {
  readonly counts: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

/** A process of its own that uses grants, and may be killed. */
export interface CallerProcess {
  readonly child: ChildProcess;
  call(order: Order): Promise<Outcome>;
  /** ends it the hard way and waits until it is gone */
  kill(): Promise<void>;
}

/** Starts one and waits until it takes orders. */
export async function startCaller(values: Readonly<Record<string, string>>): Promise<CallerProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "caller.ts")], {
    env: childEnv(values),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ended = gone.then(() => {
    throw new Error("the caller process ended");
  });
  ended.catch(() => {});
  const next = () => Promise.race([ended, new Promise<unknown>((resolve) => child.once("message", resolve))]);
  await next();
  return {
    child,
    async call(order) {
      const answer = next();
      child.send(order);
      return (await answer) as Outcome;
    },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** All outcomes in one. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count;
  return { counts, longestMs: Math.max(...outcomes.map(({ longestMs }) => longestMs)) };
}
