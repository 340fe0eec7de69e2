import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { Died } from "./failpoint.ts";
import { engineBench } from "./testing/engine-bench.ts";
import type { Workbench } from "./testing/workbench.ts";

const it = engineBench({ TOMBSTONE_DAYS: "7" });

const index = () => indexOrganization(it.organization.organizationId, new AbortController().signal);

async function statuses(bench: Workbench): Promise<Record<string, number>> {
  const { rows } = await pool().query<{ status: string; n: number }>(
    "select status, count(*)::int as n from documents where connection_id = $1 and deleted_at is null group by 1",
    [bench.connectionId],
  );
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
}

async function waiting(bench: Workbench): Promise<string[]> {
  const { rows } = await pool().query<{ id: string }>(
    `select d.custom_id as id from index_tasks t join documents d on d.id = t.document_id where d.connection_id = $1 order by 1`,
    [bench.connectionId],
  );
  return rows.map((row) => row.id);
}

async function found(bench: Workbench, query: string, tag = "team"): Promise<number> {
  const { rows } = await pool().query<{ n: number }>(
    `select count(distinct d.id)::int as n from chunks c join documents d on d.id = c.document_id
     where d.connection_id = $1 and d.deleted_at is null and c.tags @> array[$3]
       and c.vector @@ to_tsquery('tributary_simple', $2)`,
    [bench.connectionId, query, tag],
  );
  return rows[0]?.n ?? 0;
}

async function jobs(): Promise<number> {
  const { rows } = await pool().query<{ n: number }>(
    "select count(*)::int as n from pgboss.job where name = 'index' and data ->> 'organizationId' = $1 and state = 'created'",
    [it.organization.organizationId],
  );
  return rows[0]?.n ?? 0;
}

test("what a sync stores is indexing until it can be found, then done; what did not change is left alone", async () => {
  it.source.fill(30, (i) => `zebra ${i}`);
  const bench = await it.make();
  await it.completed(bench);
  expect(await statuses(bench)).toEqual({ indexing: 30 });
  expect(await jobs()).toBe(1);
  await index();
  expect(await statuses(bench)).toEqual({ done: 30 });
  expect(await found(bench, "zebra")).toBe(30);

  await it.source.put("item-000003", "okapi");
  await it.completed(bench);
  expect(await statuses(bench)).toEqual({ done: 29, indexing: 1 });
  expect(await waiting(bench)).toHaveLength(1);
  expect(await found(bench, "zebra")).toBe(30);
  await index();
  expect(await found(bench, "zebra")).toBe(29);
  expect(await found(bench, "okapi")).toBe(1);
  await it.completed(bench);
  expect(await waiting(bench)).toEqual([]);
});

test("tasks and job are in the commit that stores the text: a run that dies in it leaves neither", async () => {
  it.source.fill(5);
  const bench = await it.make();
  await pool().query("delete from pgboss.job where name = 'index'");
  const runId = await bench.enqueue();
  await expect(
    bench.execute(runId, {
      failpoint: (at) => {
        if (at === "inside commit") throw new Died();
      },
    }),
  ).rejects.toThrow(Died);
  expect({ waiting: await waiting(bench), jobs: await jobs() }).toEqual({ waiting: [], jobs: 0 });
  await bench.execute(runId);
  expect({ waiting: (await waiting(bench)).length, jobs: await jobs() }).toEqual({ waiting: 5, jobs: 1 });
});

test("other tags are findable after the next turn; other metadata alone indexes nothing", async () => {
  it.source.fill(10, (i) => `zebra ${i}`);
  const bench = await it.make();
  await it.completed(bench);
  await index();
  await pool().query(
    `update connections set metadata = '{"team":"blue"}', config_version = config_version + 1 where id = $1`,
    [bench.connectionId],
  );
  expect(await it.completed(bench)).toMatchObject({ changed: 10 });
  expect(await waiting(bench)).toEqual([]);
  expect(await statuses(bench)).toEqual({ done: 10 });
  await pool().query(
    "update connections set container_tags = '{new}', config_version = config_version + 1 where id = $1",
    [bench.connectionId],
  );
  expect(await it.completed(bench)).toMatchObject({ changed: 10 });
  expect(await statuses(bench)).toEqual({ indexing: 10 });
  await index();
  expect(await statuses(bench)).toEqual({ done: 10 });
  expect([await found(bench, "zebra", "new"), await found(bench, "zebra", "team")]).toEqual([10, 0]);
});

test("what comes back is found again at once; if it had not been indexed before it went, it is now", async () => {
  it.source.fill(40, (i) => `zebra ${i}`);
  const bench = await it.make();
  await it.completed(bench);
  await index();
  const later = { text: "quagga", version: "v9000" };
  it.source.items.set("later", later);
  await it.completed(bench);
  const first = it.source.items.get("item-000000");
  await it.source.remove("item-000000");
  await it.source.remove("later");
  for (let i = 0; i < 2; i++) await it.completed(bench);
  expect((await statuses(bench))["done"]).toBe(39);
  // The task of a tombstone is dropped.
  await index();
  expect(await waiting(bench)).toEqual([]);
  it.source.items.set("later", later);
  if (first) it.source.items.set("item-000000", first);
  await it.completed(bench);
  expect(await found(bench, "zebra")).toBe(40);
  expect(await statuses(bench)).toEqual({ done: 40, indexing: 1 });
  await index();
  expect(await found(bench, "quagga")).toBe(1);
  expect(await statuses(bench)).toEqual({ done: 41 });
});
