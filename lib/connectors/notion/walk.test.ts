import { describe, expect, test } from "vitest";
import { Died } from "#lib/sync/failpoint.ts";
import { paragraph } from "./fake/blocks.ts";
import { useNotion, type NotionBench } from "./testing/bench.ts";

const notion = useNotion();
const day = 24 * 60;

/** Four pages of which search knows two, a database with two rows of which it knows none, and a page not shared. */
function plant({ fake: { workspace } }: NotionBench): void {
  workspace.page("home", "Home", { text: "Welcome." });
  workspace.page("other", "Other", { text: "Other words." });
  workspace.page("inner", "Inner", { parent: "home", listed: false, text: "Inner words." });
  workspace.page("innermost", "Innermost", { parent: "inner", listed: false, text: "Innermost words." });
  workspace.page("closed", "Closed", { parent: "home", access: "unshared", text: "Not for us." });
  workspace.database("tasks", "Tasks", { parent: "inner", listed: false });
  workspace.page("task 1", "Task 1", { source: "tasks", listed: false, text: "Do this." });
  workspace.page("task 2", "Task 2", { source: "tasks", listed: false, text: "Do that." });
}

const all = ["home", "other", "inner", "innermost", "task 1", "task 2"] as const;

describe("search is not everything", () => {
  test("pages and rows search leaves out are found inside pages and databases, and the run says how many (C14)", async () => {
    const it = await notion();
    plant(it);
    const run = await it.sync();
    expect((await it.stored(...all)).map((each) => each?.title)).toEqual([
      "Home",
      "Other",
      "Inner",
      "Innermost",
      "Task 1",
      "Task 2",
    ]);
    expect(run.notes).toContain("6 pages: 2 found by search, 4 more by walking, 0 not readable.");
    expect(run).toMatchObject({ new: 6, failed: 0 });
  });

  test("pages that are named but not shared are counted and listed with what to do", async () => {
    const it = await notion();
    it.fake.quirks.noMarkdown = true; // block by block, a page that is not shared keeps its name
    plant(it);
    const run = await it.sync();
    expect(run.notes).toContain("6 pages: 2 found by search, 4 more by walking, 1 not readable.");
    expect(await it.issues()).toEqual(new Map([["Closed", "denied"]]));
  });

  test("many pages that may not be read, here and there, do not stop a walk", async () => {
    const it = await notion();
    it.fake.quirks.noMarkdown = true; // block by block, they keep their names
    plant(it);
    for (let n = 0; n < 60; n++) {
      const access = n % 2 === 0 ? ("restricted" as const) : ("shared" as const);
      it.fake.workspace.page(`child ${n}`, `Child ${n}`, {
        parent: "home",
        listed: false,
        access,
        text: `Words ${n}.`,
      });
    }
    await it.sync();
    expect(await it.count()).toBe(6 + 30);
    expect(await it.sync(day + 1)).toMatchObject({ removed: 0 });
  });

  test("a page search suddenly leaves out is never deleted for that (C14)", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.named("other").listed = false;
    it.fake.workspace.named("home").listed = false;
    for (const later of [1, 20, day + 1, 2 * day + 2]) expect(await it.sync(later)).toMatchObject({ removed: 0 });
    expect(await it.count()).toBe(6);
  });

  test("an empty search deletes nothing, whatever else is answered (C14)", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    for (const page of it.fake.workspace.pages.values()) page.listed = false;
    expect(await it.sync(day + 1)).toMatchObject({ removed: 0 });
    expect(await it.count()).toBe(6);
  });

  test("an edit search does not tell of is found by the next walk", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.edit("innermost", { blocks: [paragraph("Rewritten.")] });
    it.fake.workspace.edit("task 2", { blocks: [paragraph("Do it now.")] });
    await it.sync(20);
    await it.sync(day + 1);
    const [innermost, task] = await it.stored("innermost", "task 2");
    expect(innermost?.text).toBe("Rewritten.");
    expect(task?.text).toContain("Do it now.");
  });

  test("a row search does not know is found by asking its database what was edited", async () => {
    const it = await notion();
    plant(it);
    it.fake.workspace.database("log", "Log");
    await it.sync();
    it.fake.workspace.page("entry", "Entry", { source: "log", listed: false, text: "Something happened." });
    expect(await it.sync(1)).toMatchObject({ new: 1 });
    expect(await it.stored("entry")).toMatchObject([{ title: "Entry" }]);
  });

  test("a row search does not know is found by the next walk, though the page its database stands in has not changed", async () => {
    const it = await notion();
    plant(it);
    it.fake.workspace.edit("inner", { listed: true });
    await it.sync();
    it.fake.workspace.page("task 3", "Task 3", { source: "tasks", listed: false, text: "Do more." });
    await it.sync(day + 1);
    expect(await it.stored("task 3")).toMatchObject([{ title: "Task 3" }]);
  });

  test("a new page inside an edited one is found at once, though search does not know it", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.page("fresh", "Fresh", { parent: "other", listed: false, text: "Fresh words." });
    it.fake.workspace.edit("other", {});
    expect(await it.sync(1)).toMatchObject({ new: 1, changed: 1 });
  });

  test("an unchanged workspace is walked without reading a page again", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.clear();
    expect(await it.sync(day + 1)).toMatchObject({ new: 0, changed: 0, removed: 0, same: 6 });
    expect(it.fake.log.filter((line) => /markdown|children/.test(line))).toEqual([]);
  });
});

