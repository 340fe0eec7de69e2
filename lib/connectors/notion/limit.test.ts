import { describe, expect, test } from "vitest";
import { fillSynthetic } from "./fake/demo.ts";
import { useNotion } from "./testing/bench.ts";

const notion = useNotion();

describe("the document limit", () => {
  test("10,000 pages and a limit of 100: one page of search, newest first; older pages come with later syncs (C15)", async () => {
    const it = await notion({ documentLimit: 100 });
    fillSynthetic(it.fake.workspace, 10_000);
    const first = await it.sync();
    expect(first).toMatchObject({ new: 100, skipped: 0, failed: 0 });
    expect(it.fake.counts).toMatchObject({ listings: 1, reads: 100 });
    expect(first.notes.join()).toContain("The document limit is used up; the other pages follow in later syncs");
    expect(first.notes.join()).toMatch(/followed back to \d{4}-\d\d-\d\d/);
    expect(await it.stored("synthetic 9999", "synthetic 9900", "synthetic 9899")).toMatchObject([
      { title: "Log 9999" },
      { title: "Log 9900" },
      undefined,
    ]);
    it.fake.clear();
    for (const run of [2, 3, 4]) {
      expect(await it.sync(run)).toMatchObject({ new: 100, changed: 0 });
      expect(await it.count()).toBe(run * 100);
    }
    // Later runs go on where the last one stopped: they do not list from the top.
    expect(it.fake.counts.listings).toBeLessThanOrEqual(3 * 5);
    expect(await it.stored("synthetic 9600", "synthetic 9599")).toMatchObject([{ title: "Log 9600" }, undefined]);
  });

  test("what is new is taken before what is old", async () => {
    const it = await notion({ documentLimit: 10, tuning: { pageSize: 10 } });
    fillSynthetic(it.fake.workspace, 100);
    await it.sync();
    it.fake.workspace.page("brand new", "Brand new", { text: "News." });
    expect(await it.sync(1)).toMatchObject({ new: 10 });
    expect(await it.stored("brand new", "synthetic 81", "synthetic 80")).toMatchObject([
      { title: "Brand new" },
      { title: "Log 81" },
      undefined,
    ]);
  });

  test("more new pages than the limit are not lost behind the newest edit", async () => {
    const it = await notion({ documentLimit: 10, tuning: { pageSize: 10 } });
    for (let n = 0; n < 5; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    for (let n = 0; n < 35; n++) it.fake.workspace.page(`new ${n}`, `New ${n}`, { text: `New words ${n}.` });
    let runs = 0;
    for (let later = 1; (await it.count()) < 40 && runs < 10; later++, runs++)
      expect((await it.sync(later)).new).toBeLessThanOrEqual(10);
    expect(await it.count()).toBe(40);
    expect(runs).toBeLessThanOrEqual(4);
  });

  test("a changed page is updated though the limit is used up", async () => {
    const it = await notion({ documentLimit: 10, tuning: { pageSize: 10 } });
    fillSynthetic(it.fake.workspace, 100);
    await it.sync();
    for (let n = 0; n < 20; n++) it.fake.workspace.page(`new ${n}`, `New ${n}`, { text: `New words ${n}.` });
    it.fake.workspace.edit("synthetic 95", { title: "Log 95, edited" });
    it.fake.workspace.edit("synthetic 95", { blocks: [] });
    await it.sync(1);
    expect((await it.issues()).get("Log 95, edited") ?? (await it.stored("synthetic 95"))[0]?.title).toBeDefined();
    it.fake.workspace.page("synthetic 94", "Log 94, edited", { text: "Another entry." });
    expect(await it.sync(2)).toMatchObject({ changed: 1 });
  });

  test("pages without text do not use it up", async () => {
    const it = await notion({ documentLimit: 3 });
    for (let n = 0; n < 10; n++)
      it.fake.workspace.page(`p${n}`, `Page ${n}`, n % 2 === 0 ? { text: `Words ${n}.` } : {});
    expect(await it.sync()).toMatchObject({ new: 3 });
    expect(await it.sync(1)).toMatchObject({ new: 2, waiting: 0 });
  });

  test("once everything is stored, a walk follows and the run says how complete it is", async () => {
    const it = await notion({ documentLimit: 20, tuning: { pageSize: 10 } });
    fillSynthetic(it.fake.workspace, 50);
    for (const later of [0, 1, 2]) await it.sync(later);
    expect(await it.count()).toBe(50);
    const run = await it.sync(3);
    expect(run.notes).toContain("50 pages: 50 found by search, 0 more by walking, 0 not readable.");
  });

  test("rows and pages inside pages keep the limit, too", async () => {
    const it = await notion({ documentLimit: 4 });
    const { workspace } = it.fake;
    workspace.page("home", "Home", { text: "Welcome." });
    workspace.database("tasks", "Tasks");
    for (let n = 0; n < 6; n++) workspace.page(`task ${n}`, `Task ${n}`, { source: "tasks", listed: false });
    for (let n = 0; n < 6; n++)
      workspace.page(`inner ${n}`, `Inner ${n}`, { parent: "home", listed: false, text: `Words ${n}.` });
    for (let later = 0; later < 4; later++) {
      expect((await it.sync(later)).new).toBeLessThanOrEqual(4);
      expect(await it.count()).toBeLessThanOrEqual((later + 1) * 4);
    }
    expect(await it.count()).toBe(13);
  });
});

test("3,000 pages are walked in one run, and not read again by the next walk", async () => {
  const it = await notion({ documentLimit: 10_000 });
  fillSynthetic(it.fake.workspace, 3_000);
  expect(await it.sync()).toMatchObject({ new: 3_000 });
  it.fake.clear();
  const began = performance.now();
  expect(await it.sync(25 * 60)).toMatchObject({ new: 0, changed: 0, same: 3_000, removed: 0 });
  expect(it.fake.counts).toMatchObject({ reads: 0 });
  expect(it.fake.counts.listings).toBeLessThan(100);
  expect(performance.now() - began).toBeLessThan(10_000);
});
