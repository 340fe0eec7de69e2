import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { itemJson } from "./fake/json.ts";
import { oneDriveBench } from "./testing/bench.ts";

const place = oneDriveBench();
const manner = { business: false, delta: true };

test("a drive that did not change costs one request and no read", async () => {
  const fake = await place.fake({ pageSize: 10 });
  for (let n = 0; n < 35; n++) fake.drive().file(`${n}.txt`, `Text ${n}`);
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: 35 });
  fake.clear();
  expect(await it.completed()).toMatchObject({ new: 0, changed: 0, removed: 0, listed: 0 });
  expect(fake.counts).toMatchObject({ total: 1, reads: 0 });
});

for (const business of [false, true]) {
  test(`what is deleted leaves, what is changed is read, and nothing else (${business ? "business" : "personal"})`, async () => {
    const fake = await place.fake({ pageSize: 10, business });
    const drive = fake.drive();
    const ids = Array.from({ length: 30 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
    const it = await place.connect(fake);
    await it.completed();
    fake.clear();
    drive.remove(ids[3] ?? "");
    drive.write(ids[4] ?? "", "Another text");
    const added = drive.file("new.txt", "A new one");
    expect(await it.completed()).toMatchObject({ new: 1, changed: 1, removed: 1 });
    expect(fake.counts.reads).toBe(2);
    const stored = await it.stored();
    expect(stored.has(ids[3] ?? "")).toBe(false);
    expect(stored.get(ids[4] ?? "")).toContain("Another text");
    expect(stored.get(added)).toContain("A new one");
  });

  test(`sharing a file reads nothing (${business ? "business" : "personal"})`, async () => {
    const fake = await place.fake({ business });
    const id = fake.drive().file("a.txt", "Text");
    const it = await place.connect(fake);
    await it.completed();
    fake.clear();
    fake.drive().touch(id);
    expect(await it.completed()).toMatchObject({ changed: 0, same: 1 });
    expect(fake.counts.reads).toBe(0);
  });
}

test("a renamed and a moved file are the same documents with their new names and addresses", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const [renamed, moved] = [drive.file("a.txt", "Text A"), drive.file("b.txt", "Text B")];
  const folder = drive.folder("Folder");
  const it = await place.connect(fake);
  await it.completed();
  const before = await it.document(renamed);
  drive.rename(renamed, "better.txt");
  drive.move(moved, folder);
  expect(await it.completed()).toMatchObject({ new: 0, changed: 2, removed: 0 });
  expect(await it.document(renamed)).toMatchObject({ id: before?.["id"], title: "better.txt" });
  expect(await it.document(moved)).toMatchObject({ filepath: "Folder/b.txt" });
});

test("the same item thrice in a page, and deleted before it is there: the last state wins (C11)", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const [thrice, back, gone] = [
    drive.file("old.txt", "Text A"),
    drive.file("b.txt", "Text B"),
    drive.file("c.txt", "C"),
  ];
  const it = await place.connect(fake);
  await it.completed();
  const json = (id: string) => {
    const item = drive.get(id);
    if (!item) throw new Error("no such item");
    return itemJson(drive, item, manner);
  };
  const first = json(thrice);
  drive.rename(thrice, "middle.txt");
  const second = json(thrice);
  drive.rename(thrice, "last.txt");
  fake.rewritePage = (body) => ({
    ...body,
    value: [
      first,
      { id: back, deleted: {} },
      second,
      json(gone),
      json(thrice),
      json(back),
      { id: gone, deleted: {}, file: {} },
    ],
  });
  expect(await it.completed()).toMatchObject({ removed: 1 });
  expect(await it.ids()).toEqual([thrice, back].toSorted());
  expect(await it.document(thrice)).toMatchObject({ title: "last.txt" });
});

