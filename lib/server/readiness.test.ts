import { beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../contract/ids.ts";
import { pool } from "../db/client.ts";
import { setEnvForTests } from "../env.ts";
import { testDatabase } from "../testing/database.ts";
import { testOrganization } from "../testing/organization.ts";
import { reasonsNotReady } from "./readiness.ts";

const key = (id: string): string => `${id}:${Buffer.alloc(32, id).toString("base64url")}`;

let databaseUrl = "";
beforeAll(async () => {
  databaseUrl = (await testDatabase({ SEALING_KEYS: key("k1") })).url;
});

beforeEach(async () => {
  setEnvForTests({ DATABASE_URL: databaseUrl });
  delete (globalThis as { tributaryReadiness?: unknown }).tributaryReadiness;
  await pool().query("delete from worker_heartbeats");
  await pool().query("insert into worker_heartbeats (id, hostname, pid) values ('w', 'here', 1)");
});

test("an installation with a current database and a living worker is ready", async () => {
  expect(await reasonsNotReady()).toEqual([]);
});

test("a thousand who ask at once wait for one look at the database, not in line for it", async () => {
  const asked = Array.from({ length: 1_000 }, reasonsNotReady);
  expect(new Set(asked).size).toBe(1);
  expect(await asked[0]).toEqual([]);
  expect(new Set([reasonsNotReady(), ...asked]).size).toBe(2);
});

test("a worker that was not seen for a minute is named with the time it was seen last", async () => {
  await pool().query("update worker_heartbeats set seen_at = '2026-01-02T03:04:05Z'");
  expect(await reasonsNotReady()).toEqual(["No worker has been seen since 2026-01-02T03:04:05.000Z."]);
});

test("a database that does not answer is a reason, not an exception", async () => {
  setEnvForTests({ DATABASE_URL: "postgresql://tributary@localhost/x?host=%2Fnonexistent" });
  expect(await reasonsNotReady()).toEqual(["The database does not answer."]);
});

test("a database that acknowledges before it stores is not good enough", async () => {
  const url = new URL(databaseUrl);
  url.searchParams.set("options", "-c synchronous_commit=off");
  setEnvForTests({ DATABASE_URL: url.href });
  expect(await reasonsNotReady()).toEqual([expect.stringContaining("synchronous_commit is off")]);
});

test("a missing migration is named", async () => {
  const { rows } = await pool().query(
    "update _prisma_migrations set rolled_back_at = now() where migration_name like '%_init' returning migration_name",
  );
  try {
    expect(await reasonsNotReady()).toEqual([`The database lacks migrations: ${rows[0]?.["migration_name"]}.`]);
  } finally {
    await pool().query("update _prisma_migrations set rolled_back_at = null");
  }
});

test("connections, grants and OAuth apps sealed with a key that is gone are counted by the key's name (T08)", async () => {
  const { organizationId } = await testOrganization();
  const id = newId();
  await pool().query(
    "insert into connections (id, organization_id, provider, secrets) values ($1, $2, 's3', 'v1.k0.n.c.t')",
    [id, organizationId],
  );
  await pool().query(
    "insert into grants (id, organization_id, provider, client_id, tokens) values ($1, $2, 'p', 'c', 'v1.k0.n.c.t')",
    [id, organizationId],
  );
  await pool().query(
    `insert into oauth_apps (organization_id, provider, client_id, client_secret)
     values ($1, 'p', 'c', 'v1.k0.n.c.t'), ($1, 'half', 'c', '')`,
    [organizationId],
  );
  try {
    expect(await reasonsNotReady()).toEqual(
      ["connections", "grants", "oauth apps"].map(
        (what) => `1 ${what} are sealed with the key k0, which is not in SEALING_KEYS.`,
      ),
    );
  } finally {
    await pool().query("delete from oauth_apps");
    await pool().query("delete from grants");
    await pool().query("delete from connections where id = $1", [id]);
  }
});
