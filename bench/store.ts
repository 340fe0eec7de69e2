import { existsSync } from "node:fs";
import path from "node:path";
import { makeObjects } from "./lib/bucket.ts";
import type { BenchDatabase } from "./lib/database.ts";
import { goals, inTurn, table, type Contestant } from "./lib/measure.ts";

const text = "/usr/share/doc/postgresql-doc-15/html";
const count = 20_000;

/** (c) Storing documents of 4 KiB in batches, against a bare multi-row insert, COPY and one row a statement. */
export async function benchStore(work: string, database: BenchDatabase, rounds: number): Promise<string | undefined> {
  if (!existsSync(text)) return "the package postgresql-doc-15 is not installed";
  const folder = path.join(work, "objects");
  makeObjects(folder, text);
  const peer = (name: string, how: string): Contestant => ({
    name,
    command: [process.execPath, "bench/peers/store.mjs", how, folder, String(count)],
    env: database.env,
  });
  const results = await inTurn(rounds, [
    peer("COPY into a plain table", "copy"),
    peer("bare multi-row insert into a plain table", "insert"),
    peer("one row a statement, plain table", "one"),
    {
      name: "Tributary: documents, contents, run items",
      command: [process.execPath, "bench/ours/store.ts", folder, String(count)],
      env: database.env,
    },
  ]);
  table(`Storing ${count} documents of 4 KiB, 250 a batch, fsync on`, results, count);
  const time = (at: number) => results[at]?.seconds ?? Number.NaN;
  goals([
    { what: "COPY's time against ours", ratio: time(0) / time(3), atLeast: 1.5 },
    { what: "a bare multi-row insert's time against ours", ratio: time(1) / time(3), atLeast: 1 },
  ]);
  return undefined;
}
