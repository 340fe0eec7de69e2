import { describe, expect, test } from "vitest";
import { paragraph } from "./fake/blocks.ts";
import { useNotion } from "./testing/bench.ts";

const notion = useNotion();
const minute = 60_000;

describe("times of edits", () => {
  test("two edits within one minute are both stored, though their time is the same (C13)", async () => {
    const it = await notion();
    const edited = Math.floor(Date.now() / minute) * minute;
    it.fake.workspace.page("p", "Page", { edited, text: "First." });
    await it.sync();
    it.fake.workspace.edit("p", { edited, blocks: [paragraph("Second.")] });
    expect(await it.sync()).toMatchObject({ changed: 1 });
    expect(await it.stored("p")).toMatchObject([{ text: "Second." }]);
  });

  test("once the minute is over, an unchanged page costs one more reading and no change", async () => {
    const it = await notion();
    it.fake.workspace.page("p", "Page", { edited: Math.floor(Date.now() / minute) * minute, text: "Words." });
    await it.sync();
    it.fake.clear();
    expect(await it.sync(5)).toMatchObject({ changed: 0, same: 1 });
    expect(it.fake.counts.reads).toBe(1);
    it.fake.clear();
    expect(await it.sync(6)).toMatchObject({ changed: 0, same: 1 });
    expect(it.fake.counts.reads).toBe(0);
  });

  test("our clock may be ahead of Notion's: an edit in Notion's present is still read again (C13)", async () => {
    const it = await notion();
    const theirs = Date.now() - 10 * minute;
    const sync = async () => {
      it.fake.now = () => theirs;
      const { runId, result } = await it.it.sync();
      expect(result).toBe("completed");
      return it.it.run(runId);
    };
    const edited = Math.floor(theirs / minute) * minute;
    it.fake.workspace.page("p", "Page", { edited, text: "First." });
    await sync();
    it.fake.workspace.edit("p", { edited, blocks: [paragraph("Second.")] });
    expect(await sync()).toMatchObject({ changed: 1 });
  });

  test.each([
    ["in 2099", { edited: Date.UTC(2099, 0, 1) }],
    ["in 1970", { edited: 0 }],
    ["missing", { patch: { last_edited_time: null } }],
    ["not a time", { patch: { last_edited_time: "yesterday" } }],
    ["in another zone", { patch: { last_edited_time: "2026-01-01T05:00:00+05:00" } }],
  ] as const)("a time %s hides nothing that comes later (C13)", async (_, odd) => {
    const it = await notion();
    const { workspace } = it.fake;
    workspace.page("odd", "Odd", { ...odd, text: "Odd time." });
    workspace.page("plain", "Plain", { text: "Plain." });
    await it.sync();
    expect(await it.count()).toBe(2);
    workspace.edit("plain", { blocks: [paragraph("Plain, edited.")] });
    workspace.page("new", "New", { text: "New." });
    expect(await it.sync(1)).toMatchObject({ new: 1, changed: 1 });
    // The page itself is read whenever it is met: nothing says whether it was edited.
    Object.assign(workspace.named("odd"), { blocks: [paragraph("Odd, edited.")] });
    await it.sync(20);
    const expected = "patch" in odd && odd.patch.last_edited_time?.startsWith("2026") ? "Odd time." : "Odd, edited.";
    const [stored] = await it.stored("odd");
    expect(stored?.text).toBe(expected);
    expect(Math.abs((stored?.updatedAt?.getTime() ?? Date.now()) - Date.now())).toBeLessThan(400 * 86_400_000);
  });

  test("an edit shortly before the newest one seen is not missed, though search tells of it late", async () => {
    const it = await notion();
    const { workspace } = it.fake;
    workspace.page("early", "Early", { text: "Early." });
    const edited = workspace.named("early").edited + 10 * minute;
    workspace.page("late", "Late", { edited, text: "Late." });
    await it.sync();
    workspace.edit("early", { edited: edited - 2 * minute, blocks: [paragraph("Early, edited.")] });
    expect(await it.sync(1)).toMatchObject({ changed: 1 });
  });
});

describe("an unchanged workspace", () => {
  test("costs a handful of requests and reads no page", async () => {
    const it = await notion();
    for (let n = 0; n < 250; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    it.fake.clear();
    await it.sync(1);
    expect(it.fake.counts).toMatchObject({ reads: 0 });
    expect(it.fake.counts.total).toBeLessThanOrEqual(6);
    it.fake.clear();
    await it.sync(20);
    expect(it.fake.counts.reads).toBe(0);
    expect(it.fake.counts.total).toBeLessThanOrEqual(9);
  });
});

describe("a listing that shifts", () => {
  test("pages added, edited and deleted while they are listed: nothing is lost, nothing is there twice (C10)", async () => {
    const it = await notion({ tuning: { pageSize: 5 } });
    const { workspace } = it.fake;
    for (let n = 0; n < 40; n++) workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    let step = 0;
    it.fake.quirks.onList = () => {
      step++;
      if (step > 12) return;
      if (step % 3 === 0) workspace.page(`new ${step}`, `New ${step}`, { text: `New words ${step}.` });
      if (step % 3 === 1) workspace.edit(`p${step}`, { blocks: [paragraph(`Edited ${step}.`)] });
      if (step % 3 === 2) workspace.edit(`p${39 - step}`, { inTrash: true });
    };
    await it.sync();
    await it.sync(1);
    await it.sync(30);
    const there = [...workspace.pages.values()].filter(({ inTrash }) => !inTrash);
    const stored = await it.it.stored();
    expect([...stored.keys()].toSorted()).toEqual(there.map(({ id }) => id).toSorted());
    const [edited] = await it.stored("p4");
    expect(edited?.text).toBe("Edited 4.");
  });

  test("results that are repeated count once (C11)", async () => {
    const it = await notion({ tuning: { pageSize: 5 } });
    it.fake.quirks.repeats = true;
    for (let n = 0; n < 20; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    const run = await it.sync();
    expect(run).toMatchObject({ new: 20, same: 0, changed: 0 });
    expect(run.notes).toContain("20 pages: 20 found by search, 0 more by walking, 0 not readable.");
  });

  test.each(["same", "circle", "endless"] as const)(
    "a position that is %s for ever ends the listing (C08)",
    async (positions) => {
      const it = await notion({ tuning: { pageSize: 5 } });
      for (let n = 0; n < 20; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
      it.fake.quirks.positions = positions;
      const run = await it.sync();
      expect(run).toMatchObject({ new: 5, removed: 0 });
      expect(it.fake.counts.listings).toBeLessThan(200);
      expect(run.notes.join()).toContain("repeated itself");
      delete it.fake.quirks.positions;
      expect(await it.sync(20)).toMatchObject({ new: 15 });
    },
  );

  test("a position Notion does not accept any more means listing from the top (C09)", async () => {
    const it = await notion({ tuning: { pageSize: 5 } });
    for (let n = 0; n < 20; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    it.fake.quirks.refusePositions = 1;
    expect(await it.sync()).toMatchObject({ new: 20, changed: 0 });
  });

  test("pages that search names by id alone are asked for (C16)", async () => {
    const it = await notion();
    it.fake.quirks.partial = true;
    for (let n = 0; n < 5; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    expect(await it.sync()).toMatchObject({ new: 5 });
    expect(await it.stored("p3")).toMatchObject([{ title: "Page 3" }]);
  });
});
