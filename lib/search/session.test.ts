import { expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { inOneSearch } from "./session.ts";

await testDatabase();

test("a statement that takes too long is given up, and the caller is told what to do instead of repeating it", async () => {
  const slow = inOneSearch((client) => client.query("select pg_sleep(60)"), 50);
  await expect(slow).rejects.toMatchObject({
    status: 503,
    details: expect.stringContaining("narrow"),
    headers: { "x-should-retry": "false" },
  });
});

test("many statements, each of them quick enough, are given up together", async () => {
  let statements = 0;
  const slow = inOneSearch(async (client) => {
    for (; statements < 1_000; statements++) await client.query("select pg_sleep(0.06)");
  }, 300);
  await expect(slow).rejects.toMatchObject({ status: 503 });
  expect(statements).toBeLessThan(20);
});

test("a search reads one moment of the database and cannot write", async () => {
  await expect(
    inOneSearch((client) => client.query("insert into organizations (id, slug, name) values ('x', 'x', 'x')")),
  ).rejects.toMatchObject({ code: "25006" });
  const level = await inOneSearch((client) => client.query("show transaction_isolation"));
  expect(level.rows).toEqual([{ transaction_isolation: "repeatable read" }]);
});

test("what a search sets for itself does not stay behind on its connection", async () => {
  const settings = async () => (await inOneSearch((client) => client.query("show enable_seqscan"))).rows;
  expect(await settings()).toEqual([{ enable_seqscan: "off" }]);
  const { pool } = await import("#lib/db/client.ts");
  expect((await pool().query("show enable_seqscan")).rows).toEqual([{ enable_seqscan: "on" }]);
});
