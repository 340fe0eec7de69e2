import { randomBytes } from "node:crypto";
import path from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { readSources } from "../../scripts/import-graph.ts";
import { connectionSecrets } from "./connection-secrets.ts";
import { reseal, sealedColumns, shortLived } from "./reseal.ts";
import { createVault } from "./seal.ts";

const [oldKey, newKey, lostKey] = ["old", "new", "lost"].map((id) => ({ id, key: randomBytes(32) }));
if (!oldKey || !newKey || !lostKey) throw new Error("unreachable");
const before = createVault([oldKey]);
const after = createVault([newKey, oldKey]);

beforeAll(async () => {
  await testDatabase();
  await pool().query(`insert into organizations (id, slug, name) values ('org', 'acme', 'Acme')`);
});

beforeEach(async () => {
  await pool().query("delete from connections");
});

async function connect(count: number, seal = before): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => `c${String(i).padStart(6, "0")}`);
  const secrets = ids.map((id) => seal.seal(`secret of ${id}`, connectionSecrets(id, "org")));
  await pool().query(
    `insert into connections (id, organization_id, provider, container_tags, secrets)
     select id, 'org', 's3', '{}', sealed from unnest($1::text[], $2::text[]) as n(id, sealed)`,
    [ids, secrets],
  );
}

async function stored(): Promise<{ id: string; secrets: string }[]> {
  return (await pool().query("select id, secrets from connections where secrets is not null order by id")).rows;
}

test("after a rotation every secret is sealed with the new key and the old key can go", async () => {
  await connect(450);
  await pool().query(
    `insert into connections (id, organization_id, provider, container_tags) values ('web', 'org', 'web-crawler', '{}')`,
  );
  expect(await reseal(pool(), after, { batch: 100 })).toEqual({
    resealed: 450,
    unreadable: [],
    stopped: false,
  });
  const alone = createVault([newKey]);
  const rows = await stored();
  expect(rows).toHaveLength(450);
  for (const { id, secrets } of rows) expect(alone.open(secrets, connectionSecrets(id, "org"))).toBe(`secret of ${id}`);
  expect((await reseal(pool(), after)).resealed).toBe(0);
});

test("re-sealing can be stopped and goes on where it was", async () => {
  await connect(300);
  const stop = new AbortController();
  let batches = 0;
  const counting = {
    query: async (...args: Parameters<ReturnType<typeof pool>["query"]>) => {
      if (String(args[0]).startsWith("update") && ++batches === 2) stop.abort();
      return pool().query(...args);
    },
  } as Pick<ReturnType<typeof pool>, "query">;
  const first = await reseal(counting, after, { batch: 100, signal: stop.signal });
  expect(first).toEqual({ resealed: 200, unreadable: [], stopped: true });
  expect((await reseal(pool(), after, { batch: 100 })).resealed).toBe(100);
});

test("a secret whose key is lost is reported and left alone, the others are done", async () => {
  await connect(5);
  const lost = createVault([lostKey]).seal("x", connectionSecrets("c000002", "org"));
  await pool().query("update connections set secrets = $1 where id = 'c000002'", [lost]);
  const result = await reseal(pool(), after, { batch: 1 });
  expect(result.resealed).toBe(4);
  expect(result.unreadable).toMatchObject([{ table: "connections", rowId: "c000002", organizationId: "org" }]);
  expect((await stored())[2]?.secrets).toBe(lost);
});

test("a secret that is changed meanwhile is not overwritten with the older one", async () => {
  await connect(1);
  const entered = after.seal("new secret", connectionSecrets("c000000", "org"));
  const racing = {
    query: async (...args: Parameters<ReturnType<typeof pool>["query"]>) => {
      if (String(args[0]).startsWith("update")) {
        await pool().query("update connections set secrets = $1 where id = 'c000000'", [entered]);
      }
      return pool().query(...args);
    },
  } as Pick<ReturnType<typeof pool>, "query">;
  expect((await reseal(racing, after)).resealed).toBe(0);
  expect((await stored())[0]?.secrets).toBe(entered);
});

test("tokens, secrets of OAuth apps and flows under way are sealed again, too, each in its own place", async () => {
  const fill: Readonly<Record<string, string>> = {
    grants: `insert into grants (id, organization_id, provider, client_id, tokens) values ('r1', 'org', 'p', 'c', $1)`,
    oauth_apps: `insert into oauth_apps (organization_id, provider, client_id, client_secret) values ('org', 'r1', 'c', $1)`,
    connect_flows: `insert into connect_flows (id, organization_id, connection_id, provider, origin, actor, state_hash, client_id,
        redirect_uri, expires_at, verifier) values ('r1', 'org', 'c', 'p', 'api', 'a', 'h', 'c', 'u', now(), $1)`,
  };
  const columns = sealedColumns.filter(({ table }) => table !== "connections");
  for (const statement of Object.values(fill)) await pool().query(statement, ["x"]);
  const placeOf = ({ table, column }: (typeof columns)[number]) => ({
    table,
    column,
    rowId: "r1",
    organizationId: "org",
  });
  for (const each of columns)
    await pool().query(`update ${each.table} set ${each.column} = $1`, [before.seal(each.column, placeOf(each))]);
  expect(await reseal(pool(), after)).toMatchObject({ resealed: columns.length, unreadable: [] });
  const alone = createVault([newKey]);
  for (const each of columns) {
    const { rows } = await pool().query<{ sealed: string }>(`select ${each.column} as sealed from ${each.table}`);
    expect(alone.open(rows[0]?.sealed ?? "", placeOf(each))).toBe(each.column);
  }
});

test("an OAuth app that is entered half has no secret, which is no secret that cannot be opened", async () => {
  await pool().query(
    `insert into oauth_apps (organization_id, provider, client_id, client_secret, enabled) values ('org', 'half', 'c', '', false)`,
  );
  expect(await reseal(pool(), after)).toEqual({ resealed: 0, unreadable: [], stopped: false });
});

test("every place where something is sealed is one that a rotation looks at", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const known = new Set([...sealedColumns, ...shortLived].map(({ table, column }) => `${table}.${column}`));
  const places = readSources(root)
    .filter(({ file }) => file.startsWith("lib/") && !file.endsWith(".test.ts"))
    .flatMap(({ text }) => [...text.matchAll(/table: "(\w+)", column: "(\w+)"/g)])
    .map(([, table, column]) => `${table}.${column}`);
  expect(places.length).toBeGreaterThan(4);
  expect(places.filter((place) => !known.has(place))).toEqual([]);
});
