import { spawn } from "node:child_process";
import path from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { childEnv } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { until } from "#lib/testing/wait.ts";

test("the worker process reports itself, and leaves no trace when it is asked to end", async () => {
  const { url } = await testDatabase();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "worker.ts")], {
    env: childEnv({ NODE_ENV: "test", DATABASE_URL: url, LOG_LEVEL: "error" }),
    stdio: "inherit",
  });
  const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  try {
    const reports = async () => (await pool().query("select pid from worker_heartbeats")).rows;
    await until(async () => (await reports()).some((row) => row.pid === child.pid), { timeoutMs: 20_000 });
    child.kill("SIGTERM");
    expect(await gone).toBe(0);
    expect(await reports()).toEqual([]);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
});

test("the worker process says what is wrong with its configuration and ends", async () => {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "worker.ts")], {
    env: childEnv({ NODE_ENV: "test", DATABASE_URL: "not an address" }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("exit", (exit) => resolve(exit)));
  expect(code).toBe(1);
  expect(output).toContain("DATABASE_URL");
});
