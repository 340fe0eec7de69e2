import { describe, expect, test } from "vitest";
import { plainExtractor } from "#lib/sync/testing/workbench.ts";
import { googleDrive } from "./connector.ts";
import { mimes } from "./fake/store.ts";
import { driveTests } from "./testing/drive-tests.ts";

const drive = driveTests();
/** Without its pace: what is counted here are requests, not seconds. */
const unpaced = { ...googleDrive, pace: () => ({ perSecond: 0, concurrency: 32 }), readers: 32 };
const start = Date.UTC(2024, 0, 1);
const files = (count: number) => (source: { add: (file: object) => string }) => {
  for (let n = 0; n < count; n++)
    source.add({ name: `File ${n}.txt`, body: { text: `Words of file ${n}.` }, modifiedMs: start + n * 60_000 });
};
const limited = (documentLimit: number, count: number) =>
  drive.start({
    connector: unpaced,
    fill: files(count),
    bench: { documentLimit, engine: { extractor: plainExtractor } },
  });

describe("the document limit", () => {
  test("10,000 files, limit 100: stops within one page, newest first, and says so; older ones follow (C15)", async () => {
    const { source, sync, titles } = await limited(100, 10_000);
    const first = await sync();
    expect(first).toMatchObject({ new: 100, waiting: 900, reads: 100 });
    expect(source.log.filter((path) => path.startsWith("/drive/v3/files?"))).toHaveLength(1);
    expect(first.notes.join()).toMatch(/Limit reached: files last changed before \d+ January 2024 follow/);
    const newest = new Set(Array.from({ length: 100 }, (_, n) => `File ${9_999 - n}.txt`));
    expect(new Set(await titles())).toEqual(newest);
    source.clear();
    expect(await sync()).toMatchObject({ new: 100, reads: 100 });
    expect(await titles()).toContain("File 9800.txt");
    // One page again, although a hundred are stored already.
    expect(source.log.filter((path) => path.startsWith("/drive/v3/files?"))).toHaveLength(1);
  });

  test("what changes meanwhile is taken first, and the rest goes on where it was", async () => {
    const { source, sync, titles, it } = await limited(3, 10);
    expect(await sync()).toMatchObject({ new: 3, waiting: 7 });
    source.add({ name: "Fresh.txt", body: { text: "Fresh words." } });
    source.store.update([...source.store.files.values()].find(({ name }) => name === "File 9.txt")?.id ?? "", {
      body: { text: "Changed words." },
    });
    expect(await sync()).toMatchObject({ new: 3, changed: 1 });
    expect(await titles()).toContain("Fresh.txt");
    for (let n = 0; n < 3; n++) await sync();
    expect((await it.stored()).size).toBe(11);
    expect(await sync()).toMatchObject({ new: 0, waiting: 0 });
  });

  test("more new files in the log than the limit takes are not lost", async () => {
    const { source, sync, it } = await limited(4, 2);
    await sync();
    files(12)(source);
    const run = await sync();
    expect(run).toMatchObject({ new: 4 });
    expect(run.waiting).toBeGreaterThan(0);
    for (let n = 0; n < 3; n++) await sync();
    expect((await it.stored()).size).toBe(14);
  });

  test("when the last of the backlog is stored, everything is compared once", async () => {
    const { source, sync, it } = await limited(2, 9);
    await sync();
    // Gone without a word in the log.
    const [gone = ""] = (await it.stored()).keys();
    source.store.files.delete(gone);
    let removed = 0;
    for (let n = 0; n < 4; n++) removed += (await sync()).removed;
    expect(removed).toBe(1);
    expect((await it.stored()).size).toBe(8);
  });

  test("the newest of all shared drives come first, not drive by drive", async () => {
    const { sync, titles } = await drive.start({
      bench: { documentLimit: 4 },
      fill: (fake) => {
        fake.store.addDrive("0Aone", "One", "ada");
        fake.store.addDrive("0Atwo", "Two", "ada");
        const places = [fake.store.root("ada"), "0Aone", "0Atwo"];
        for (let n = 0; n < 9; n++)
          fake.add({
            name: `File ${n}`,
            mimeType: mimes.doc,
            parent: places[n % 3] ?? null,
            body: { text: `Words ${n}` },
            modifiedMs: start + n,
          });
      },
    });
    await sync();
    expect(await titles()).toEqual(["File 5", "File 6", "File 7", "File 8"]);
    await sync();
    expect(await titles()).toHaveLength(8);
  });

  test("an account of which Google does not keep the order is synced completely, too", async () => {
    const { source, sync, it } = await limited(3, 10);
    source.drive.mostPerPage = 4;
    const real = source.drive.answer.bind(source.drive);
    source.drive.answer = (url, account) => {
      if (url.pathname.endsWith("/files")) url.searchParams.set("orderBy", "name");
      return real(url, account);
    };
    for (let n = 0; n < 12 && (await it.stored()).size < 10; n++) await sync();
    expect((await it.stored()).size).toBe(10);
    expect(await sync()).toMatchObject({ removed: 0 });
  });
});

describe("what an unchanged Drive costs (figure 21)", () => {
  test("10,000 files: two requests, nothing downloaded; twelve to compare everything", async () => {
    const { source, sync } = await drive.start({
      connector: unpaced,
      fill: files(10_000),
      bench: { engine: { extractor: plainExtractor } },
    });
    expect(await sync()).toMatchObject({ new: 10_000 });
    const began = performance.now();
    expect(await sync()).toMatchObject({ new: 0, changed: 0, reads: 0, listings: 2 });
    expect(performance.now() - began).toBeLessThan(5_000);
    source.store.update(source.add({ name: "Folder", mimeType: mimes.folder, createdMs: 0 }), { name: "Renamed" });
    expect(await sync()).toMatchObject({ same: 10_000, reads: 0, listings: 12 });
  });

  test("after a week everything is compared, whatever the log says", async () => {
    let now = Date.UTC(2026, 0, 1);
    const { source, sync } = await drive.start({ bench: { engine: { now: () => new Date(now) } } });
    source.add({ name: "One.txt", body: { text: "One." } });
    source.add({ name: "Two.txt", body: { text: "Two." } });
    await sync();
    expect(await sync()).toMatchObject({ same: 0 });
    now += 8 * 86_400_000;
    expect(await sync()).toMatchObject({ same: 2, reads: 0 });
    expect(await sync()).toMatchObject({ same: 0 });
  });
});
