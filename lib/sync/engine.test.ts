import { describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { enqueueSync } from "#lib/runs/enqueue.ts";
import { until } from "#lib/testing/wait.ts";
import { decodeKey, encodeKey } from "./key.ts";
import { engineBench } from "./testing/engine-bench.ts";
import { toyConnector } from "./testing/toy-connector.ts";

/** The engine's rules (design, section 6): the title is the promise. */

const it = engineBench();

describe.each(["keyed", "marked"] as const)("a %s listing", (order) => {
  const connector = toyConnector(order);

  test("stores everything once; the next run reads nothing and counts all as the same", async () => {
    it.source.fill(1_234);
    const bench = await it.make({ connector });
    expect(await it.completed(bench)).toMatchObject({ new: 1_234, same: 0, listed: 1_234 });
    await it.agrees(bench);
    expect((await bench.connection()).document_count).toBe(1_234);
    it.source.clear();
    const second = await it.completed(bench);
    expect(it.source.counts.reads).toBe(0);
    expect(second).toMatchObject({ new: 0, changed: 0, same: 1_234, listed: 1_234, removed: 0 });
    expect(second.bytes_saved).toBe([...it.source.expected().values()].reduce((sum, text) => sum + text.length, 0));
  });

  test("the cursor moves only with what it covers: at no commit does it point past something that is not stored", async () => {
    it.source.fill(700);
    const bench = await it.make({ connector });
    const runId = await bench.enqueue();
    let commits = 0;
    await bench.execute(runId, {
      failpoint: async (at) => {
        if (at !== "after commit") return;
        commits++;
        const { rows } = await pool().query<{ after: string | null }>(
          "select cursor -> 'at' ->> 'after' as after from connections where id = $1",
          [bench.connectionId],
        );
        const after = rows[0]?.after;
        if (!after) return;
        const stored = await bench.stored();
        for (const id of it.source.items.keys()) if (id <= after) expect(stored.has(id), id).toBe(true);
      },
    });
    expect(commits).toBeGreaterThan(2);
  });

  test("a run taken over after every single commit ends with the counters of an undisturbed one", async () => {
    it.source.fill(900);
    const bench = await it.make({ connector });
    await it.completed(bench);
    for (let i = 0; i < 400; i++) await it.source.put(`item-${String(i * 2).padStart(6, "0")}`, `edition two of ${i}`);
    for (let i = 0; i < 100; i++) await it.source.put(`more-${i}`, `new ${i}`);
    for (let i = 0; i < 20; i++) await it.source.remove(`item-${String(i * 2 + 1).padStart(6, "0")}`);
    const runId = await bench.enqueue();
    let died = 0;
    for (;;) {
      let commits = 0;
      const result = await bench
        .execute(runId, {
          failpoint: (at) => {
            if (at === "after commit" && ++commits === 1) throw new Error("cut");
          },
          log: () => {},
        })
        .catch(() => "died");
      if (result === "completed") break;
      // An error inside the engine fails the run; a death does not. Here it is a death: the row stays as it was.
      await pool().query("update sync_runs set status = 'running', completed_at = null where id = $1", [runId]);
      if (++died > 50) throw new Error("it never ends");
    }
    await it.agrees(bench);
    expect(await bench.run(runId)).toMatchObject({ new: 100, changed: 400, same: 480, removed: 20, listed: 980 });
  });
});

test("ids are exact bytes: look-alikes stay different documents and come back as they were", async () => {
  const ids = ["a/b", "a//b", "../x", "/abs", "A/b", "é", "e\u0301", "con", "x\ny", "50%2F", "ключ", "🦊", " "];
  for (const id of ids) await it.source.put(id, `text of ${JSON.stringify(id)}`);
  const bench = await it.make();
  expect(await it.completed(bench)).toMatchObject({ new: ids.length });
  await it.agrees(bench);
  const stray = "bytes \udcff\udc80 that are not UTF-8";
  expect(decodeKey(encodeKey(stray))).toBe(stray);
});

test("a run that lost its fence stops without any effect", async () => {
  it.source.fill(600);
  const bench = await it.make();
  const runId = await bench.enqueue();
  let stolen = false;
  const result = await bench.execute(runId, {
    failpoint: async (at) => {
      if (at !== "before commit" || stolen) return;
      stolen = true;
      await pool().query("update connections set fence = fence + 1 where id = $1", [bench.connectionId]);
    },
  });
  expect(result).toBe("lost");
  expect((await bench.stored()).size).toBe(0);
  expect(await bench.run(runId)).toMatchObject({ status: "running", new: 0 });
});

test("a thousand imports at once make one running and at most one queued run", async () => {
  it.source.fill(50);
  const bench = await it.make();
  const first = await bench.enqueue();
  it.source.onRequest = () => new Promise((resolve) => setTimeout(resolve, 20));
  const running = bench.execute(first);
  await until(async () => it.source.counts.total > 0);
  const asks = await Promise.all(
    Array.from({ length: 1_000 }, () =>
      transaction((client) =>
        enqueueSync(client, {
          organizationId: bench.organizationId,
          connectionId: bench.connectionId,
          trigger: "manual",
          requestedBy: null,
        }),
      ),
    ),
  );
  expect(new Set(asks.map((ask) => ask.runId)).size).toBe(1);
  expect(asks.filter((ask) => !ask.coalesced)).toHaveLength(1);
  const { rows } = await pool().query(
    "select status::text as status, count(*)::int as n from sync_runs where connection_id = $1 group by 1 order by 1",
    [bench.connectionId],
  );
  expect(rows).toEqual([
    { status: "queued", n: 1 },
    { status: "running", n: 1 },
  ]);
  expect(await running).toBe("completed");
});

test("no transaction is open while the provider is asked", async () => {
  it.source.fill(300);
  const bench = await it.make();
  let worst = 0;
  it.source.onRequest = async (kind, id) => {
    if (kind === "read" && !id.endsWith("7")) return;
    const { rows } = await pool().query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and state = 'idle in transaction' and state_change < now() - interval '200 milliseconds'`,
    );
    worst = Math.max(worst, rows[0]?.n ?? 0);
  };
  await it.completed(bench);
  expect(worst).toBe(0);
});

test("a new version with the same text rewrites nothing and counts as the same", async () => {
  it.source.fill(40);
  const bench = await it.make();
  await it.completed(bench);
  const texts = async () =>
    (await pool().query("select document_id, xmin::text from contents order by document_id")).rows;
  const before = await texts();
  it.source.fill(40);
  it.source.clear();
  expect(await it.completed(bench)).toMatchObject({ same: 40, changed: 0 });
  expect(it.source.counts.reads).toBe(40);
  expect(await texts()).toEqual(before);
  it.source.clear();
  expect(await it.completed(bench)).toMatchObject({ same: 40 });
  expect(it.source.counts.reads).toBe(0);
});

test("tags and metadata follow the connection's settings without reading anything again", async () => {
  it.source.fill(30);
  const bench = await it.make({ containerTags: ["old"], metadata: { team: "red" } });
  await it.completed(bench);
  await pool().query(
    `update connections set container_tags = '{new,other}', metadata = '{"team":"blue"}', config_version = config_version + 1
     where id = $1`,
    [bench.connectionId],
  );
  it.source.clear();
  expect(await it.completed(bench)).toMatchObject({ changed: 30, same: 0 });
  expect(it.source.counts.reads).toBe(0);
  const { rows } = await pool().query(
    "select distinct container_tags, metadata from documents where connection_id = $1",
    [bench.connectionId],
  );
  expect(rows).toEqual([{ container_tags: ["new", "other"], metadata: { team: "blue" } }]);
  expect(await it.completed(bench)).toMatchObject({ changed: 0, same: 30 });
});

test("two connections that read the same item have two documents, and removing one keeps the other", async () => {
  await it.source.put("shared", "the same text");
  for (let i = 0; i < 5; i++) await it.source.put(`other-${i}`, "x");
  const [one, two] = [await it.make(), await it.make()];
  await it.completed(one);
  await it.completed(two);
  const { rows } = await pool().query("select id from documents where key = $1", [encodeKey("shared")]);
  expect(new Set(rows.map((row) => row.id)).size).toBe(2);
  await pool().query("delete from documents where connection_id = $1", [one.connectionId]);
  await it.agrees(two);
});

test("the document limit counts what waits, refreshes what is stored, and later runs reach the rest", async () => {
  it.source.fill(25);
  const bench = await it.make({ documentLimit: 10 });
  expect(await it.completed(bench)).toMatchObject({ new: 10, waiting: 15, listed: 25 });
  await it.source.put("item-000003", "fresh text");
  expect(await it.completed(bench)).toMatchObject({ new: 10, changed: 1, same: 9, waiting: 5 });
  expect(await it.completed(bench)).toMatchObject({ new: 5, waiting: 0 });
  await it.agrees(bench);
});
