import { describe, expect, test } from "vitest";
import type { Change } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { applyHeldDeletions, dismissHeldDeletions, listRunItems } from "#lib/runs/service.ts";
import { guardLimit, judge } from "./deletions.ts";
import { encodeKey } from "./key.ts";
import { engineBench } from "./testing/engine-bench.ts";
import { toyConnector } from "./testing/toy-connector.ts";
import type { Workbench } from "./testing/workbench.ts";

const it = engineBench();
const name = (i: number) => `item-${String(i).padStart(6, "0")}`;

async function filled(count: number, order: "keyed" | "marked" = "keyed"): Promise<Workbench> {
  it.source.fill(count);
  const bench = await it.make({ connector: toyConnector(order) });
  await it.completed(bench);
  return bench;
}
async function removeItems(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) await it.source.remove(name(i));
}
const live = async (bench: Workbench) => (await bench.stored()).size;

describe("the guard decides", () => {
  const facts = { documents: 1_000, absent: 0, confirmed: 0, explicit: 0, listed: 1_000 };
  test.each([
    ["nothing missing", {}, "remove"],
    ["a quarter", { absent: 250, listed: 750 }, "remove"],
    ["more than a quarter", { absent: 251, listed: 749 }, "hold"],
    ["more than a quarter, said by the provider", { explicit: 251 }, "hold"],
    ["both together more than a quarter", { absent: 200, explicit: 51 }, "hold"],
    ["everything", { absent: 1_000, listed: 0 }, "hold"],
    ["25 of 30: within the 25, but most of it", { documents: 30, absent: 25, listed: 5 }, "second-look"],
    ["25 of 30, for the second time", { documents: 30, absent: 25, confirmed: 25, listed: 5 }, "remove"],
    ["26 of 30", { documents: 30, absent: 26, listed: 4 }, "hold"],
    ["an empty listing of a small source", { documents: 10, absent: 10, listed: 0 }, "second-look"],
    ["a provider that names 10 of 10 as gone", { documents: 10, explicit: 10, listed: 0 }, "remove"],
  ])("%s", (_what, some, action) => {
    expect(judge({ ...facts, ...some }).action).toBe(action);
  });

  test("never more than max(25, a quarter) without a person", () => {
    for (let documents = 0; documents < 2_000; documents += 7) {
      expect(guardLimit(documents)).toBeLessThanOrEqual(Math.max(25, documents / 4));
    }
  });
});

describe.each(["keyed", "marked"] as const)("absence in a %s listing", (order) => {
  test("what is gone at the source is hidden at once and told in the run", async () => {
    const bench = await filled(100, order);
    await removeItems(10, 20);
    const { runId } = await bench.sync();
    expect(await bench.run(runId)).toMatchObject({ removed: 10, same: 90, held: 0 });
    await it.agrees(bench);
    const { items } = await listRunItems(it.organization.principal, runId, { verdict: "removed" });
    expect(items.map((item) => item.externalId).toSorted()).toEqual(Array.from({ length: 10 }, (_, i) => name(i + 10)));
    expect((await bench.connection()).document_count).toBe(90);
  });

  test("many new documents do not make room for many removals", async () => {
    const bench = await filled(100, order);
    await removeItems(0, 60);
    for (let i = 1_000; i < 1_400; i++) await it.source.put(name(i), `new text ${i}`);
    const run = await it.completed(bench);
    expect(run).toMatchObject({ new: 400, removed: 0, held: 60 });
    expect(await live(bench)).toBe(500);
  });

  test("an empty listing where there were 1,000 deletes nothing, however often it comes", async () => {
    const bench = await filled(1_000, order);
    it.source.fault({ kind: "empty", times: 2 });
    for (let time = 0; time < 2; time++) {
      const run = await it.completed(bench);
      expect(run).toMatchObject({ removed: 0, held: 1_000 });
      expect(run.notes.join(" ")).toContain("kept until you decide");
      expect(await live(bench)).toBe(1_000);
    }
    expect((await bench.connection()).held_deletions).toBe(1_000);
    // the source is back: nothing is held any more
    expect(await it.completed(bench)).toMatchObject({ removed: 0, held: 0, same: 1_000 });
    expect((await bench.connection()).held_deletions).toBe(0);
  });

  test("a suspiciously small listing of a small source needs a second one that agrees", async () => {
    const bench = await filled(12, order);
    await removeItems(0, 10);
    expect(await it.completed(bench)).toMatchObject({ removed: 0, held: 0 });
    expect(await live(bench)).toBe(12);
    expect(await it.completed(bench)).toMatchObject({ removed: 10 });
    await it.agrees(bench);
  });

  test("a second listing that disagrees clears the suspicion", async () => {
    const bench = await filled(12, order);
    it.source.fault({ kind: "empty", times: 1 });
    expect(await it.completed(bench)).toMatchObject({ removed: 0 });
    expect(await it.completed(bench)).toMatchObject({ removed: 0, same: 12 });
    it.source.fault({ kind: "empty", times: 1 });
    expect(await it.completed(bench)).toMatchObject({ removed: 0 });
    expect(await live(bench)).toBe(12);
  });

  test("a listing that broke off deletes nothing", async () => {
    const bench = await filled(400, order);
    await removeItems(0, 20);
    it.source.onRequest = (kind) => {
      if (kind === "listing" && it.source.counts.listings > 2)
        it.source.fault({ kind: "status", status: 500, times: 1 });
    };
    it.source.clear();
    const { result } = await bench.sync();
    expect(result).toBe("failed");
    expect(await live(bench)).toBe(400);
    it.source.onRequest = () => {};
    it.source.clear();
    expect(await it.completed(bench)).toMatchObject({ removed: 20 });
    await it.agrees(bench);
  });
});

