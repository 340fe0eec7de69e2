import { describe, expect, test } from "vitest";
import { Died } from "#lib/sync/failpoint.ts";
import { googleError, type Answer } from "./fake/answers.ts";
import { mimes } from "./fake/store.ts";
import { driveTests } from "./testing/drive-tests.ts";

const drive = driveTests();
const doc = (name: string, text = `${name} says hello.`) => ({ name, mimeType: mimes.doc, body: { text } });
const exportOf = (id: string | undefined) => new RegExp(`/files/${id}/export`);
const markdown = (body: string): Answer => ({ status: 200, type: "text/markdown", body });
const json = (body: unknown): Answer => ({ status: 200, type: "application/json", body: JSON.stringify(body) });

describe("the log of changes", () => {
  test("the place in the log is taken before anything is listed", async () => {
    const { source, sync } = await drive.start();
    source.add(doc("One"));
    await sync();
    const token = source.log.findIndex((path) => path.includes("startPageToken"));
    const listing = source.log.findIndex((path) => path.startsWith("/drive/v3/files?"));
    expect(token).toBeGreaterThanOrEqual(0);
    expect(token).toBeLessThan(listing);
  });

  test("what changes while the first listing goes on is read by the next sync (C10)", async () => {
    const { source, sync, texts } = await drive.start();
    source.drive.mostPerPage = 2;
    const ids = ["A", "B", "C", "D", "E", "F"].map((name) => source.add(doc(name, `${name} first edition`)));
    let pages = 0;
    source.before = (url) => {
      if (!url.pathname.endsWith("/files") || ++pages !== 2) return;
      // The oldest moves to the top, to a page that was turned already; another one is new; a third one goes.
      source.store.update(ids[0] ?? "", { body: { text: "A second edition" } });
      source.add(doc("G"));
      source.store.delete(ids[5] ?? "");
    };
    await sync();
    source.before = () => {};
    await sync();
    const stored = await texts();
    expect([...stored.keys()]).toEqual(["A", "B", "C", "D", "E", "G"]);
    expect(stored.get("A")).toBe("A second edition");
  });

  test("a complete listing in which a file moved to a page already turned does not remove it (C10)", async () => {
    const { source, sync, titles } = await drive.start();
    source.drive.mostPerPage = 2;
    const folder = source.add({ name: "Folder", mimeType: mimes.folder, createdMs: 0 });
    const ids = ["A", "B", "C", "D", "E", "F"].map((name) => source.add(doc(name)));
    await sync();
    source.store.update(folder, { name: "Renamed" });
    let pages = 0;
    source.before = (url) => {
      if (url.pathname.endsWith("/files") && ++pages === 2)
        source.store.update(ids[0] ?? "", { body: { text: "A second edition" } });
    };
    expect(await sync()).toMatchObject({ removed: 0, held: 0 });
    source.before = () => {};
    expect(await sync()).toMatchObject({ removed: 0 });
    expect(await titles()).toEqual(["A", "B", "C", "D", "E", "F"]);
  });

  test("a run that dies between two pages of the log goes on from there, and nothing is lost", async () => {
    const { source, sync, it, texts } = await drive.start();
    const ids = Array.from({ length: 6 }, (_, n) => source.add(doc(`Doc ${n}`)));
    await sync();
    source.drive.mostPerPage = 2;
    for (const id of ids) source.store.update(id, { body: { text: `new text of ${id}` } });
    const runId = await it.enqueue();
    let commits = 0;
    await expect(
      it.execute(runId, {
        failpoint: (at) => {
          if (at === "after commit" && ++commits === 1) throw new Died();
        },
      }),
    ).rejects.toThrow(Died);
    expect(await it.execute(runId)).toBe("completed");
    await sync();
    expect([...(await texts()).values()].toSorted()).toEqual(ids.map((id) => `new text of ${id}`).toSorted());
  });

  test("a file in the trash leaves, and comes back without being read again", async () => {
    const { source, sync, titles } = await drive.start();
    const [, id] = [source.add(doc("Stays")), source.add(doc("Goes"))];
    await sync();
    source.store.update(id, { trashed: true });
    expect(await sync()).toMatchObject({ removed: 1, reads: 0 });
    expect(await titles()).toEqual(["Stays"]);
    source.store.update(id, { trashed: false });
    await sync();
    expect(await titles()).toEqual(["Goes", "Stays"]);
  });

  test("a folder in the trash takes everything below it along, though the log names the folder alone", async () => {
    const { source, sync, titles } = await drive.start();
    const folder = source.add({ name: "Folder", mimeType: mimes.folder, createdMs: 0 });
    const below = source.add({ name: "Below", mimeType: mimes.folder, parent: folder, createdMs: 0 });
    source.add({ ...doc("In"), parent: folder });
    source.add({ ...doc("Deep"), parent: below });
    source.add(doc("Out"));
    await sync();
    source.store.update(folder, { trashed: true });
    expect(await sync()).toMatchObject({ removed: 2, reads: 0 });
    expect(await titles()).toEqual(["Out"]);
    source.store.update(folder, { trashed: false });
    expect(await sync()).toMatchObject({ reads: 0 });
    expect(await titles()).toEqual(["Deep", "In", "Out"]);
  });

  test("a folder deleted for good, of which only an id is left, takes its files along", async () => {
    const { source, sync, titles } = await drive.start();
    const folder = source.add({ name: "Folder", mimeType: mimes.folder });
    source.add({ ...doc("In"), parent: folder });
    source.add(doc("Out"));
    source.add(doc("Too"));
    await sync();
    source.store.delete(folder);
    await sync();
    expect(await titles()).toEqual(["Out", "Too"]);
  });

  test("what is not shared any more leaves", async () => {
    const { source, sync, titles } = await drive.start();
    source.add(doc("Mine"));
    const id = source.add({ ...doc("Theirs"), owner: "grace", sharedWith: ["ada"] });
    await sync();
    expect(await titles()).toEqual(["Mine", "Theirs"]);
    source.store.unshare(id, "ada");
    expect(await sync()).toMatchObject({ removed: 1 });
    expect(await titles()).toEqual(["Mine"]);
  });

  test("a new name is stored; nothing is stored twice", async () => {
    const { source, sync, titles } = await drive.start();
    const id = source.add({ name: "old.txt", body: { text: "The same bytes as before." } });
    await sync();
    source.store.update(id, { name: "new.txt" });
    expect(await sync()).toMatchObject({ new: 0, changed: 1 });
    expect(await titles()).toEqual(["new.txt"]);
  });

  test("a change that touches neither name nor bytes costs no download", async () => {
    const { source, sync } = await drive.start();
    const id = source.add({ name: "a.txt", body: { text: "Bytes." } });
    await sync();
    source.store.share(id, "grace");
    expect(await sync()).toMatchObject({ changed: 0, reads: 0 });
  });

  test("a Doc whose counter rises without new text is not changed", async () => {
    const { source, sync } = await drive.start();
    const id = source.add(doc("Doc"));
    await sync();
    source.store.share(id, "grace");
    expect(await sync()).toMatchObject({ changed: 0, reads: 1 });
  });

  test("of an item that is named thrice in a page the last state counts (C11)", async () => {
    const { source, sync, titles } = await drive.start();
    const kept = source.add(doc("Kept"));
    const gone = source.add(doc("Gone"));
    await sync();
    const file = (id: string, version: string) => ({ id, name: id, mimeType: mimes.doc, version });
    source.store.update(kept, { body: { text: "newest" } });
    source.fault({
      kind: "answer",
      times: 1,
      match: /\/changes\?/,
      answer: json({
        kind: "drive#changeList",
        newStartPageToken: String(source.store.nextSeq),
        changes: [
          { fileId: kept, removed: true },
          { fileId: gone, file: file(gone, "7") },
          { fileId: kept, file: file(kept, "8") },
          { fileId: gone, removed: true },
          { fileId: kept, file: { ...file(kept, "9"), name: "Kept" } },
        ],
      }),
    });
    expect(await sync()).toMatchObject({ removed: 1, changed: 1 });
    expect(await titles()).toEqual(["Kept"]);
  });

  test("an item that changes again while the log is read is read again by the next sync (C11)", async () => {
    const { source, sync, texts } = await drive.start();
    const ids = ["A", "B", "C"].map((name) => source.add(doc(name)));
    await sync();
    source.drive.mostPerPage = 1;
    for (const id of ids) source.store.update(id, { body: { text: "second" } });
    // Read before it changes again, whichever of the two requests comes first.
    source.fault({ kind: "answer", times: 1, match: exportOf(ids[0]), answer: markdown("second") });
    let pages = 0;
    source.before = (url) => {
      if (url.pathname.endsWith("/changes") && ++pages === 2)
        source.store.update(ids[0] ?? "", { body: { text: "third" } });
    };
    await sync();
    expect((await texts()).get("A")).toBe("second");
    source.before = () => {};
    await sync();
    expect((await texts()).get("A")).toBe("third");
  });

  test("what was made and deleted between two syncs leaves no trace", async () => {
    const { source, sync, titles, issues } = await drive.start();
    source.add(doc("One"));
    await sync();
    source.store.delete(source.add(doc("Short-lived")));
    expect(await sync()).toMatchObject({ new: 0, removed: 0, reads: 0 });
    expect(await titles()).toEqual(["One"]);
    expect(await issues()).toEqual([]);
  });
});

