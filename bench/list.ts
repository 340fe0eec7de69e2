import { spawnSync } from "node:child_process";
import type { BenchDatabase } from "./lib/database.ts";
import { goals } from "./lib/measure.ts";

/** (d) Listing documents as the table grows: 50 of 10,000, of 100,000 and of a million. About two minutes. */
export async function benchList(_work: string, database: BenchDatabase, rounds: number): Promise<undefined> {
  const sizes = process.argv.includes("--small") ? [1_000, 10_000] : [10_000, 100_000, 1_000_000];
  const results = sizes.map((size) => listOf(size, 5 * rounds, database.env));
  const rows = Object.keys(results[0] ?? {});
  console.log(`\nListing 50 documents, milliseconds (medians)\n`);
  const line = (name: string, cells: readonly string[]) =>
    console.log(name.padEnd(34) + cells.map((cell) => cell.padStart(12)).join(""));
  line(
    "of",
    sizes.map((size) => size.toLocaleString("en-US")),
  );
  for (const name of rows)
    line(
      name,
      results.map((figures) => (figures[name] ?? Number.NaN).toFixed(2)),
    );
  const [first, last] = [results[0] ?? {}, results.at(-1) ?? {}];
  const at = (figures: Readonly<Record<string, number>>, name: string) => figures[name] ?? Number.NaN;
  const grown = (name: string) => at(last, name) / at(first, name);
  goals([
    {
      what: "a cursor's page in the middle against the first page, largest table",
      ratio: at(last, "service: middle, by cursor") / at(last, "service: first page"),
      atMost: 1.2,
    },
    {
      what: "plain OFFSET's time there against the cursor's",
      ratio: at(last, "plain OFFSET: middle") / at(last, "service: middle, by cursor"),
      atLeast: 50,
    },
    ...["first page", "middle, by cursor", "one user's tag (100)", "metadata (200)", "below a path (20)"].map(
      (name) => ({ what: `${name}: the largest table against the smallest`, ratio: grown(`API: ${name}`), atMost: 2 }),
    ),
    { what: "counting all: the largest table against the smallest", ratio: grown("count: all"), atMost: 2 },
  ]);
  return undefined;
}

function listOf(size: number, times: number, env: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bench/ours/list.ts", String(size), String(times)], {
    env: { ...process.env, ...env, RATE_LIMIT_BURST: "1000000" },
    encoding: "utf8",
    maxBuffer: 10_000_000,
  });
  const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
  if (status !== 0 || !line) throw new Error(`listing ${size} documents ended with ${status}: ${stderr || stdout}`);
  return JSON.parse(line) as Record<string, number>;
}
