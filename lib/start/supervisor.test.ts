import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { Client } from "pg";
import { expect, test, vi } from "vitest";
import { isAlive } from "../db/postmaster.ts";
import { embeddedUrl } from "../db/socket.ts";
import { until as waitUntil } from "../testing/wait.ts";
import { databasePid, freePort, launch, temporaryDataFolder } from "./testing/launch.ts";

// Real processes and databases on a machine that may be busy: patient, because every wait is for a condition.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });
const until: typeof waitUntil = (condition, options) => waitUntil(condition, { timeoutMs: 60_000, ...options });

async function rows(dataDir: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: embeddedUrl(dataDir) });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const refused = async (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  );

async function workerPid(dataDir: string): Promise<number> {
  const found = await until(async () => (await rows(dataDir, "select pid from worker_heartbeats order by 1"))[0]);
  return Number(found["pid"]);
}

test("a start prints the address and a one-time set-up link whose token is stored only as a hash", async () => {
  const dataDir = temporaryDataFolder();
  const start = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  await start.ready();
  const token = /\/setup\?token=([\w-]{43})/.exec(start.output())?.[1] ?? "";
  expect(token).not.toBe("");
  const [stored] = await rows(dataDir, "select encode(hash, 'hex') as hash from setup_tokens");
  expect(stored?.["hash"]).toBe(createHash("sha256").update(token).digest("hex"));
  expect(statSync(path.join(dataDir, "secrets.json")).mode & 0o777).toBe(0o600);
});

test("Ctrl-C and SIGTERM end everything that was started, the database last", async () => {
  const dataDir = temporaryDataFolder();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const start = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
    await start.ready();
    const pids = [await start.webPid(), await workerPid(dataDir), (await databasePid(dataDir)) ?? 0];
    start.process.kill(signal);
    expect(await start.ended()).toBe(0);
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(readFileSync(path.join(dataDir, "postgresql.log"), "utf8")).not.toContain("not properly shut down");
  }
});

test("a second start on the same data folder says which one already runs and harms nothing", async () => {
  const dataDir = temporaryDataFolder();
  const first = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  await first.ready();
  const second = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  expect(await second.ended()).toBe(1);
  expect(second.output().trim().split("\n")).toHaveLength(1);
  expect(second.output()).toContain(
    `already runs on the data folder ${dataDir} (process ${first.process.pid}, ${first.url})`,
  );
  expect(await first.webPid()).toBeGreaterThan(0);
});

test("two starts at the same moment on an empty data folder leave exactly one running", async () => {
  const dataDir = temporaryDataFolder();
  const both = [
    launch({ DATA_DIR: dataDir, PORT: String(await freePort()) }),
    launch({ DATA_DIR: dataDir, PORT: String(await freePort()) }),
  ];
  const loser = await Promise.race(
    both.map(async (start) => ((await start.ended()) === 1 ? start : Promise.reject(new Error(start.output())))),
  );
  expect(loser.output()).toContain("already runs on the data folder");
  const winner = both.find((start) => start !== loser);
  await winner?.ready();
  expect(await winner?.webPid()).toBeGreaterThan(0);
});

test("a taken port is one clear sentence", async () => {
  const taken = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", () => resolve()));
  const start = launch({ DATA_DIR: temporaryDataFolder(), PORT: String(port) });
  expect(await start.ended()).toBe(1);
  expect(start.output()).toContain(`Port ${port} is already in use on 127.0.0.1`);
  expect(start.output()).not.toContain("    at ");
  await new Promise((resolve) => taken.close(resolve));
});