describe("a place in the log that Google does not accept any more (C09)", () => {
  for (const [what, answer] of [
    ["400 invalid", googleError(400, "invalid", "Invalid Value", { location: "pageToken" })],
    ["404", googleError(404, "notFound", "Page token not found.", { location: "pageToken" })],
    ["410", googleError(410, "gone", "The page token has expired.")],
  ] as const) {
    test(`${what}: everything is listed again, nothing twice, and only what changed is read`, async () => {
      const { source, sync, texts, it } = await drive.start();
      const ids = Array.from({ length: 12 }, (_, n) => source.add(doc(`Doc ${n}`)));
      await sync();
      source.store.update(ids[3] ?? "", { body: { text: "changed" } });
      source.store.delete(ids[4] ?? "");
      source.add(doc("New"));
      source.fault({ kind: "answer", times: 1, match: /\/changes\?/, answer });
      const run = await sync();
      expect(run).toMatchObject({ new: 1, changed: 1, removed: 1, same: 10, reads: 2 });
      expect(run.notes.join()).toContain("listed again");
      expect((await it.stored()).size).toBe(12);
      expect((await texts()).get("Doc 3")).toBe("changed");
      source.clear();
      expect(await sync()).toMatchObject({ new: 0, changed: 0, removed: 0, reads: 0 });
    });
  }

  test("if most documents are missing then, they are held for a person", async () => {
    const { source, sync, it } = await drive.start();
    const ids = Array.from({ length: 40 }, (_, n) => source.add(doc(`Doc ${n}`)));
    await sync();
    for (const id of ids.slice(0, 36)) source.store.delete(id);
    const answer = googleError(410, "gone", "The page token has expired.");
    source.fault({ kind: "answer", times: 1, match: /\/changes\?/, answer });
    expect(await sync()).toMatchObject({ removed: 0, held: 36 });
    expect((await it.stored()).size).toBe(40);
  });

  test("a page token of the listing that expires is replaced, and the listing goes on", async () => {
    const { source, sync, it } = await drive.start();
    source.drive.mostPerPage = 3;
    for (let n = 0; n < 10; n++) source.add(doc(`Doc ${n}`));
    const answer = googleError(400, "invalid", "Invalid Value", { location: "pageToken" });
    source.fault({ kind: "answer", times: 2, match: /\/files\?.*pageToken/, answer });
    expect(await sync()).toMatchObject({ new: 10 });
    expect((await it.stored()).size).toBe(10);
  });
});

