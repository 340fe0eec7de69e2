import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Runs contestants in turn (A B C A B C …) so that a busy machine hurts all of them alike, and reports medians and
 * ratios. Absolute figures only describe the machine; the ratios are the claim.
 */

export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** put the world back before each run, e.g. empty the target folder */
  readonly before?: () => Promise<void> | void;
  /** exit codes that count as success (wget answers 8 when a page was missing) */
  readonly accept?: readonly number[];
}

/** What a run printed as its last JSON line; `seconds` (inside the process) wins over the wall clock when present. */
export type Figures = Readonly<Record<string, number | string>>;

export interface Result {
  readonly name: string;
  /** median seconds: inside the process if it reports them, else from start to exit */
  readonly seconds: number;
  readonly wallSeconds: number;
  readonly peakMiB: number;
  readonly figures: Figures;
}

interface Run {
  wall: number;
  peakMiB: number;
  figures: Record<string, number | string>;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

function peakOf(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line ? Number(line[1]) / 1024 : 0;
  } catch {
    return 0;
  }
}

async function runOnce(contestant: Contestant): Promise<Run> {
  await contestant.before?.();
  const [program = "", ...args] = contestant.command;
  const started = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...contestant.env },
  });
  let output = "";
  let errors = "";
  let peakMiB = 0;
  child.stdout.on("data", (chunk) => (output = (output + String(chunk)).slice(-20_000)));
  child.stderr.on("data", (chunk) => (errors = (errors + String(chunk)).slice(-4_000)));
  const watch = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid ?? 0))), 20);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearInterval(watch);
  const wall = (performance.now() - started) / 1000;
  if (!(contestant.accept ?? [0]).includes(code ?? -1))
    throw new Error(`${contestant.name} ended with ${code}: ${errors || output}`);
  const line = output
    .trim()
    .split("\n")
    .findLast((text) => text.startsWith("{"));
  return { wall, peakMiB, figures: line ? JSON.parse(line) : {} };
}

/** Runs every contestant `rounds` times in turn. */
export async function inTurn(rounds: number, contestants: readonly Contestant[]): Promise<Result[]> {
  const runs = new Map<string, Run[]>(contestants.map((c) => [c.name, []]));
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants) runs.get(contestant.name)?.push(await runOnce(contestant));
  return contestants.map(({ name }) => {
    const own = runs.get(name) ?? [];
    const figures: Record<string, number | string> = {};
    for (const [key, value] of Object.entries(own[0]?.figures ?? {}))
      figures[key] = typeof value === "number" ? median(own.map((run) => Number(run.figures[key]))) : value;
    const wallSeconds = median(own.map((run) => run.wall));
    const inside = figures["seconds"];
    const peak = figures["peakMiB"];
    return {
      name,
      seconds: typeof inside === "number" ? inside : wallSeconds,
      wallSeconds,
      peakMiB: typeof peak === "number" ? peak : median(own.map((run) => run.peakMiB)),
      figures,
    };
  });
}

/** Prints one table: seconds, ratio to the first row, and whatever else the runs reported. */
export function table(title: string, results: readonly Result[], items: number): void {
  const base = results[0]?.seconds ?? 1;
  console.log(`\n${title}`);
  console.log(
    `${"".padEnd(44)}${"seconds".padStart(9)}${"items/s".padStart(10)}${"× time".padStart(8)}${"MiB".padStart(7)}`,
  );
  for (const result of results)
    console.log(
      result.name.padEnd(44) +
        result.seconds.toFixed(3).padStart(9) +
        Math.round(items / result.seconds)
          .toString()
          .padStart(10) +
        (result.seconds / base).toFixed(2).padStart(8) +
        Math.round(result.peakMiB).toString().padStart(7),
    );
}

export interface Goal {
  readonly what: string;
  readonly ratio: number;
  /** at least this (higher is better) or at most this */
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Prints each goal with what was reached. */
export function goals(list: readonly Goal[]): void {
  for (const goal of list) {
    const reached =
      (goal.atLeast === undefined || goal.ratio >= goal.atLeast) &&
      (goal.atMost === undefined || goal.ratio <= goal.atMost);
    const bound = goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
    console.log(`${reached ? "reached" : "MISSED "}  ${goal.what}: ${goal.ratio.toFixed(2)} (goal ${bound})`);
  }
}