test("a listing out of order deletes nothing and still stores everything", async () => {
  it.source.fill(300);
  const bench = await it.make({ connector: { ...toyConnector("marked"), order: "keyed" } });
  expect(await it.completed(bench)).toMatchObject({ new: 300 });
  await it.agrees(bench);
  await removeItems(5, 10);
  expect(await it.completed(bench)).toMatchObject({ removed: 0, same: 295 });
  expect(await live(bench)).toBe(300);
});

test("a listing that repeats itself out of order stores and counts everything once", async () => {
  const plain = toyConnector("keyed");
  const connector = toyConnector("keyed", {
    async *changes(ctx, since) {
      const seen: Change<never>[] = [];
      for await (const changes of plain.changes(ctx, since) as AsyncGenerator<readonly Change<never>[]>) {
        const items = changes.filter(({ type }) => type === "upsert");
        seen.push(...items);
        yield [...items, ...items.toReversed(), ...seen];
        yield changes.filter(({ type }) => type === "done");
      }
    },
  });
  it.source.fill(350);
  const bench = await it.make({ connector });
  expect(await it.completed(bench)).toMatchObject({ new: 350, changed: 0, same: 0, listed: 350 });
  await it.agrees(bench);
  await it.source.put(name(7), "changed");
  expect(await it.completed(bench)).toMatchObject({ new: 0, changed: 1, same: 349, removed: 0 });
  await it.agrees(bench);
});

test("a listing that falls out of order at its very end deletes nothing either", async () => {
  const plain = toyConnector("keyed");
  let disorder = false;
  const connector = toyConnector("keyed", {
    async *changes(ctx, since) {
      for await (const changes of plain.changes(ctx, since) as AsyncGenerator<readonly Change<never>[]>) {
        const last = !changes.some((change) => change.type === "checkpoint" || change.type === "done");
        yield disorder && last ? changes.toReversed() : changes;
      }
    },
  });
  it.source.fill(250);
  const bench = await it.make({ connector });
  await it.completed(bench);
  await removeItems(5, 10);
  disorder = true;
  expect(await it.completed(bench)).toMatchObject({ removed: 0, same: 245 });
  expect(await live(bench)).toBe(250);
  disorder = false;
  expect(await it.completed(bench)).toMatchObject({ removed: 5 });
});

