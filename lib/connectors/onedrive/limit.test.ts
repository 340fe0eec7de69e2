import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { Died } from "#lib/sync/failpoint.ts";
import { fillSynthetic } from "./fake/demo.ts";
import { itemJson } from "./fake/json.ts";
import { oneDriveBench } from "./testing/bench.ts";

const place = oneDriveBench();

test("ten thousand files and a limit of 100: one page is asked for, and the reason is said (C15)", async () => {
  const fake = await place.fake();
  fillSynthetic(fake.drive(), 10_000);
  const it = await place.connect(fake, { documentLimit: 100 });
  const run = await it.completed();
  expect(run).toMatchObject({ new: 100, failed: 0 });
  expect(run.waiting).toBeGreaterThan(0);
  expect(run.notes.join(" ")).toMatch(/document limit of this sync is reached after 500 of the drive's entries/);
  expect(fake.counts).toMatchObject({ pages: 1, reads: 100 });
});

test("later runs go on where the limit stopped, until everything is there (C15)", async () => {
  const fake = await place.fake({ pageSize: 40 });
  fillSynthetic(fake.drive(), 470);
  const it = await place.connect(fake, { documentLimit: 100 });
  for (const expected of [100, 200, 300, 400, 470]) {
    fake.clear();
    await it.completed();
    expect((await it.ids()).length).toBe(expected);
    expect(fake.counts.pages).toBeLessThanOrEqual(5);
  }
  fake.clear();
  await it.completed();
  expect(fake.counts.total).toBe(1);
});

test("what changes while the limit holds things back is caught up with (C15)", async () => {
  const fake = await place.fake({ pageSize: 10 });
  const drive = fake.drive();
  const ids = Array.from({ length: 60 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake, { documentLimit: 25 });
  await it.completed();
  drive.remove(ids[2] ?? "");
  drive.write(ids[3] ?? "", "Written");
  drive.remove(ids[55] ?? "");
  for (let n = 0; n < 4; n++) await it.completed();
  const there = drive.ordered.filter(({ kind, deleted }) => kind === "file" && !deleted);
  expect(await it.ids()).toEqual(there.map(({ id }) => id).toSorted());
  expect((await it.stored()).get(ids[3] ?? "")).toContain("Written");
});

test("the limit holds for what is added later, too, and nothing is passed by (C15)", async () => {
  const fake = await place.fake({ pageSize: 10 });
  const drive = fake.drive();
  const first = drive.file("first.txt", "First");
  const it = await place.connect(fake, { documentLimit: 7 });
  await it.completed();
  for (let n = 0; n < 33; n++) drive.file(`${n}.txt`, `Text ${n}`);
  for (let there = 1; there < 34;) {
    const run = await it.completed();
    expect(run.new).toBeLessThanOrEqual(7);
    expect(run.new).toBeGreaterThan(0);
    there += run.new;
    expect((await it.ids()).length).toBe(there);
  }
  drive.remove(first);
  expect(await it.completed()).toMatchObject({ removed: 1 });
});

test("files that can never be read do not keep others waiting", async () => {
  const fake = await place.fake({ pageSize: 50 });
  const drive = fake.drive();
  for (let n = 0; n < 20; n++) drive.file(`scan ${n}.pdf`, "%PDF-1.4 nothing in it");
  const ids = Array.from({ length: 20 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake, { documentLimit: 5 });
  for (let n = 0; n < 8; n++) await it.completed();
  expect(await it.ids()).toEqual(ids.toSorted());
  expect((await it.issues()).size).toBe(20);
});

test("a fresh start under a limit still finds out what is gone, and takes up what waits afterwards", async () => {
  const fake = await place.fake({ pageSize: 10 });
  const drive = fake.drive();
  const ids = Array.from({ length: 30 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake, { documentLimit: 30 });
  await it.completed();
  await pool().query("update connections set document_limit = 5 where id = $1", [it.connectionId]);
  for (let n = 0; n < 12; n++) drive.file(`new ${n}.txt`, `New ${n}`);
  const silently = drive.get(ids[1] ?? "");
  if (silently) silently.deleted = true;
  fake.age();
  expect(await it.completed()).toMatchObject({ new: 5, waiting: 7, removed: 1 });
  expect(await it.completed()).toMatchObject({ new: 5, removed: 0 });
  expect(await it.completed()).toMatchObject({ new: 2, removed: 0 });
  expect((await it.ids()).length).toBe(29 + 12);
  fake.clear();
  await it.completed();
  expect(fake.counts.total).toBe(1);
});

test("a change that one run could not take is not forgotten by a next one that goes on with the walk", async () => {
  const fake = await place.fake({ pageSize: 5 });
  const drive = fake.drive();
  const ids = Array.from({ length: 24 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const [twice = ""] = ids;
  fake.rewritePage = (body, number) => {
    const item = drive.get(twice);
    if (number !== 2 || !item || !Array.isArray(body["value"])) return body;
    drive.write(twice, "Newest");
    drive.rename(twice, "newest.txt");
    return { ...body, value: [...body["value"], itemJson(drive, item, { business: false, delta: true })] };
  };
  const it = await place.connect(fake, { documentLimit: 10 });
  await it.completed();
  await it.completed();
  expect((await it.ids()).length).toBe(20);
  // From here on no page says anything of it.
  fake.rewritePage = (body) => ({
    ...body,
    value: (body["value"] as { id: string }[]).filter(({ id }) => id !== twice),
  });
  await it.completed();
  await it.completed();
  expect(await it.ids()).toEqual(ids.toSorted());
  expect(await it.document(twice)).toMatchObject({ title: "newest.txt" });
});

test("a run that was taken over again and again ends with everything, and leaves nothing out", async () => {
  const fake = await place.fake({ pageSize: 10 });
  const ids = Array.from({ length: 60 }, (_, n) => fake.drive().file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake);
  const runId = await it.enqueue();
  for (let n = 0; n < 4; n++) {
    const stop = new AbortController();
    fake.clear();
    fake.beforePage = (number) => {
      if (number === 2) stop.abort();
    };
    const result = await it.execute(runId, {}, stop.signal);
    if (result === "completed") break;
    expect(result).toBe("yielded");
  }
  fake.beforePage = () => {};
  await it.execute(runId);
  expect((await it.run(runId)).status).toBe("completed");
  expect(await it.ids()).toEqual(ids.toSorted());
});

for (const where of ["after claim", "after fetch", "before commit", "after commit"] as const)
  test(`a walk that failed, and a next one that died ${where}, are never taken for a complete one together`, async () => {
    const fake = await place.fake({ pageSize: 5 });
    const drive = fake.drive();
    const ids = Array.from({ length: 30 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
    const it = await place.connect(fake);
    await it.completed();
    const silently = drive.get(ids[29] ?? "");
    if (silently) silently.deleted = true;
    fake.age();
    fake.clear();
    fake.beforePage = (number) => {
      if (number === 5) fake.fault({ kind: "status", status: 500, times: 1_000 });
    };
    await it.failed();
    fake.beforePage = () => {};
    fake.clear();
    drive.write(ids[20] ?? "", "Written");
    const runId = await it.enqueue();
    let left = 1;
    const dies = it.execute(runId, {
      failpoint: (at) => {
        if (at === where && left-- > 0) throw new Died();
      },
    });
    await expect(dies).rejects.toThrow(Died);
    expect(await it.execute(runId)).toBe("completed");
    expect(await it.run(runId)).toMatchObject({ removed: 1 });
    expect(await it.ids()).toEqual(ids.slice(0, 29).toSorted());
    expect((await it.stored()).get(ids[20] ?? "")).toContain("Written");
  });

for (const where of ["after claim", "after fetch", "before commit", "inside commit", "after commit"] as const)
  test(`a first walk that failed goes on, and keeps what it stored when the next run dies ${where}`, async () => {
    const fake = await place.fake({ pageSize: 5 });
    const ids = Array.from({ length: 60 }, (_, n) => fake.drive().file(`${n}.txt`, `Text ${n}`));
    const it = await place.connect(fake);
    fake.beforePage = (number) => {
      if (number === 9) fake.fault({ kind: "status", status: 500, times: 1_000, on: "listing" });
    };
    await it.failed();
    const before = (await it.ids()).length;
    expect(before).toBeGreaterThan(20);
    fake.beforePage = () => {};
    fake.clear();
    const runId = await it.enqueue();
    let left = 1;
    const dies = it.execute(runId, {
      failpoint: (at) => {
        if (at === where && left-- > 0) throw new Died();
      },
    });
    await expect(dies).rejects.toThrow(Died);
    expect(await it.execute(runId)).toBe("completed");
    expect(await it.run(runId)).toMatchObject({ removed: 0, held: 0, new: 60 - before });
    expect(await it.ids()).toEqual(ids.toSorted());
  });
