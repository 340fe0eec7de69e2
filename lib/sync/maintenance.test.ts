import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { finishDeletions, maintain, purgeTombstones } from "./maintenance.ts";
import { engineBench } from "./testing/engine-bench.ts";
import type { Workbench } from "./testing/workbench.ts";

const it = engineBench({ TOMBSTONE_DAYS: "7" });
const never = new AbortController().signal;

async function rows(bench: Workbench) {
  const { rows: found } = await pool().query(
    `select (select count(*)::int from documents where connection_id = $1) as documents,
            (select count(*)::int from contents c join documents d on d.id = c.document_id where d.connection_id = $1) as contents,
            (select count(*)::int from sync_runs where connection_id = $1) as runs,
            (select count(*)::int from connections where id = $1) as connections`,
    [bench.connectionId],
  );
  return found[0];
}

const removal = (bench: Workbench, documents: boolean, when: string) =>
  pool().query(
    "update connections set state = 'deleting', delete_documents = $2, delete_after = now() + $3::interval where id = $1",
    [bench.connectionId, documents, when],
  );

test("a tombstone is purged after its days, not before", async () => {
  it.source.fill(40);
  const bench = await it.make();
  await it.completed(bench);
  await it.source.remove("item-000001");
  await it.source.remove("item-000002");
  await it.completed(bench);
  await purgeTombstones(never);
  expect(await rows(bench)).toMatchObject({ documents: 40 });
  await pool().query("update documents set deleted_at = deleted_at - interval '8 days' where deleted_at is not null");
  await purgeTombstones(never);
  expect(await rows(bench)).toMatchObject({ documents: 38, contents: 38 });
  await it.agrees(bench);
});

test("a connection leaves after its undo window with its documents, and no other connection loses one", async () => {
  it.source.fill(2_500);
  const [bench, other] = [await it.make(), await it.make()];
  await it.completed(bench);
  await it.completed(other);
  await removal(bench, true, "1 minute");
  await finishDeletions(never);
  expect(await rows(bench)).toMatchObject({ documents: 2_500, connections: 1 });
  await removal(bench, true, "-1 second");
  await finishDeletions(never);
  expect(await rows(bench)).toEqual({ documents: 0, contents: 0, runs: 0, connections: 0 });
  await it.agrees(other);
});

test("documents can be kept: they lose their connection, not their text", async () => {
  it.source.fill(30);
  const bench = await it.make();
  await it.completed(bench);
  await it.source.remove("item-000003");
  await it.completed(bench);
  const { rows: before } = await pool().query(
    "select id from documents where connection_id = $1 and deleted_at is null",
    [bench.connectionId],
  );
  await removal(bench, false, "-1 second");
  await finishDeletions(never);
  expect(await rows(bench)).toMatchObject({ documents: 0, connections: 0 });
  const { rows: kept } = await pool().query(
    `select count(*)::int as n from documents d join contents c on c.document_id = d.id
     where d.id = any($1) and d.connection_id is null and d.organization_id = $2`,
    [before.map((row) => row.id), bench.organizationId],
  );
  expect(kept).toEqual([{ n: 29 }]);
});

test("two workers tidy up at once without getting in each other's way", async () => {
  it.source.fill(5);
  const bench = await it.make();
  await it.completed(bench);
  await pool().query(
    `update sync_runs set completed_at = now() - interval '200 days', queued_at = now() - interval '200 days' where connection_id = $1`,
    [bench.connectionId],
  );
  await Promise.all([maintain(never), maintain(never), maintain(never)]);
  // the newest runs of a connection are kept, however old
  expect(await rows(bench)).toMatchObject({ runs: 1, documents: 5 });
});
