import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { until } from "../testing/wait.ts";
import { isAlive, postmasterPid } from "./postmaster.ts";
import { findEmbedded, startEmbedded } from "./embedded.ts";
import { embeddedUrl, socketFolder } from "./socket.ts";

// It creates real clusters with real fsync, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const folders: string[] = [];
function dataFolder(inside = tmpdir()): string {
  const folder = mkdtempSync(path.join(inside, "tributary-db-"));
  chmodSync(folder, 0o711);
  folders.push(folder);
  return folder;
}
const cluster = (dataDir: string): string => path.join(dataDir, "postgresql-18");
afterEach(async () => {
  for (const folder of folders.splice(0)) {
    const pid = await postmasterPid(cluster(folder));
    if (pid !== undefined) {
      process.kill(pid, "SIGQUIT");
      await until(() => !isAlive(pid));
    }
    rmSync(folder, { recursive: true, force: true });
  }
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("it is a real PostgreSQL 18 that stores durably, has no network port and is not root", async () => {
  const dataDir = dataFolder();
  const database = await startEmbedded({ dataDir });
  const settings = await query(
    database.url,
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as durable, current_setting('listen_addresses') as ports`,
  );
  expect(settings).toEqual([{ version: 18, fsync: "on", durable: "on", ports: "" }]);
  if (process.platform === "linux") {
    const owner = execFileSync("stat", ["-c", "%u", `/proc/${database.pid}`], { encoding: "utf8" });
    expect(Number(owner)).not.toBe(0);
  }
  await database.stop();
  expect(isAlive(database.pid)).toBe(false);
  expect(await findEmbedded(dataDir)).toBeUndefined();
});

test("what was committed survives kill -9 of the server, and a start attaches to one that still runs", async () => {
  const dataDir = dataFolder();
  const first = await startEmbedded({ dataDir });
  await query(first.url, "create table kept as select 42 as answer");
  process.kill(first.pid, "SIGKILL");
  await first.exited;
  const second = await startEmbedded({ dataDir });
  expect(second.pid).not.toBe(first.pid);
  expect(await query(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
  const third = await startEmbedded({ dataDir });
  expect(third).toMatchObject({ attached: true, pid: second.pid, url: second.url });
  await third.stop();
});

test("a postmaster.pid left behind, with the number of another program, does not keep it from starting", async () => {
  const dataDir = dataFolder();
  const first = await startEmbedded({ dataDir });
  await first.stop();
  writeFileSync(path.join(cluster(dataDir), "postmaster.pid"), `${process.pid}\n${cluster(dataDir)}\n`, {
    mode: 0o644,
  });
  const second = await startEmbedded({ dataDir });
  expect(second.attached).toBe(false);
  await second.stop();
});

test("a creation that was killed half-way is not mistaken for a database", async () => {
  const dataDir = dataFolder();
  mkdirSync(path.join(dataDir, "postgresql-18.999999"));
  const database = await startEmbedded({ dataDir });
  expect(await query(database.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await database.stop();
});

test("a data folder whose path is too long for a socket works all the same", async () => {
  const dataDir = path.join(dataFolder(), "x".repeat(60), "y".repeat(60));
  const database = await startEmbedded({ dataDir });
  expect(socketFolder(dataDir).length).toBeLessThan(90);
  expect(await query(database.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await database.stop();
  rmSync(socketFolder(dataDir), { recursive: true, force: true });
});

test("a data folder that cannot be used is one sentence with the remedy", async () => {
  const file = path.join(dataFolder(), "file");
  writeFileSync(file, "");
  await expect(startEmbedded({ dataDir: path.join(file, "data") })).rejects.toThrow(
    "set DATA_DIR to one that can be written",
  );
});

test.runIf(process.getuid?.() === 0)(
  "root with a data folder that nobody else can reach is told what to choose",
  async () => {
    const closed = dataFolder();
    chmodSync(closed, 0o700);
    await expect(startEmbedded({ dataDir: path.join(closed, "data") })).rejects.toThrow(/cannot reach .* set DATA_DIR/);
    expect(existsSync(cluster(path.join(closed, "data")))).toBe(false);
  },
);

test("the address of the database is known from the data folder alone", () => {
  expect(embeddedUrl("/data")).toBe("postgresql://tributary@localhost/tributary?host=%2Fdata%2Frun");
});
