import * as fc from "fast-check";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { countDocuments, foldTallies } from "./count.ts";
import { scopeOf } from "./where.ts";

let acme: TestOrganization;
let globex: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  globex = await testOrganization("Globex");
});

beforeEach(async () => {
  await pool().query("delete from documents");
});

const add = (organization: TestOrganization, fields: Readonly<Record<string, unknown>> = {}) => {
  const row = { id: newId(), organization_id: organization.organizationId, container_tags: "{}", ...fields };
  const names = Object.keys(row);
  return pool().query(
    `insert into documents (${names.join(", ")}) values (${names.map((_, i) => `$${i + 1}`).join(", ")})`,
    Object.values(row),
  );
};
const count = (filter: object = {}, { principal } = acme) => countDocuments(scopeOf(principal), filter);
const tallies = async () =>
  Number((await pool().query<{ n: string }>("select count(*) as n from document_tallies")).rows[0]?.n);

test("documents without a connection are counted without being looked at, whoever writes them and however (A16)", async () => {
  const { organizationId } = acme;
  const some = "id in (select id from documents where organization_id = $1 order by id limit 3)";
  const statements = fc.constantFrom(
    `insert into documents (id, organization_id, container_tags, provider)
       select substr(md5(random()::text), 1, 22), $1, '{}', case when n % 2 = 0 then 's3' end from generate_series(1, 4) n`,
    `update documents set deleted_at = now() where ${some}`,
    "update documents set deleted_at = null where organization_id = $1",
    `update documents set provider = 'notion' where ${some}`,
    `update documents set title = 'same', connection_id = connection_id, deleted_at = deleted_at where ${some}`,
    `delete from documents where ${some}`,
    `insert into documents (id, organization_id, container_tags) select id, organization_id, '{}' from documents
       where organization_id = $1 on conflict (id) do update set deleted_at = excluded.deleted_at`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(statements, fc.boolean()), { maxLength: 12 }), async (steps) => {
      for (const [text, fold] of steps) {
        await pool().query(text, [organizationId]);
        if (fold) await foldTallies(AbortSignal.timeout(60_000));
      }
      for (const provider of [undefined, "s3", "notion"]) {
        const { rows } = await pool().query<{ n: string }>(
          `select count(*) as n from documents where organization_id = $1 and deleted_at is null
             and ($2::text is null or provider = $2)`,
          [organizationId, provider ?? null],
        );
        expect(await count(provider === undefined ? {} : { provider })).toBe(Number(rows[0]?.n));
      }
      expect(await count({}, globex)).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("a change that is taken back is not counted", async () => {
  const client = await pool().connect();
  await client.query("begin");
  await client.query("insert into documents (id, organization_id, container_tags) values ($1, $2, '{}')", [
    newId(),
    acme.organizationId,
  ]);
  await client.query("rollback");
  client.release();
  expect(await count()).toBe(0);
});

test("many changes become one row, and those of a deleted organization none", async () => {
  const third = await testOrganization("Initech");
  await foldTallies(AbortSignal.timeout(60_000));
  const before = await tallies();
  await pool().query(
    `insert into documents (id, organization_id, container_tags)
     select substr(md5(n::text), 1, 22), $1, '{}' from generate_series(1, 500) n`,
    [third.organizationId],
  );
  expect(await tallies()).toBe(before + 500);
  await foldTallies(AbortSignal.timeout(60_000));
  expect(await tallies()).toBe(before + 1);
  expect(await count({}, third)).toBe(500);
  await pool().query("delete from organizations where id = $1", [third.organizationId]);
  await foldTallies(AbortSignal.timeout(60_000));
  expect(await tallies()).toBe(before);
});

test("syncs leave no tallies behind", async () => {
  const connectionId = newId();
  await pool().query(
    "insert into connections (id, organization_id, provider, updated_at) values ($1, $2, 's3', now())",
    [connectionId, acme.organizationId],
  );
  await foldTallies(AbortSignal.timeout(60_000));
  const before = await tallies();
  await add(acme, { connection_id: connectionId, key: Buffer.from("a") });
  await pool().query("update documents set deleted_at = now(), updated_at = now() where connection_id = $1", [
    connectionId,
  ]);
  expect(await tallies()).toBe(before);
});

test("by state: what is done is all but what is not", async () => {
  for (const status of ["done", "done", "queued", "indexing", "failed"]) await add(acme, { status });
  await add(acme, { status: "failed", deleted_at: new Date() });
  const by = async (status: string) => count({ status });
  expect(await by("done")).toBe(2);
  expect(await by("processing")).toBe(2);
  expect(await by("failed")).toBe(1);
  expect(await by("indexing")).toBe(1);
  expect(await count({ status: "done", provider: "s3" })).toBe(0);
  expect(await count()).toBe(5);
});

test("a key for one container counts nothing but that container", async () => {
  await add(acme, { container_tags: ["mine", "other"] });
  await add(acme, { container_tags: ["other"] });
  const scope = { organizationId: acme.organizationId, container: "mine" };
  expect(await countDocuments(scope, {})).toBe(1);
  expect(await countDocuments(scope, { status: "done" })).toBe(1);
  expect(await countDocuments(scope, { containerTags: ["other"] })).toBe(1);
});
