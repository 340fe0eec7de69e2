import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "#lib/testing/database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

test("the benchmark of listings finds documents in each of its cases", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["bench/ours/list.ts", "1000", "2"], {
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      SEALING_KEYS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
      RATE_LIMIT_BURST: "100000",
    },
  });
  const figures = Object.entries(JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Record<string, number>);
  expect(figures.length).toBeGreaterThan(15);
  for (const [name, ms] of figures) expect(ms, name).toBeGreaterThan(0);
});
