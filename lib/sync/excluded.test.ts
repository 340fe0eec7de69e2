import { describe, expect, test } from "vitest";
import { listIssues } from "#lib/runs/service.ts";
import { pool } from "#lib/db/client.ts";
import { removeDocument, removeDocuments } from "#lib/documents/remove.ts";
import { finishDeletions, purgeTombstones } from "./maintenance.ts";
import { documentId, encodeKey } from "./key.ts";
import { engineBench } from "./testing/engine-bench.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import type { Workbench } from "./testing/workbench.ts";

/** A document that somebody deleted here stays away, whatever the source says of it later. */

const it = engineBench({ TOMBSTONE_DAYS: "0" });
const never = new AbortController().signal;

const idOf = (bench: Workbench, name: string) => documentId(bench.connectionId, encodeKey(name));
const exclude = (bench: Workbench, name: string) => removeDocument(it.organization.principal, idOf(bench, name));
const item = (i: number) => `item-${String(i).padStart(6, "0")}`;
const live = async (bench: Workbench) => [...(await bench.stored()).keys()];
const rowsOf = async (bench: Workbench) =>
  (
    await pool().query("select excluded, deleted_at is not null as gone from documents where connection_id = $1", [
      bench.connectionId,
    ])
  ).rows;

describe.each(["keyed", "marked"] as const)("a %s listing", (order) => {
  const connector = toyConnector(order);

  test("never brings it back: the same version, new versions, and from the beginning again", async () => {
    it.source.fill(30);
    const bench = await it.make({ connector });
    await it.completed(bench);
    await exclude(bench, item(3));
    await exclude(bench, item(7));
    expect((await bench.connection()).document_count).toBe(28);
    const expected = [...it.source.items.keys()].filter((name) => name !== item(3) && name !== item(7)).toSorted();

    expect(await it.completed(bench)).toMatchObject({
      listed: 30,
      same: 28,
      skipped: 2,
      new: 0,
      failed: 0,
      removed: 0,
    });
    await it.source.put(item(3), "a new edition");
    expect(await it.completed(bench)).toMatchObject({ listed: 30, same: 28, skipped: 2, new: 0, changed: 0 });
    it.source.clear();
    expect(await it.completed(bench)).toMatchObject({ listed: 30, same: 28, skipped: 2 });
    await pool().query("update connections set cursor = null, config_version = config_version + 1 where id = $1", [
      bench.connectionId,
    ]);
    expect(await it.completed(bench)).toMatchObject({ listed: 30, skipped: 2, new: 0, changed: 0 });
    expect(it.source.reads).toEqual([]);

    expect(await live(bench)).toEqual(expected);
    expect((await bench.connection()).document_count).toBe(28);
    expect(await listIssues(it.organization.principal, bench.connectionId)).toMatchObject([
      { reason: "excluded" },
      { reason: "excluded" },
    ]);
  });

  test("takes nothing of the limit for it, and counts it as skipped even where it could not be read", async () => {
    it.source.fill(3);
    const bench = await it.make({ connector, documentLimit: 1 });
    await it.completed(bench);
    const [first = ""] = await live(bench);
    await exclude(bench, first);
    await it.source.put(first, "changed");
    expect(await it.completed(bench)).toMatchObject({ new: 1, skipped: 1, waiting: 1, failed: 0 });
    expect(await live(bench)).not.toContain(first);
  });

  test("gone at the source and there again, it stays away", async () => {
    it.source.fill(30);
    const bench = await it.make({ connector });
    await it.completed(bench);
    await exclude(bench, item(5));
    await it.completed(bench);
    await it.source.remove(item(5));
    expect(await it.completed(bench)).toMatchObject({ listed: 29, same: 29, skipped: 0, removed: 0 });
    expect(await listIssues(it.organization.principal, bench.connectionId)).toEqual([]);
    await it.source.put(item(5), "back again");
    expect(await it.completed(bench)).toMatchObject({ listed: 30, same: 29, skipped: 1, new: 0 });
    expect(await live(bench)).not.toContain(item(5));
  });

  test("deleted while its new version is being read, it is not stored by that run", async () => {
    it.source.fill(30);
    const bench = await it.make({ connector });
    await it.completed(bench);
    await it.source.put(item(4), "a new edition");
    await it.source.put(item(5), "another new edition");
    it.source.onRequest = async (kind, id) => {
      if (kind === "read" && id === item(4)) await exclude(bench, item(4));
    };
    expect(await it.completed(bench)).toMatchObject({ same: 28, changed: 1, skipped: 1, new: 0 });
    expect(await live(bench)).not.toContain(item(4));
    expect((await bench.connection()).document_count).toBe(29);
    it.source.onRequest = () => {};
    expect(await it.completed(bench)).toMatchObject({ same: 29, skipped: 1 });
  });

  test("deleted while its tags are about to be compared, it is not brought back by that", async () => {
    it.source.fill(30);
    const bench = await it.make({ connector });
    await it.completed(bench);
    await pool().query(
      "update connections set container_tags = '{other}', cursor = null, config_version = config_version + 1 where id = $1",
      [bench.connectionId],
    );
    let deleted = false;
    const { runId, result } = await bench.sync({
      failpoint: async (at) => {
        if (at !== "before commit" || deleted) return;
        deleted = true;
        await exclude(bench, item(4));
      },
    });
    expect([result, (await bench.run(runId)).skipped]).toEqual(["completed", 1]);
    expect(await live(bench)).not.toContain(item(4));
    expect((await bench.connection()).document_count).toBe(29);
  });
});