describe("pages that never end (C08)", () => {
  const endless = {
    "the same token for ever": (n: number) => (n >= 0 ? "77" : ""),
    "two tokens in turns": (n: number) => (n % 2 === 0 ? "77" : "78"),
    "empty pages without end": (n: number) => String(1_000 + n),
  };
  for (const [what, next] of Object.entries(endless)) {
    test(`${what}, in the log: the run stops, and every document stays`, async () => {
      const { source, sync, it } = await drive.start();
      const id = source.add(doc("One"));
      await sync();
      let n = 0;
      const changes = what.startsWith("empty") ? [] : [{ fileId: id, removed: false, file: { id, version: "1" } }];
      source.fault({
        kind: "answer",
        times: 300,
        match: /\/changes\?/,
        answer: () => json({ kind: "drive#changeList", changes, nextPageToken: next(n++) }),
      });
      source.counts.listings = 0;
      const { runId, result } = await it.sync();
      expect(result).toBe("failed");
      expect((await it.run(runId)).error).toContain("same page");
      expect(source.counts.listings).toBeLessThan(100);
      expect((await it.stored()).size).toBe(1);
      source.clear();
      await sync();
    });

    test(`${what}, in the listing: the run stops, and every document stays`, async () => {
      const { source, it } = await drive.start();
      const id = source.add(doc("One"));
      let n = 0;
      const files = what.startsWith("empty") ? [] : [{ id, mimeType: mimes.doc, version: "1" }];
      source.fault({
        kind: "answer",
        times: 300,
        match: /\/files\?/,
        answer: () => json({ kind: "drive#fileList", files, nextPageToken: next(n++) }),
      });
      const { runId, result } = await it.sync();
      expect(result).toBe("failed");
      expect((await it.run(runId)).error).toContain("same page");
      expect(source.counts.listings).toBeLessThan(100);
    });
  }

  test("a few empty pages with more to come are turned", async () => {
    const { source, sync } = await drive.start();
    source.add(doc("One"));
    await sync();
    const first = String(source.store.nextSeq);
    source.add(doc("Two"));
    let n = 0;
    source.fault({
      kind: "answer",
      times: 3,
      match: /\/changes\?/,
      // The third one leads back to where the true log goes on.
      answer: () => json({ kind: "drive#changeList", changes: [], nextPageToken: n++ < 2 ? `9${n}` : first }),
    });
    expect(await sync()).toMatchObject({ new: 1 });
  });
});

