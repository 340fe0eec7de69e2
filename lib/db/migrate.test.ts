import { spawn } from "node:child_process";
import { Client } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { emptyDatabase } from "../testing/database.ts";
import { until } from "../testing/wait.ts";
import { migrate, pendingMigrations, readMigrations, type Migration } from "./migrate.ts";

// The Prisma command line takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function database(): Promise<{ url: string; connect: () => Promise<Client> }> {
  const { url, close } = await emptyDatabase();
  cleanups.push(close);
  const connect = async () => {
    const client = new Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    cleanups.push(() => client.end().catch(() => {}));
    return client;
  };
  return { url, connect };
}

const migrations = await readMigrations("prisma/migrations");
const made = (name: string, sql: string): Migration => ({ name, sql, checksum: name });

test("several processes may migrate at once: every migration is applied exactly once", async () => {
  const { connect } = await database();
  const clients = await Promise.all([connect(), connect(), connect()]);
  const applied = await Promise.all(clients.map((client) => migrate(client, migrations)));
  expect(applied.flat()).toEqual(migrations.map((migration) => migration.name));
  expect(await pendingMigrations(await connect(), migrations)).toEqual([]);
});

test("a migration that fails is undone as a whole and can be tried again", async () => {
  const { connect } = await database();
  const client = await connect();
  const first = made("1", "create table one (id int)");
  const broken = made("2", "create table two (id int); select 1 / 0;");
  await expect(migrate(client, [first, broken])).rejects.toThrow("Migration 2 failed and was undone: division by zero");
  const { rows } = await client.query("select to_regclass('one') is not null as one, to_regclass('two') as two");
  expect(rows).toEqual([{ one: true, two: null }]);
  expect(await migrate(client, [first, made("2", "create table two (id int)")])).toEqual(["2"]);
});

test("a process killed in the middle of a migration leaves nothing behind, and the next one carries on", async () => {
  const { url, connect } = await database();
  const script = `
    import { Client } from "pg";
    import { migrate } from "./lib/db/migrate.ts";
    const client = new Client({ connectionString: ${JSON.stringify(url)} });
    await client.connect();
    await migrate(client, [{ name: "slow", checksum: "slow", sql: "create table half (id int); select pg_sleep(60)" }]);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
  const client = await connect();
  await until(
    async () =>
      (
        await client.query(
          "select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid() and datname = current_database()",
        )
      ).rowCount,
  );
  child.kill("SIGKILL");
  // A server notices a dead client only when it next talks to it.
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
  );
  expect(await migrate(client, [made("slow", "create table half (id int)")])).toEqual(["slow"]);
});

test("an installation that has documents is upgraded with all of them: queued to be indexed, and counted", async () => {
  const { connect } = await database();
  const client = await connect();
  await migrate(client, migrations.slice(0, 2));
  await client.query("insert into organizations (id, slug, name) values ('acme', 'acme', 'Acme')");
  await client.query("insert into connections (id, organization_id, provider) values ('bucket', 'acme', 's3')");
  // One in four is a tombstone, one in ten belongs to no connection any more, one in a hundred has no text.
  await client.query(
    `insert into documents (id, organization_id, connection_id, key, custom_id, provider, filepath, container_tags, deleted_at)
     select i::text, 'acme', case when i % 10 > 0 then 'bucket' end, sha256(i::text::bytea), 'same', 's3', repeat('a/', i), '{team}',
            case when i % 4 = 0 then now() end from generate_series(1, 2000) i`,
  );
  await client.query(
    "insert into contents (document_id, organization_id, text) select id, 'acme', 'text' from documents where id::int % 100 > 0",
  );
  await migrate(client, migrations);
  const { rows } = await client.query(
    `select (select count(*) from documents where status = 'done' and not added and not excluded)::int as documents,
            (select count(*) from index_tasks t join contents c using (document_id, organization_id))::int as tasks,
            (select sum(change) from document_tallies where organization_id = 'acme' and provider = 's3')::int as loose`,
  );
  expect(rows).toEqual([{ documents: 2000, tasks: 1980, loose: 100 }]);
});

test("a user who may not create extensions is told who has to do what, and nothing is changed", async () => {
  const { connect, url } = await database();
  const role = `limited_${Date.now()}`;
  const admin = await connect();
  await admin.query(`create role ${role}; grant create on schema public to ${role}`);
  cleanups.push(() => admin.query(`drop owned by ${role}; drop role ${role}`));
  const client = new Client({ connectionString: url });
  await client.connect();
  cleanups.push(() => client.end());
  await client.query(`set role ${role}`);
  await expect(migrate(client, [made("1", "create extension unaccent")])).rejects.toThrow(
    /permission denied to create extension.*Nothing was changed\. .*GRANT CREATE ON DATABASE.*CREATE EXTENSION pg_trgm/s,
  );
});

test("a changed migration and one from a newer version are reported, not applied again", async () => {
  const { connect } = await database();
  const client = await connect();
  await migrate(client, [made("1", "select 1"), made("2", "select 1")]);
  const warnings: string[] = [];
  await migrate(client, [{ ...made("1", "select 2"), checksum: "other" }], (message) => warnings.push(message));
  expect(warnings.join(" ")).toMatch(/has had migration 2.* Migration 1 was changed/);
});

test("the history is the one that the Prisma command line reads and writes", async () => {
  const { url, connect } = await database();
  const prisma = (...args: string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ["scripts/prisma.ts", ...args], {
        env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", DATABASE_URL: url, NODE_ENV: "test" },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (data: Buffer) => (output += data.toString()));
      child.once("close", (code) => resolve({ code, output }));
    });
  const client = await connect();
  await migrate(client, migrations);
  expect((await prisma("migrate", "status")).output).toContain("Database schema is up to date!");
  expect((await prisma("migrate", "deploy")).output).toContain("No pending migrations to apply");

  await client.query(
    "insert into _prisma_migrations (id, checksum, migration_name) values ('x', 'x', '29990101000000_broken')",
  );
  await expect(migrate(client, migrations)).rejects.toThrow("migrate resolve --rolled-back 29990101000000_broken");
});
