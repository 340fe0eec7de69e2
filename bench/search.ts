import { corpus } from "./lib/corpus.ts";
import type { BenchDatabase } from "./lib/database.ts";
import { goals, inTurn } from "./lib/measure.ts";

const chunks = 100_000;
const queries = 300;

/** (d) Searching 100,000 chunks of real text, against ranking every match. */
export async function benchSearch(_work: string, database: BenchDatabase): Promise<string | undefined> {
  if (!corpus()) return "neither postgresql-doc-15 nor sqlite3-doc is installed";
  const [result] = await inTurn(1, [
    {
      name: "search",
      command: [process.execPath, "bench/ours/search.ts", String(chunks), String(queries)],
      env: { ...database.env, RATE_LIMIT_BURST: "100000" },
    },
  ]);
  if (!result) return undefined;
  const figure = (name: string) => Number(result.figures[name]);
  console.log(`\nSearching ${figure("chunks")} chunks, ${queries} queries of 1 to 3 words (ms)`);
  console.log(`${"".padEnd(44)}${["p50", "p95", "p99"].map((label) => label.padStart(9)).join("")}`);
  for (const name of [
    "plain ts_rank over all matches",
    "ours, the ranking statement",
    "ours, a whole search",
    "ours, over HTTP",
    "one container of a tenth",
    "one container of all",
  ])
    console.log(
      name.padEnd(44) +
        ["p50", "p95", "p99"].map((label) => figure(`${name} ${label}`).toFixed(2).padStart(9)).join(""),
    );
  console.log(`indexed in ${result.seconds.toFixed(1)} s, ${Math.round(figure("chunks") / result.seconds)} chunks/s`);
  const p99 = (name: string) => figure(`${name} p99`);
  goals([
    {
      what: "p99 of plain ts_rank against our ranking statement",
      ratio: p99("plain ts_rank over all matches") / p99("ours, the ranking statement"),
      atLeast: 2.5,
    },
    { what: "recall of the ten best against an exhaustive ranking", ratio: figure("recall"), atLeast: 0.9 },
    {
      what: "p95 in one container, table ten times as large",
      ratio: figure("one container of all p95") / figure("one container of a tenth p95"),
      atMost: 1.5,
    },
  ]);
  return undefined;
}