describe("what is gone", () => {
  test("a page in the trash leaves with the next sync", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.edit("other", { inTrash: true });
    expect(await it.sync(1)).toMatchObject({ removed: 1 });
  });

  test("a page thrown away long ago and found in the trash only now leaves, too", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    // Its time says nothing about when it was thrown away.
    Object.assign(it.fake.workspace.named("other"), { inTrash: true, edited: Date.UTC(2020, 0, 1) });
    it.fake.workspace.changed();
    expect(await it.sync(1)).toMatchObject({ removed: 1 });
  });

  test("where the trash cannot be searched, a sweep finds the same", async () => {
    const it = await notion();
    it.fake.quirks.noTrash = true;
    plant(it);
    await it.sync();
    it.fake.workspace.edit("other", { inTrash: true });
    expect(await it.sync(1)).toMatchObject({ removed: 0 });
    expect(await it.sync(20)).toMatchObject({ removed: 1 });
  });

  test("a page that is no longer shared leaves when Notion itself says that it is not there", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.named("other").access = "unshared";
    it.fake.workspace.named("innermost").access = "unshared";
    const sweep = await it.sync(20);
    expect(sweep).toMatchObject({ removed: 2 });
    expect(await it.stored("other", "innermost", "home")).toMatchObject([undefined, undefined, { title: "Home" }]);
  });

  test("more than a quarter gone at once waits for a person", async () => {
    const it = await notion();
    const { workspace } = it.fake;
    for (let n = 0; n < 60; n++) workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    for (let n = 0; n < 40; n++) workspace.named(`p${n}`).access = "unshared";
    expect(await it.sync(20)).toMatchObject({ removed: 0, held: 40 });
    expect(await it.count()).toBe(60);
    for (let n = 0; n < 40; n++) workspace.named(`p${n}`).access = "shared";
    await it.sync(40);
    expect(await it.it.connection()).toMatchObject({ held_deletions: 0, document_count: 60 });
  });

  test("pages nobody names any more are asked for in turns, a bounded number in each run", async () => {
    const it = await notion({ tuning: { sweepChecks: 4 } });
    const { workspace } = it.fake;
    for (let n = 0; n < 10; n++) workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    for (const page of workspace.pages.values()) page.listed = false;
    const asked = new Set<string>();
    for (const later of [20, 40, 60]) {
      it.fake.clear();
      await it.sync(later);
      const pages = it.fake.log.filter((line) => /^GET \/v1\/pages\/[^/]+$/.test(line));
      expect(pages.length).toBeLessThanOrEqual(4);
      for (const line of pages) asked.add(line);
    }
    expect(asked.size).toBe(10);
    expect(await it.count()).toBe(10);
  });

  test("a page shared long after its last edit arrives with the next sweep", async () => {
    const it = await notion({ tuning: { pageSize: 10 } });
    for (let n = 0; n < 30; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    it.fake.workspace.page("old", "Old", { edited: Date.UTC(2021, 5, 5), text: "Written long ago." });
    expect(await it.sync(1)).toMatchObject({ new: 0 });
    expect(await it.sync(20)).toMatchObject({ new: 1 });
  });
});

describe("large databases", () => {
  test("a query that is cut off is continued by the time rows were created", async () => {
    const it = await notion();
    it.fake.workspace.database("big", "Big");
    for (let n = 0; n < 130; n++) it.fake.workspace.page(`r${n}`, `Row ${n}`, { source: "big", listed: false });
    it.fake.quirks.cap = 50;
    expect(await it.sync()).toMatchObject({ new: 130 });
  });

  test("more rows of one minute than a query gives are told, and end the walk", async () => {
    const it = await notion();
    it.fake.workspace.database("big", "Big");
    const created = Date.UTC(2026, 0, 1);
    for (let n = 0; n < 80; n++) it.fake.workspace.page(`r${n}`, `Row ${n}`, { source: "big", listed: false, created });
    it.fake.quirks.cap = 50;
    const run = await it.sync();
    expect(run).toMatchObject({ new: 50 });
    expect(run.notes.join()).toContain("more rows than Notion gives out at once");
  });
});

describe("a walk that is interrupted", () => {
  test.each([
    "after claim",
    "after fetch",
    "before commit",
    "inside commit",
    "after commit",
    "after last checkpoint",
  ] as const)("killed %s again and again: everything is found once", async (place) => {
    const it = await notion({ tuning: { pageSize: 2 } });
    plant(it);
    const runId = await it.it.enqueue();
    let kills = 0;
    for (;;) {
      let reached = 0;
      const limit = ++kills;
      const run = it.it.execute(runId, {
        failpoint: (at) => {
          if (at === place && limit <= 3 && ++reached >= limit) throw new Died();
        },
      });
      const ended = await run.then(
        (result) => result,
        (error: unknown) => {
          if (error instanceof Died) return null;
          throw error;
        },
      );
      if (ended !== null) {
        expect(ended).toBe("completed");
        break;
      }
    }
    expect(await it.it.run(runId)).toMatchObject({ new: 6, changed: 0, failed: 0, removed: 0 });
    expect(await it.count()).toBe(6);
  });

  test("the cursor stays small, whatever the size of the workspace", async () => {
    const it = await notion();
    for (let n = 0; n < 300; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
    await it.sync();
    expect(JSON.stringify((await it.it.connection()).cursor).length).toBeLessThan(1_000);
  });
});