test("a change on another page of the same delta wins, whichever page it is (C11)", async () => {
  const fake = await place.fake({ pageSize: 3 });
  const drive = fake.drive();
  const ids = Array.from({ length: 9 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake);
  await it.completed();
  for (const id of ids) drive.write(id, "Newer");
  // While the pages are given out: what was on the first one changes again, and another one goes.
  fake.clear();
  fake.beforePage = (number) => {
    if (number !== 2) return;
    drive.write(ids[0] ?? "", "Newest");
    drive.remove(ids[1] ?? "");
  };
  await it.completed();
  const stored = await it.stored();
  expect(stored.get(ids[0] ?? "")).toContain("Newest");
  expect(stored.has(ids[1] ?? "")).toBe(false);
  expect(stored.size).toBe(8);
});

test("items that come, change and go while a walk lists them are right after the next sync (C10)", async () => {
  const fake = await place.fake({ pageSize: 5 });
  const drive = fake.drive();
  const ids = Array.from({ length: 40 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  fake.beforePage = (number) => {
    const at = number * 3;
    drive.file(`added ${number}.txt`, `Added ${number}`);
    drive.remove(ids[at] ?? "");
    drive.write(ids[at + 1] ?? "", `Written ${number}`);
  };
  const it = await place.connect(fake);
  await it.completed();
  fake.beforePage = () => {};
  await it.completed();
  const stored = await it.stored();
  const there = drive.ordered.filter(({ kind, deleted }) => kind === "file" && !deleted);
  expect([...stored.keys()].toSorted()).toEqual(there.map(({ id }) => id).toSorted());
  for (const { id, body } of there) expect(stored.get(id)).toContain(body().toString());
});

test("an item a walk names twice, changed in between, is up to date after the next sync (C11)", async () => {
  const fake = await place.fake({ pageSize: 5 });
  const drive = fake.drive();
  const ids = Array.from({ length: 12 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const [twice = "", gone = ""] = ids;
  fake.rewritePage = (body, number) => {
    if (number !== 3 || !Array.isArray(body["value"])) return body;
    const item = drive.get(twice);
    if (!item) return body;
    drive.write(twice, "Newest");
    drive.rename(twice, "newest.txt");
    drive.remove(gone);
    return { ...body, value: [...body["value"], itemJson(drive, item, manner), { id: gone, deleted: {}, file: {} }] };
  };
  const it = await place.connect(fake);
  await it.completed();
  expect((await it.ids()).includes(gone)).toBe(false);
  fake.rewritePage = (body) => ({ ...body, value: [] });
  await it.completed();
  expect((await it.stored()).get(twice)).toContain("Newest");
  expect(await it.document(twice)).toMatchObject({ title: "newest.txt" });
});

test("times of modification move nothing: 2099, 1970, missing and nonsense (C13)", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const odd = [
    drive.file("far.txt", "Far", { modified: new Date("2099-01-01T00:00:00Z") }),
    drive.file("first.txt", "First", { modified: new Date(0) }),
    drive.file("none.txt", "None", { extra: { lastModifiedDateTime: undefined, createdDateTime: undefined } }),
    drive.file("null.txt", "Null", { extra: { lastModifiedDateTime: null } }),
    drive.file("nonsense.txt", "Nonsense", { extra: { lastModifiedDateTime: "yesterday", createdDateTime: 12 } }),
    drive.file("zone.txt", "Zone", { extra: { lastModifiedDateTime: "2026-11-20T12:00:00+14:00" } }),
  ];
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: odd.length, failed: 0 });
  expect(await it.document(odd[3] ?? "")).toMatchObject({ source_updated_at: null });
  const later = drive.file("later.txt", "Later", { modified: new Date("2001-01-01T00:00:00Z") });
  expect(await it.completed()).toMatchObject({ new: 1 });
  expect(await it.ids()).toEqual([...odd, later].toSorted());
});

test("fields that are new, missing, null or huge are no trouble; what has no id is left out and said (C16)", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const nameless = drive.file("a.txt", "Text A", { extra: { name: null } });
  const huge = drive.file("b.txt", "Text B", { extra: { name: `${"n".repeat(2_000_000)}.txt` } });
  const bare = drive.file("c.txt", "Text C", {
    extra: {
      eTag: undefined,
      cTag: undefined,
      size: null,
      webUrl: "javascript:alert(1)",
      createdBy: "somebody",
      parentReference: null,
      file: { mimeType: 7, hashes: "none" },
      aspect: { ratio: 1 },
    },
  });
  const lost = drive.file("d.txt", "Text D", { extra: { id: null } });
  const it = await place.connect(fake);
  const run = await it.completed();
  expect(run).toMatchObject({ new: 3, failed: 0 });
  expect(run.notes.join()).toMatch(/without an id/);
  expect(await it.ids()).toEqual([nameless, huge, bare].toSorted());
  expect(await it.ids()).not.toContain(lost);
  expect(await it.document(nameless)).toMatchObject({ title: "File without a name" });
  expect(String((await it.document(huge))?.["title"]).length).toBeLessThan(1_000);
  expect(await it.document(bare)).toMatchObject({ url: null });
});

test("notebooks, shortcuts, malware, pictures and files that are empty or too large are named with a reason, not fetched", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const folder = drive.folder("Folder");
  const expected = new Map([
    [drive.package("Notebook"), "not_a_file"],
    [drive.shortcut("Shared"), "not_a_file"],
    [drive.file("bad.txt", "X5O!", { malware: true }), "denied"],
    [drive.file("photo.jpg", "pixels"), "unsupported_type"],
    [drive.file("clip", "frames", { mime: "video/mp4" }), "unsupported_type"],
    [drive.file("empty.txt", ""), "empty"],
    [drive.file("big.txt", "x", { extra: { size: 51 * 1024 * 1024 } }), "too_large"],
    [drive.file("strange", "x", { extra: { file: null } }), "not_a_file"],
  ]);
  const source = drive.file("code.ts", "export const lamp = 1;", { mime: "video/vnd.dlna.mpeg-tts", parent: folder });
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: 1, skipped: expected.size });
  expect(await it.issues()).toEqual(expected);
  expect(await it.ids()).toEqual([source]);
  expect(fake.counts.reads).toBe(1);
});

