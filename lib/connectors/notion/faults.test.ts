import { describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { useNotion, type NotionBench } from "./testing/bench.ts";

const notion = useNotion();

function plant(it: NotionBench, pages = 12): void {
  for (let n = 0; n < pages; n++) it.fake.workspace.page(`p${n}`, `Page ${n}`, { text: `Words ${n}.` });
}

describe("single pages", () => {
  test("pages that cannot be read do not stop the others, and say why (C12)", async () => {
    const it = await notion();
    plant(it);
    it.fake.workspace.named("p3").access = "restricted";
    const run = await it.sync();
    expect(run).toMatchObject({ new: 11, skipped: 1, failed: 0 });
    expect(await it.issues()).toEqual(new Map([["Page 3", "denied"]]));
    it.fake.workspace.named("p3").access = "shared";
    expect(await it.sync(25 * 60)).toMatchObject({ new: 1 });
  });

  test("a page that vanishes while it is read is not stored, and not an error (C12)", async () => {
    const it = await notion();
    plant(it);
    const { id } = it.fake.workspace.named("p5");
    const body = JSON.stringify({ object: "error", status: 404, code: "object_not_found", message: "gone" });
    it.fake.fault({ kind: "answer", times: 1, path: new RegExp(`${id}/markdown`), status: 404, body });
    expect(await it.sync()).toMatchObject({ new: 11, skipped: 1, failed: 0 });
  });

  test("a stored page whose text is not given, though the page is there, stays (C12)", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.workspace.edit("p5", {});
    const { id } = it.fake.workspace.named("p5");
    const body = JSON.stringify({ object: "error", status: 404, code: "object_not_found", message: "gone" });
    it.fake.fault({ kind: "answer", times: 1, path: new RegExp(`${id}/markdown`), status: 404, body });
    expect(await it.sync(1)).toMatchObject({ removed: 0, failed: 1 });
    expect(await it.count()).toBe(12);
    expect(await it.sync(2)).toMatchObject({ failed: 0 });
    expect(await it.issues()).toEqual(new Map());
  });

  test("a page that always answers with an error fails alone, and is tried again (C07)", async () => {
    const it = await notion();
    plant(it);
    const { id } = it.fake.workspace.named("p5");
    it.fake.fault({ kind: "answer", times: 3, path: new RegExp(`${id}/markdown`), status: 500, body: "{}" });
    expect(await it.sync()).toMatchObject({ new: 11, failed: 1 });
    expect(await it.sync(1)).toMatchObject({ new: 1, failed: 0 });
  });

  test("a conflict passes by itself (409)", async () => {
    const it = await notion();
    plant(it);
    const { id } = it.fake.workspace.named("p5");
    const body = JSON.stringify({ object: "error", status: 409, code: "conflict_error", message: "busy" });
    it.fake.fault({ kind: "answer", times: 1, path: new RegExp(`${id}/markdown`), status: 409, body });
    expect(await it.sync()).toMatchObject({ new: 11, failed: 1 });
    expect(await it.sync(1)).toMatchObject({ new: 1, failed: 0 });
  });

  test("a page Markdown cannot be made of is read block by block", async () => {
    const it = await notion();
    plant(it);
    const { id } = it.fake.workspace.named("p5");
    const body = JSON.stringify({ object: "error", status: 400, code: "validation_error", message: "cannot" });
    it.fake.fault({ kind: "answer", times: 1, path: new RegExp(`${id}/markdown`), status: 400, body });
    expect(await it.sync()).toMatchObject({ new: 12, failed: 0 });
    expect(await it.stored("p5")).toMatchObject([{ text: "Words 5." }]);
  });

  test.each([
    ["HTML instead of JSON", "<html><body>Sign in</body></html>"],
    ["JSON that breaks off", '{"object":"page_markdown","markd'],
    ["another shape", '{"object":"page_markdown","markdown":7}'],
    ["33 MB", JSON.stringify({ markdown: "x".repeat(33 * 1024 * 1024) })],
    ["nothing", ""],
  ])("a page that answers with %s does not stop the others (C07)", async (_, body) => {
    const it = await notion();
    plant(it);
    const { id } = it.fake.workspace.named("p5");
    it.fake.fault({ kind: "answer", times: 3, path: new RegExp(`${id}/markdown`), status: 200, body });
    const run = await it.sync();
    expect(run.new).toBe(11);
    expect(run.failed + run.skipped).toBe(1);
  });

  test("what failed is read again by the next sync, though no listing names it", async () => {
    const it = await notion({ tuning: { pageSize: 5 } });
    const { workspace } = it.fake;
    workspace.database("tasks", "Tasks");
    workspace.page("task", "Task", { source: "tasks", text: "Do this." });
    workspace.page("gone", "Gone", { text: "Here for a moment." });
    workspace.page("closed", "Closed", { text: "Not for long." });
    plant(it, 30);
    const ids = ["task", "gone", "closed"].map((name) => workspace.named(name).id);
    for (const id of ids)
      it.fake.fault({ kind: "answer", times: 3, path: new RegExp(`${id}/markdown`), status: 502, body: "" });
    expect(await it.sync()).toMatchObject({ new: 30, failed: 3 });
    workspace.named("gone").access = "unshared";
    workspace.named("closed").access = "restricted";
    expect(await it.sync(1)).toMatchObject({ new: 1, failed: 0, skipped: 1 });
    const [task] = await it.stored("task");
    expect(task?.text).toMatch(/^\| Property \| Value \|[\s\S]*Do this\.$/);
    expect(await it.issues()).toEqual(new Map([["Closed", "denied"]]));
    // What is inside it was not known: the next walk reads it once more for that, and changes nothing.
    expect(await it.sync(25 * 60)).toMatchObject({ new: 0, changed: 0 });
  });

  test("if every page is refused, the run says what to allow instead of skipping them all", async () => {
    const it = await notion();
    plant(it, 40);
    for (const page of it.fake.workspace.pages.values()) page.access = "restricted";
    const { runId, result } = await it.it.sync();
    expect(result).toBe("failed");
    const run = await it.it.run(runId);
    expect(run).toMatchObject({ failure_kind: "denied" });
    expect(run.error).toContain("Read content");
  });
});

