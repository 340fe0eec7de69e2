import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { childEnv } from "../env.ts";
import { log } from "../log.ts";
import { projectFolder } from "./project.ts";

export interface ChildSpec {
  readonly name: string;
  /** a script for Node and its arguments, relative to the project */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** how long it may take to end after SIGTERM */
  readonly graceMs: number;
}

/** What a child may tell the supervisor. */
export type ChildMessage = { readonly type: "ready" } | { readonly type: "fatal"; readonly message: string };

export interface SupervisedChild {
  readonly name: string;
  /** resolves when it says that it is ready for the first time */
  readonly ready: Promise<void>;
  /** resolves with the reason when it says that starting it again is useless */
  readonly fatal: Promise<string>;
  readonly pid: number | undefined;
  /** Asks it to end, waits for it, and insists after its grace time. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** To be passed to Node as --import. */
export const leash = pathToFileURL(path.join(import.meta.dirname, "leash.ts")).href;
const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** One that ran this long has recovered: the next crash is a first one again. */
const healthyMs = 60_000;

/** Starts a process and starts it again whenever it ends, after a growing pause, until stopped. */
export function superviseChild(spec: ChildSpec): SupervisedChild {
  let child: ChildProcess | undefined;
  let pause: NodeJS.Timeout | undefined;
  let stopping = false;
  let crashes = 0;
  const ready = Promise.withResolvers<void>();
  const fatal = Promise.withResolvers<string>();
  const over = Promise.withResolvers<void>();

  const launch = () => {
    const began = performance.now();
    // A group of its own: Ctrl-C goes to the supervisor alone, which ends everything in order.
    const started = spawn(process.execPath, ["--import", leash, ...spec.command], {
      cwd: projectFolder,
      env: childEnv(spec.env),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      detached: true,
    });
    child = started;
    started.on("message", (message: ChildMessage) => {
      if (message.type === "ready") ready.resolve();
      if (message.type === "fatal") fatal.resolve(message.message);
    });
    let ended = false;
    const onEnd = (why: string) => {
      if (ended) return;
      ended = true;
      if (stopping) return over.resolve();
      crashes = performance.now() - began > healthyMs ? 1 : crashes + 1;
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (crashes - 1));
      log("error", `${spec.name} ended unexpectedly; starting it again`, { process: started.pid, why, pauseMs });
      pause = setTimeout(launch, pauseMs);
    };
    started.once("error", (error) => onEnd(error.message));
    started.once("exit", (code, signal) => onEnd(signal ?? `exit code ${code}`));
  };
  launch();

  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const kill = () => {
    stopping = true;
    clearTimeout(pause);
    if (child?.pid === undefined || !running()) return over.resolve();
    try {
      process.kill(-child.pid, "SIGKILL"); // and whatever it has started itself
    } catch {
      child.kill("SIGKILL");
    }
  };
  const stop = async () => {
    stopping = true;
    clearTimeout(pause);
    if (!running()) over.resolve();
    child?.kill("SIGTERM");
    const insist = setTimeout(kill, spec.graceMs);
    await over.promise;
    clearTimeout(insist);
  };
  return {
    name: spec.name,
    ready: ready.promise,
    fatal: fatal.promise,
    get pid() {
      return child?.pid;
    },
    stop,
    kill,
  };
}

/** For the child: tells the supervisor, if there is one. */
export function tellSupervisor(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, {}, () => resolve());
    else resolve();
  });
}
