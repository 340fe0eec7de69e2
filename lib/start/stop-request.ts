import { readFileSync } from "node:fs";
import { startedByNpm } from "../env.ts";

export interface StopRequest {
  /** aborted when the product is asked to end */
  readonly signal: AbortSignal;
  /** called on every further request: somebody is in a hurry */
  onHurry(listener: () => void): void;
  dispose(): void;
}

const parentPollMs = 500;

/** SIGINT (Ctrl-C), SIGTERM, SIGHUP (the terminal was closed), or the end of the npm that started us. */
export function listenForStop(): StopRequest {
  const controller = new AbortController();
  const hurried: (() => void)[] = [];
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let last = -Infinity;
  const request = () => {
    const now = performance.now();
    // npm passes a Ctrl-C on that the terminal has already delivered: the same request, twice within a moment.
    if (controller.signal.aborted && now - last > 300) for (const listener of hurried) listener();
    last = now;
    controller.abort();
  };
  for (const name of signals) process.on(name, request);

  const ancestors = startedByNpm() ? ancestry() : [];
  const poll = setInterval(() => {
    if (ancestors.some((pid, index) => ancestry()[index] !== pid)) request();
  }, parentPollMs);
  if (ancestors.length === 0) clearInterval(poll);
  poll.unref();

  return {
    signal: controller.signal,
    onHurry: (listener) => void hurried.push(listener),
    dispose: () => {
      clearInterval(poll);
      for (const name of signals) process.off(name, request);
    },
  };
}

/** Our parent and, where that is the shell npm starts scripts with, its parent: npm itself. */
function ancestry(): readonly number[] {
  const parent = process.ppid;
  if (process.platform !== "linux") return [parent];
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const grandparent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return /^(da|ba|z|a)?sh$/.test(name) ? [parent, grandparent] : [parent];
  } catch {
    return [parent];
  }
}
