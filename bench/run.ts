import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { benchCrawl } from "./crawl.ts";
import { benchDatabase, type BenchDatabase } from "./lib/database.ts";
import { benchList } from "./list.ts";
import { benchS3 } from "./s3.ts";
import { benchSearch } from "./search.ts";
import { benchStore } from "./store.ts";
import { benchVectors } from "./vectors.ts";

/** npm run bench [-- crawl s3 store search] [--rounds=3]: ours and the peers in one run, on the same data, as ratios. */

const suites: Record<string, (work: string, database: BenchDatabase, rounds: number) => Promise<string | undefined>> = {
  crawl: benchCrawl,
  s3: benchS3,
  store: benchStore,
  list: benchList,
  search: benchSearch,
  vectors: benchVectors,
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const rounds = Number(process.argv.find((argument) => argument.startsWith("--rounds="))?.slice(9) ?? 3);
for (const name of wanted)
  if (!(name in suites)) throw new Error(`unknown suite ${name}: ${Object.keys(suites).join(", ")}`);

if (!existsSync("bench/peers/node_modules")) {
  console.log("installing the peers (bench/peers/package.json) …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
    cwd: "bench/peers",
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the peers could not be installed");
}

const work = path.join(tmpdir(), `tributary-bench-${process.pid}`);
mkdirSync(work, { recursive: true, mode: 0o755 });
const database = await benchDatabase(work);
let failed = false;
try {
  for (const [name, suite] of Object.entries(suites)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const skipped = await suite(work, database, rounds);
    if (skipped) console.log(`\nskipped: ${name} (${skipped})`);
  }
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  await database.stop();
  rmSync(work, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