test("after kill -9 of the supervisor nothing keeps the port, and the next start has all data", async () => {
  const dataDir = temporaryDataFolder();
  const variables = {
    DATA_DIR: dataDir,
    PORT: String(await freePort()),
    BOOTSTRAP_API_KEYS: "acme:sm_0123456789abcdef0123",
  };
  const first = launch(variables);
  await first.ready();
  const pids = [await first.webPid(), await workerPid(dataDir)];
  first.process.kill("SIGKILL");
  await until(() => refused(first.url), { what: "the port to be free" });
  await until(() => pids.every((pid) => !isAlive(pid)), { what: "web and worker to be gone" });
  const next = launch(variables);
  await next.ready();
  expect(await rows(dataDir, "select slug from organizations")).toEqual([{ slug: "acme" }]);
});

test("without a successor the database ends too after kill -9 of the supervisor", async () => {
  const dataDir = temporaryDataFolder();
  const start = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  await start.ready();
  start.process.kill("SIGKILL");
  await until(async () => (await databasePid(dataDir)) === undefined, { what: "the database to end" });
});

test("web, worker and database come back by themselves after kill -9", async () => {
  const dataDir = temporaryDataFolder();
  const start = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  await start.ready();
  const before = { web: await start.webPid(), worker: await workerPid(dataDir), database: await databasePid(dataDir) };
  process.kill(before.web, "SIGKILL");
  await until(async () => (await start.webPid()) !== before.web);
  process.kill(before.worker, "SIGKILL");
  await until(async () => (await rows(dataDir, "select pid from worker_heartbeats")).length === 2);
  process.kill(before.database ?? 0, "SIGKILL");
  await until(async () => ![undefined, before.database].includes(await databasePid(dataDir)));
  await until(async () => (await start.webPid()) > 0);
});

test("restarting keeps data and secrets, and a known owner ends the set-up link", async () => {
  const dataDir = temporaryDataFolder();
  const variables = {
    DATA_DIR: dataDir,
    PORT: String(await freePort()),
    BOOTSTRAP_API_KEYS: "acme:sm_0123456789abcdef0123,globex:sm_abcdef0123456789abcd",
    BOOTSTRAP_OWNER: "Ada@Example.com:correct horse: battery",
  };
  const seen: unknown[] = [];
  for (let n = 0; n < 2; n++) {
    const start = launch(variables);
    await start.ready();
    expect(start.output()).not.toContain("/setup?token=");
    seen.push([
      await rows(dataDir, "select id, slug from organizations order by slug"),
      await rows(dataDir, "select id, encode(hash, 'hex') from api_keys order by id"),
      await rows(dataDir, "select id, email, password_hash from users"),
      await rows(dataDir, "select role, organization_id from memberships order by organization_id"),
      readFileSync(path.join(dataDir, "secrets.json"), "utf8"),
    ]);
    start.process.kill("SIGTERM");
    await start.ended();
  }
  expect(seen[1]).toEqual(seen[0]);
  expect((seen[0] as unknown[][])[3]).toHaveLength(2);
});

test("all configuration problems are listed at once", async () => {
  const start = launch({ DATA_DIR: temporaryDataFolder(), PORT: "99999", WORKERS: "many", BOOTSTRAP_OWNER: "ada" });
  expect(await start.ended()).toBe(1);
  for (const name of ["PORT", "WORKERS", "BOOTSTRAP_OWNER"]) expect(start.output()).toContain(`- ${name}`);
});

test("one more worker finds the running database by the data folder, and without one says what to do", async () => {
  const dataDir = temporaryDataFolder();
  const script = ["lib/start/worker.ts", "lib/start/testing/worker.ts"];
  const alone = launch({ DATA_DIR: dataDir }, script);
  expect(await alone.ended()).toBe(1);
  expect(alone.output()).toContain("run `npm start` there first, or set DATABASE_URL");
  const start = launch({ DATA_DIR: dataDir, PORT: String(await freePort()) });
  await start.ready();
  await workerPid(dataDir);
  const second = launch({ DATA_DIR: dataDir }, script);
  await until(async () => (await rows(dataDir, "select pid from worker_heartbeats")).length === 2);
  second.process.kill("SIGTERM");
  expect(await second.ended()).toBe(0);
  expect(await rows(dataDir, "select pid from worker_heartbeats")).toHaveLength(1);
});