test("an item that comes back is the same document, without being read again if it is unchanged", async () => {
  const bench = await filled(40);
  const id = async () =>
    (
      await pool().query("select id, created_at from documents where connection_id = $1 and key = $2", [
        bench.connectionId,
        encodeKey(name(3)),
      ])
    ).rows;
  const before = await id();
  const kept = it.source.items.get(name(3));
  await it.source.remove(name(3));
  expect(await it.completed(bench)).toMatchObject({ removed: 1 });
  if (kept) it.source.items.set(name(3), kept);
  it.source.clear();
  expect(await it.completed(bench)).toMatchObject({ new: 1, same: 39 });
  expect(it.source.counts.reads).toBe(0);
  expect(await id()).toEqual(before);
  await it.agrees(bench);
});

test("held deletions: a person lets them go, or keeps them", async () => {
  const bench = await filled(200);
  await removeItems(0, 80);
  expect(await it.completed(bench)).toMatchObject({ removed: 0, held: 80 });
  expect(await dismissHeldDeletions(it.organization.principal, bench.connectionId)).toBe(80);
  expect(await live(bench)).toBe(200);
  expect((await bench.connection()).held_deletions).toBe(0);
  expect(await it.completed(bench)).toMatchObject({ removed: 0, held: 80 });
  expect(await applyHeldDeletions(it.organization.principal, bench.connectionId)).toBe(80);
  await it.agrees(bench);
  expect(await bench.connection()).toMatchObject({ held_deletions: 0, document_count: 120 });
});

describe("what the provider says", () => {
  let changes: Change<{ after: string | null }>[] = [];
  const saying = toyConnector("keyed", {
    async *changes(_ctx, since) {
      if (since === null) {
        yield [...it.source.items].map(([id, item]) => ({
          type: "upsert",
          item: { id, version: item.version, title: id },
        })) as never;
        yield [{ type: "done", coverage: "full", cursor: { after: "0" } }];
        return;
      }
      yield changes;
    },
  });
  const upTo = (to: number): Change<{ after: string | null }>[] =>
    Array.from({ length: to }, (_, i) => ({ type: "delete", id: name(i) }));
  const done: Change<{ after: string | null }> = { type: "done", coverage: "delta", cursor: { after: "1" } };

  test("a few deletions named by a delta are done at once; absence from a delta means nothing", async () => {
    it.source.fill(100);
    const bench = await it.make({ connector: saying });
    await it.completed(bench);
    changes = [...upTo(5), done];
    expect(await it.completed(bench)).toMatchObject({ removed: 5 });
    expect(await live(bench)).toBe(95);
  });

  test("too many at once are held, also when the provider names them", async () => {
    it.source.fill(100);
    const bench = await it.make({ connector: saying });
    await it.completed(bench);
    changes = [...upTo(26), done];
    expect(await it.completed(bench)).toMatchObject({ removed: 0, held: 26 });
    expect(await live(bench)).toBe(100);
  });

  test("deletions named by a run that failed are not forgotten", async () => {
    it.source.fill(100);
    const bench = await it.make({ connector: saying });
    await it.completed(bench);
    changes = [...upTo(4), { type: "checkpoint", cursor: { after: "5" } }];
    const { result } = await bench.sync();
    expect(result).toBe("failed");
    expect(await live(bench)).toBe(100);
    changes = [done];
    expect(await it.completed(bench)).toMatchObject({ removed: 4 });
  });

  test("an item that is not to be stored any more leaves, under the same guard, with its reason", async () => {
    it.source.fill(50);
    const bench = await it.make({ connector: saying });
    await it.completed(bench);
    changes = [
      { type: "skip", item: { id: name(7), version: "v8", title: name(7) }, reason: "archived", detail: "In GLACIER." },
      done,
    ];
    const { runId } = await bench.sync();
    expect(await bench.run(runId)).toMatchObject({ removed: 1, skipped: 1 });
    const { items } = await listRunItems(it.organization.principal, runId, {});
    expect(items.map(({ verdict, reason, detail }) => ({ verdict, reason, detail }))).toEqual([
      { verdict: "skipped", reason: "archived", detail: "In GLACIER." },
      { verdict: "removed", reason: null, detail: "archived" },
    ]);
  });
});
