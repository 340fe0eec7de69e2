import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { conditionsOf, scopeOf } from "./where.ts";

let acme: TestOrganization;

const long = "x/".repeat(150);
const paths = [
  "guide/start.md",
  "guide/100%.md",
  "guide%/start.md",
  "guide_/start.md",
  "guide\\/start.md",
  "guide",
  "Guide/start.md",
  "guíde/ßtart.md",
  "guide/'; drop table documents; --",
  `${long}a.md`,
  `${long}b.md`,
  `${"😀".repeat(250)}/c.md`,
  "p".repeat(4_000),
];

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  const globex = await testOrganization("Globex");
  for (const { organizationId } of [acme, globex])
    await pool().query(
      `insert into documents (id, organization_id, container_tags, filepath)
       select id, $1, '{}', filepath from unnest($2::text[], $3::text[]) as v(id, filepath)`,
      [organizationId, paths.map(() => newId()), paths],
    );
});

/** A small table is read by whatever is cheapest: here nothing else is left. */
async function onlyIndex(name: string): Promise<void> {
  const { rows } = await pool().query<{ index: string }>(
    `select indexrelid::regclass::text as index from pg_index
      where indrelid = 'documents'::regclass and not indisprimary and indexrelid <> $1::regclass`,
    [name],
  );
  for (const { index } of rows) await pool().query(`drop index ${index}`);
}

async function found(filepath: string): Promise<readonly string[]> {
  const where = await conditionsOf(scopeOf(acme.principal), { filepath });
  const { rows } = await pool().query<{ filepath: string }>(
    `select d.filepath from documents d where ${where}`,
    where.values,
  );
  return rows.map((row) => row.filepath).sort();
}

test("a path is exact, or with a slash at its end everything below; no character in it means anything else", async () => {
  const cut = fc.tuple(fc.constantFrom(...paths), fc.nat(310)).map(([path, at]) => path.slice(0, at));
  const asked = fc.oneof(
    fc.constantFrom(...paths),
    cut,
    cut.map((path) => `${path}/`),
    fc.constantFrom("%/", "_/", "guide%/", "guide_/", "guide\\/", "/", "guide/", long, `${long}a.md/`, "'/"),
  );
  await fc.assert(
    fc.asyncProperty(asked, async (filepath) => {
      fc.pre(filepath.isWellFormed());
      const below = (path: string) => (filepath.endsWith("/") ? path.startsWith(filepath) : path === filepath);
      expect(await found(filepath)).toEqual(paths.filter(below).sort());
    }),
    { numRuns: 120 },
  );
});

test("paths longer than an index takes are stored and found", async () => {
  expect(await found("p".repeat(4_000))).toEqual(["p".repeat(4_000)]);
  expect(await found("p".repeat(3_999))).toEqual([]);
});

test("a path is answered by its index, exact or from its beginning", async () => {
  await onlyIndex("documents_filepath");
  for (const filepath of ["guide/", "guide/start.md", long]) {
    const where = await conditionsOf(scopeOf(acme.principal), { filepath });
    const client = await pool().connect();
    try {
      await client.query("begin");
      await client.query("set local enable_seqscan = off");
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        `explain select d.id from documents d where ${where}`,
        where.values,
      );
      expect(rows.map((row) => row["QUERY PLAN"]).join("\n")).toMatch(
        /documents_filepath[^]*Index Cond: .*"?left"?\(filepath, 200\)/,
      );
    } finally {
      await client.query("rollback");
      client.release();
    }
  }
});