describe("objects that are not as they should be (C16)", () => {
  test.each([
    ["a field too many", { hologram: { depth: 3 } }],
    ["no url", { url: null }],
    ["no parent", { parent: null }],
    ["a parent of another kind", { parent: { type: "agent_id", agent_id: "x" } }],
    ["a parent that is a text", { parent: "workspace" }],
    [
      "an unknown kind of property",
      { properties: { title: { type: "title", title: [] }, x: { type: "aura", aura: 1 } } },
    ],
    ["a property that is null", { properties: { x: null } }],
    ["properties that are a list", { properties: [] }],
    ["a trash that says nothing", { in_trash: null, archived: null }],
  ])("%s: the page is stored all the same", async (_, patch) => {
    const it = await notion();
    it.fake.workspace.page("odd", "Odd", { patch, text: "Odd words." });
    it.fake.workspace.page("plain", "Plain", { text: "Plain words." });
    expect(await it.sync()).toMatchObject({ new: 2, failed: 0 });
    expect(await it.stored("odd")).toMatchObject([{ text: "Odd words." }]);
  });

  test.each([
    ["no id", { id: null }],
    ["an empty id", { id: "" }],
    ["an id that leads elsewhere", { id: "../../users/me" }],
  ])("%s: it is left out, and the others are stored", async (_, patch) => {
    const it = await notion();
    it.fake.workspace.page("odd", "Odd", { patch, text: "Odd words." });
    it.fake.workspace.page("plain", "Plain", { text: "Plain words." });
    expect(await it.sync()).toMatchObject({ new: 1, failed: 0 });
    expect(it.fake.log.filter((line) => line.includes(".."))).toEqual([]);
  });
});

describe("throttling (C06)", () => {
  test.each([
    [429, undefined],
    [429, "0"],
    [429, "-5"],
    [429, "soon"],
    [429, "1e9"],
    [429, "Fri, 20 Nov 2020 12:00:00 GMT"],
    [529, undefined],
    [529, "0"],
    [529, "soon"],
  ])("%i with Retry-After %s is waited for, and nothing is lost", async (status, retryAfter) => {
    const it = await notion();
    plant(it);
    it.fake.fault({ kind: "status", status, times: 4, ...(retryAfter === undefined ? {} : { retryAfter }) });
    expect(await it.sync()).toMatchObject({ new: 12, failed: 0, skipped: 0 });
  });

  test.each([429, 529])("%i is waited for as long as it says", async (status) => {
    const it = await notion();
    plant(it, 2);
    it.fake.fault({ kind: "status", status, times: 1, retryAfter: "1", on: "listing" });
    const began = performance.now();
    expect(await it.sync()).toMatchObject({ new: 2 });
    expect(performance.now() - began).toBeGreaterThan(990);
  });

  test("a wait of minutes gives the run back to the queue, with what it has, and it goes on later", async () => {
    const it = await notion({ tuning: { pageSize: 4 } });
    plant(it);
    it.fake.workspace.database("tasks", "Tasks");
    const runId = await it.it.enqueue();
    it.fake.fault({
      kind: "answer",
      times: 1,
      path: /\/query$/,
      status: 429,
      headers: { "retry-after": "300" },
      body: "{}",
    });
    expect(await it.it.execute(runId)).toBe("yielded");
    const waits = ((await it.it.run(runId)).waiting_until?.getTime() ?? 0) - Date.now();
    expect(waits).toBeGreaterThan(280_000);
    expect(waits).toBeLessThan(400_000);
    it.fake.clear();
    // The minutes pass.
    await pool().query("delete from account_paces");
    expect(await it.it.execute(runId)).toBe("completed");
    expect(await it.it.run(runId)).toMatchObject({ new: 12, failed: 0 });
    expect(it.fake.counts.reads).toBeLessThan(12);
  });
});

describe("the whole of Notion in trouble", () => {
  test("a run of server errors while reading ends the run, and the next one completes it (C07)", async () => {
    const it = await notion();
    plant(it, 60);
    it.fake.fault({ kind: "status", status: 500, times: 10_000, on: "read" });
    const { result } = await it.it.sync();
    expect(result).toBe("failed");
    it.fake.clear();
    await it.sync(1);
    expect(await it.count()).toBe(60);
  });

  test("HTML instead of a listing fails the run, and deletes nothing (C07)", async () => {
    const it = await notion();
    plant(it);
    await it.sync();
    it.fake.fault({ kind: "answer", times: 10_000, status: 200, body: "<html>Sign in</html>" });
    const { runId, result } = await it.it.sync();
    expect(result).toBe("failed");
    expect(await it.it.run(runId)).toMatchObject({ failure_kind: "transient", removed: 0 });
    expect(await it.count()).toBe(12);
  });
});
