import { describe, expect, test } from "vitest";
import type { FakeOneDrive } from "./fake/server.ts";
import { oneDriveBench, type Bench } from "./testing/bench.ts";

const place = oneDriveBench();

const choose = (...ids: readonly string[]) => ({
  settings: { syncScope: "selected", selection: ids.map((id) => ({ id, name: id, kind: "folder" })) },
});

interface World {
  readonly fake: FakeOneDrive;
  readonly it: Bench;
  readonly team: string;
  readonly inner: string;
  readonly other: string;
  readonly single: string;
  readonly ids: Readonly<Record<"top" | "a" | "b" | "deep" | "elsewhere", string>>;
}

/** Team (a, b, Inner (deep)) and one single file are chosen; top and Other (elsewhere) are not. */
async function world(business: boolean): Promise<World> {
  const fake = await place.fake({ business, pageSize: 4, now: () => new Date(Date.now() - 3_600_000) });
  const drive = fake.drive();
  const team = drive.folder("Team");
  const other = drive.folder("Other");
  const inner = drive.folder("Inner", team);
  const single = drive.file("single.txt", "Single", { parent: other });
  const ids = {
    top: drive.file("top.txt", "Top"),
    a: drive.file("a.txt", "Text A", { parent: team }),
    b: drive.file("b.txt", "Text B", { parent: team }),
    deep: drive.file("deep.txt", "Deep", { parent: inner }),
    elsewhere: drive.file("elsewhere.txt", "Elsewhere", { parent: other }),
  };
  const it = await place.connect(fake, choose(team, single));
  await it.completed();
  fake.clear();
  return { fake, it, team, inner, other, single, ids };
}

for (const business of [false, true]) {
  describe(business ? "business: deltas tell no paths" : "personal", () => {
    test("only what is in a chosen folder, however deep, and chosen files are synced", async () => {
      const { it, fake, single, ids } = await world(business);
      expect(await it.ids()).toEqual([ids.a, ids.b, ids.deep, single].toSorted());
      await it.completed();
      expect(fake.counts.total).toBe(1);
    });

    test("a file that moves in is read, one that moves out leaves (C11)", async () => {
      const { it, fake, inner, other, single, ids } = await world(business);
      fake.drive().move(ids.top, inner);
      fake.drive().move(ids.a, other);
      expect(await it.completed()).toMatchObject({ new: 1, removed: 1 });
      expect(await it.ids()).toEqual([ids.top, ids.b, ids.deep, single].toSorted());
    });

    test("what was chosen leaves with a folder above it, of which the delta tells nothing else", async () => {
      const { it, fake, other, ids } = await world(business);
      fake.drive().tellsChildren = false;
      fake.drive().remove(other);
      expect(await it.completed()).toMatchObject({ removed: 1 });
      expect(await it.ids()).toEqual([ids.a, ids.b, ids.deep].toSorted());
      expect(fake.counts.reads).toBe(0);
    });

    test("a folder that moves in brings what is in it, though the delta does not name it", async () => {
      const { it, fake, team, other, single, ids } = await world(business);
      fake.drive().move(other, team);
      const run = await it.completed();
      expect(run).toMatchObject({ new: 1, removed: 0 });
      expect(run.notes.join(" ")).toMatch(/A folder was moved/);
      expect(await it.ids()).toEqual([ids.a, ids.b, ids.deep, ids.elsewhere, single].toSorted());
      fake.clear();
      await it.completed();
      expect(fake.counts.total).toBe(1);
    });

    test("a folder that moves out takes what is in it along, under the guard", async () => {
      const { it, fake, inner, other, single, ids } = await world(business);
      fake.drive().move(inner, other);
      expect(await it.completed()).toMatchObject({ new: 0, removed: 1 });
      expect(await it.ids()).toEqual([ids.a, ids.b, single].toSorted());
      expect(fake.counts.reads).toBe(0);
    });

    test("a new folder with new files costs no listing of everything", async () => {
      const { it, fake, team } = await world(business);
      const drive = fake.drive();
      drive.now = () => new Date(Date.now() + 3_600_000);
      const fresh = drive.folder("Fresh", team);
      const file = drive.file("fresh.txt", "Fresh", { parent: fresh });
      const run = await it.completed();
      expect(run).toMatchObject({ new: 1, removed: 0 });
      expect(run.notes).toEqual([]);
      expect(await it.ids()).toContain(file);
    });

    test("a chosen folder that is renamed and moved itself stays chosen", async () => {
      const { it, fake, team, other, ids } = await world(business);
      fake.drive().rename(team, "Crew");
      fake.drive().move(team, other);
      fake.drive().write(ids.a, "Text A, newer");
      expect(await it.completed()).toMatchObject({ new: 0, changed: 1, removed: 0 });
      expect((await it.ids()).length).toBe(4);
    });

    test("a chosen folder that is deleted takes its documents along", async () => {
      const { it, fake, team, single } = await world(business);
      fake.drive().remove(team);
      await it.completed();
      await it.completed();
      expect(await it.ids()).toEqual([single]);
    });
  });
}

test("parents a delta does not name are asked for once each", async () => {
  const { it, fake, inner, ids } = await world(true);
  const drive = fake.drive();
  const more = Array.from({ length: 20 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`, { parent: inner }));
  fake.rewritePage = (body) => ({
    ...body,
    value: (body["value"] as { folder?: unknown; root?: unknown }[]).filter((item) => !item.folder && !item.root),
  });
  expect(await it.completed()).toMatchObject({ new: more.length });
  expect(fake.log.filter((line) => /items\/[^/]+\?\$select=id,parentReference/.test(line))).toHaveLength(1);
  expect((await it.ids()).length).toBe(4 + more.length);
  expect(await it.ids()).toContain(ids.deep);
});

for (const business of [false, true])
  test(`a deleted folder of which nothing else is told leaves no documents behind (${business ? "business" : "personal"})`, async () => {
    const fake = await place.fake({ business });
    const drive = fake.drive();
    drive.tellsChildren = false;
    const folder = drive.folder("Folder");
    drive.file("in.txt", "In", { parent: drive.folder("Deeper", folder) });
    const others = Array.from({ length: 10 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
    const it = await place.connect(fake);
    expect(await it.completed()).toMatchObject({ new: 11 });
    fake.clear();
    drive.remove(folder);
    expect(await it.completed()).toMatchObject({ removed: 1, new: 0, changed: 0 });
    expect(await it.ids()).toEqual(others.toSorted());
    expect(fake.counts.reads).toBe(0);
    fake.clear();
    await it.completed();
    expect(fake.counts.total).toBe(1);
  });

test("while nothing is chosen nothing is asked, synced or deleted", async () => {
  const fake = await place.fake();
  fake.drive().file("a.txt", "Text");
  const it = await place.connect(fake, choose());
  expect(await it.completed()).toMatchObject({ new: 0, listed: 0 });
  expect(fake.counts.total).toBe(0);
});

test("another choice brings what belongs to it and lets the rest go, in one sync", async () => {
  const { it, other, single, ids } = await world(false);
  const { pool } = await import("#lib/db/client.ts");
  await pool().query(
    "update connections set config = $2, config_version = config_version + 1, cursor = null where id = $1",
    [it.connectionId, JSON.stringify(choose(other).settings)],
  );
  expect(await it.completed()).toMatchObject({ new: 1, removed: 3 });
  expect(await it.ids()).toEqual([single, ids.elsewhere].toSorted());
});