test("a file found to be malware leaves, and comes back when it is cleared", async () => {
  const fake = await place.fake();
  const id = fake.drive().file("a.txt", "Text");
  const it = await place.connect(fake);
  await it.completed();
  const item = fake.drive().get(id);
  if (item) item.malware = true;
  fake.drive().touch(id);
  expect(await it.completed()).toMatchObject({ removed: 1, skipped: 1 });
  expect(await it.ids()).toEqual([]);
  if (item) item.malware = false;
  fake.drive().touch(id);
  await it.completed();
  expect(await it.ids()).toEqual([id]);
});

test("a document knows its address, its people and its place, as flat facts", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const id = drive.file("a.txt", "Text", { parent: drive.folder("Team & co", drive.folder("Ä")) });
  const it = await place.connect(fake);
  await it.completed();
  expect(await it.document(id)).toMatchObject({
    type: "onedrive",
    custom_id: id,
    title: "a.txt",
    filepath: "Ä/Team & co/a.txt",
    url: expect.stringMatching(/^https:\/\/onedrive\.example\//),
    metadata: { createdBy: "Ada Lovelace", modifiedBy: "Ada Lovelace", createdAt: expect.any(String) },
  });
});

test("everything is looked through again after a week, because deltas leave out a deletion now and then", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const ids = Array.from({ length: 20 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake);
  await it.completed();
  const silently = drive.get(ids[2] ?? "");
  if (silently) silently.deleted = true;
  expect(await it.completed()).toMatchObject({ removed: 0 });
  await pool().query("update connections set cursor = jsonb_set(cursor, '{at,walkedAt}', $2::jsonb) where id = $1", [
    it.connectionId,
    String(Date.now() - 8 * 86_400_000),
  ]);
  fake.clear();
  expect(await it.completed()).toMatchObject({ removed: 1, new: 0, changed: 0 });
  expect(fake.counts.reads).toBe(0);
  expect(await it.completed()).toMatchObject({ listed: 0 });
});

test("ten thousand files: every one once, and then one request", { timeout: 120_000 }, async () => {
  const fake = await place.fake();
  const { fillSynthetic } = await import("./fake/demo.ts");
  fillSynthetic(fake.drive(), 10_000);
  const it = await place.connect(fake, { documentLimit: 10_000 });
  const begun = performance.now();
  expect(await it.completed()).toMatchObject({ new: 10_000, failed: 0 });
  console.log(`10,000 files in ${Math.round(performance.now() - begun)} ms`);
  expect((await it.ids()).length).toBe(10_000);
  fake.clear();
  expect(await it.completed()).toMatchObject({ listed: 0 });
  expect(fake.counts.total).toBe(1);
});