describe("sharing and failing", () => {
  test("a folder with files in it that was made and shared since the last sync brings them", async () => {
    const { source, sync, titles } = await drive.start();
    source.add(doc("Mine"));
    await sync();
    const later = Date.now() + 3_600_000;
    const folder = source.add({ name: "Hers", mimeType: mimes.folder, owner: "grace", createdMs: later });
    source.add({ ...doc("In hers"), owner: "grace", parent: folder, createdMs: later });
    source.store.share(folder, "ada");
    expect(await sync()).toMatchObject({ new: 1 });
    expect(await titles()).toEqual(["In hers", "Mine"]);
  });

  test("a listing that failed half-way begins again with the next sync; what was stored is neither read nor asked for again", async () => {
    const { source, sync, it } = await drive.start();
    source.drive.mostPerPage = 5;
    for (let n = 0; n < 20; n++) source.add(doc(`Doc ${n}`));
    const answer = googleError(400, "badRequest", "Bad Request");
    let pages = 0;
    source.fault({
      kind: "answer",
      times: 3,
      match: /\/files\?/,
      answer: (url) => (++pages > 2 ? answer : source.drive.answer(url, { id: "ada", email: "", name: "" })),
    });
    expect((await it.sync()).result).toBe("failed");
    const before = (await it.stored()).size;
    expect(before).toBeGreaterThan(0);
    source.clear();
    expect(await sync()).toMatchObject({ new: 20 - before, reads: 20 - before, removed: 0 });
    expect(source.log.filter((path) => /\/files\/[^/]+\?supports/.test(path))).toEqual([]);
    expect((await it.stored()).size).toBe(20);
  });

  test("a log that ends in the middle, after items were decided from it, costs nothing of their newest state", async () => {
    const { source, sync, texts } = await drive.start();
    const ids = ["A", "B", "C", "D"].map((name) => source.add(doc(name)));
    await sync();
    source.drive.mostPerPage = 2;
    for (const id of ids) source.store.update(id, { body: { text: "second" } });
    source.fault({ kind: "answer", times: 1, match: exportOf(ids[0]), answer: markdown("second") });
    let pages = 0;
    source.fault({
      kind: "answer",
      times: 2,
      match: /\/changes\?/,
      answer: (url) => {
        if (++pages === 1) return source.drive.answer(url, { id: "ada", email: "", name: "" });
        // Changed after the first page was read, and the log is lost: only a listing can tell.
        source.store.update(ids[0] ?? "", { body: { text: "third" } });
        return googleError(410, "gone", "The page token has expired.");
      },
    });
    await sync();
    await sync();
    expect(Object.fromEntries(await texts())).toEqual({ A: "third", B: "second", C: "second", D: "second" });
  });
});