test("after TOMBSTONE_DAYS its text and all that was known of it are gone, and it stays away nevertheless", async () => {
  it.source.fill(5);
  const bench = await it.make();
  await it.completed(bench);
  await exclude(bench, item(1));
  await purgeTombstones(never);
  const { rows } = await pool().query(
    `select d.excluded, d.title, d.url, d.filepath, d.custom_id, d.content_hash, c.text from documents d
       left join contents c on c.document_id = d.id where d.id = $1`,
    [idOf(bench, item(1))],
  );
  expect(rows).toEqual([
    { excluded: true, title: null, url: null, filepath: null, custom_id: null, content_hash: null, text: null },
  ]);
  expect(await it.completed(bench)).toMatchObject({ listed: 5, same: 4, skipped: 1, new: 0 });
  expect((await bench.connection()).document_count).toBe(4);
});

test("a whole connection's documents deleted by tag stay away, and its counter says none", async () => {
  it.source.fill(1_100);
  const bench = await it.make({ containerTags: ["mine"] });
  await it.completed(bench);
  expect(await removeDocuments(it.organization.principal, { containerTags: ["mine"] })).toEqual({
    success: true,
    deletedCount: 1_100,
    containerTags: ["mine"],
  });
  expect((await bench.connection()).document_count).toBe(0);
  expect(await it.completed(bench)).toMatchObject({ listed: 1_100, skipped: 1_100, new: 0 });
});

test.each([true, false])(
  "removing the connection removes them, too (with its documents: %s)",
  async (withDocuments) => {
    it.source.fill(4);
    const bench = await it.make();
    await it.completed(bench);
    await exclude(bench, item(1));
    await it.completed(bench);
    await pool().query(
      "update connections set state = 'deleting', delete_after = now() - interval '1 second', delete_documents = $2 where id = $1",
      [bench.connectionId, withDocuments],
    );
    await finishDeletions(never);
    expect(await rowsOf(bench)).toEqual([]);
    const { rows } = await pool().query("select count(*)::int as left from documents where id = any($1)", [
      [0, 1, 2, 3].map((i) => idOf(bench, item(i))),
    ]);
    expect(rows).toEqual([{ left: withDocuments ? 0 : 3 }]);
    expect((await pool().query("select 1 from connections where id = $1", [bench.connectionId])).rowCount).toBe(0);
  },
);

test("a document held for a decision that is deleted here waits for none any more", async () => {
  it.source.fill(4);
  const bench = await it.make();
  await it.completed(bench);
  await pool().query("update documents set missing_run_id = 'some', missing_strikes = 20 where id = $1", [
    idOf(bench, item(2)),
  ]);
  await pool().query("update connections set held_deletions = 1 where id = $1", [bench.connectionId]);
  await exclude(bench, item(2));
  expect(await bench.connection()).toMatchObject({ held_deletions: 0, document_count: 3 });
});
