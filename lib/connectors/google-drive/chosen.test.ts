import { describe, expect, test } from "vitest";
import { sharedWithMe } from "./config.ts";
import { mimes } from "./fake/store.ts";
import { driveTests } from "./testing/drive-tests.ts";

const drive = driveTests();
const doc = (name: string, parent?: string) => ({
  name,
  mimeType: mimes.doc,
  body: { text: `${name} says hello.` },
  ...(parent === undefined ? {} : { parent }),
});
/** Folders made long ago: new ones need no second look. */
const folder = (id: string, parent?: string) => ({
  id,
  name: id,
  mimeType: mimes.folder,
  createdMs: 0,
  ...(parent === undefined ? {} : { parent }),
});

/** chosen/deep/deeper with a file in each, other with one, one at the top. */
function tree(source: { add: (file: ReturnType<typeof doc> | ReturnType<typeof folder>) => string }) {
  source.add(folder("chosen"));
  source.add(folder("deep", "chosen"));
  source.add(folder("deeper", "deep"));
  source.add(folder("other"));
  return {
    inChosen: source.add(doc("In chosen", "chosen")),
    inDeep: source.add(doc("In deep", "deep")),
    inDeeper: source.add(doc("In deeper", "deeper")),
    inOther: source.add(doc("In other", "other")),
    top: source.add(doc("Top")),
  };
}
const chosen = { id: "chosen", kind: "folder" } as const;

describe("chosen files and folders", () => {
  test("nothing is synced, and nothing asked for, before somebody chooses", async () => {
    const { source, sync } = await drive.start({ choose: [], fill: tree });
    expect(await sync()).toMatchObject({ new: 0, listings: 0, reads: 0 });
    expect(source.counts.total).toBe(0);
  });

  test("a folder brings everything below it, and nothing else", async () => {
    const { sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    expect(await titles()).toEqual(["In chosen", "In deep", "In deeper"]);
  });

  test("many folders are asked for together", async () => {
    const { sync, it } = await drive.start({
      choose: [chosen],
      fill: (source) => {
        source.add(folder("chosen"));
        for (let n = 0; n < 90; n++) {
          source.add(folder(`folder ${n}`, "chosen"));
          source.add(doc(`Doc ${n}`, `folder ${n}`));
        }
      },
    });
    const run = await sync();
    expect((await it.stored()).size).toBe(90);
    expect(run.listings).toBeLessThan(15);
  });

  test("single files work, wherever they are, and leave when they are deleted", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [
        { id: "one", kind: "file" },
        { id: "two", kind: "file" },
      ],
      fill: (fake) => {
        tree(fake);
        fake.add({ ...doc("One", "other"), id: "one" });
        fake.add({ ...doc("Two"), id: "two" });
      },
    });
    await sync();
    expect(await titles()).toEqual(["One", "Two"]);
    source.store.update("one", { body: { text: "One has changed." } });
    source.store.move("one", "deep");
    expect(await sync()).toMatchObject({ changed: 1, removed: 0, reads: 1 });
    source.store.delete("two");
    await sync();
    expect(await titles()).toEqual(["One"]);
  });

  test("files that come into the choice, or leave it, are stored or removed", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    const ids = Object.fromEntries([...source.store.files.values()].map(({ name, id }) => [name, id]));
    source.store.move(ids["Top"] ?? "", "deeper");
    source.store.move(ids["In deep"] ?? "", "other");
    source.store.add(doc("New", "deep"));
    source.store.add(doc("Elsewhere", "other"));
    expect(await sync()).toMatchObject({ new: 2, removed: 1, changed: 0, reads: 2 });
    expect(await titles()).toEqual(["In chosen", "In deeper", "New", "Top"]);
  });

  test("a folder that is moved out takes its files along, though the log names the folder alone; back in, nothing is read again", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    source.store.move("deep", "other");
    expect(await sync()).toMatchObject({ removed: 2, reads: 0 });
    expect(await titles()).toEqual(["In chosen"]);
    source.store.move("deep", "chosen");
    expect(await sync()).toMatchObject({ new: 2, reads: 0 });
    expect(await titles()).toEqual(["In chosen", "In deep", "In deeper"]);
  });

  test("a folder that is moved in brings its files", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    source.store.move("other", "deeper");
    expect(await sync()).toMatchObject({ new: 1, reads: 1 });
    expect(await titles()).toContain("In other");
  });

  test("a folder that was only renamed costs no download; a new one not even a listing", async () => {
    const { source, sync } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    source.store.update("deep", { name: "renamed" });
    expect(await sync()).toMatchObject({ same: 3, removed: 0, reads: 0 });
    source.clear();
    source.add({ ...folder("fresh", "chosen"), createdMs: Date.now() + 3_600_000 });
    source.add(doc("In fresh", "fresh"));
    expect(await sync()).toMatchObject({ new: 1 });
    expect(source.log.filter((path) => path.startsWith("/drive/v3/files?"))).toEqual([]);
  });

  test("changes outside the choice cost no download", async () => {
    const { source, sync } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    for (let n = 0; n < 20; n++) source.add(doc(`Elsewhere ${n}`, "other"));
    expect(await sync()).toMatchObject({ new: 0, reads: 0 });
  });

  test("a wider choice reads only what is new in it; a narrower one removes under the guard", async () => {
    const { sync, titles, choose } = await drive.start({ choose: [chosen], fill: tree });
    await sync();
    await choose(chosen, { id: "other", kind: "folder" });
    expect(await sync()).toMatchObject({ new: 1, reads: 1, removed: 0 });
    expect(await titles()).toContain("In other");
    await choose(chosen);
    expect(await sync()).toMatchObject({ removed: 1, reads: 0 });
    expect(await titles()).toEqual(["In chosen", "In deep", "In deeper"]);
  });

  test("what was chosen and is gone is listed with its name, and the rest is synced", async () => {
    const { sync, titles, issues } = await drive.start({
      choose: [chosen, { id: "nowhere", kind: "folder" }],
      fill: tree,
    });
    await sync();
    expect(await titles()).toHaveLength(3);
    expect(await issues()).toMatchObject([{ title: "chosen nowhere", reason: "missing", verdict: "skipped" }]);
  });

  test("“Shared with me” brings what others share, with the folders among it", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [{ id: sharedWithMe, kind: "folder" }],
      fill: (fake) => {
        tree(fake);
        fake.add({ ...folder("theirs"), owner: "grace", sharedWith: ["ada"] });
        fake.add({ ...doc("In theirs", "theirs"), owner: "grace" });
        fake.add({ ...doc("Theirs alone"), owner: "grace", sharedWith: ["ada"] });
        fake.add({ ...doc("Not shared"), owner: "grace" });
      },
    });
    await sync();
    expect(await titles()).toEqual(["In theirs", "Theirs alone"]);
    source.add({ ...doc("Later", "theirs"), owner: "grace" });
    source.add(doc("Mine"));
    expect(await sync()).toMatchObject({ new: 1 });
  });

  test("a folder that vanishes while the others are listed does not stop them", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    source.before = (url) => {
      if (url.searchParams.get("orderBy") !== null) source.store.delete("deeper");
    };
    await sync();
    expect(await titles()).toEqual(["In chosen", "In deep"]);
  });
});

describe("shared drives", () => {
  const shared = (source: { store: { addDrive: (...args: [string, string, ...string[]]) => unknown } }) => {
    source.store.addDrive("0Ateam", "Team", "ada", "grace");
    source.store.addDrive("0Asecret", "Secret", "grace");
  };

  test("everything: the drives the account is a member of, each with a log of its own", async () => {
    const { source, sync, titles } = await drive.start({ fill: shared });
    source.add(doc("Mine"));
    const id = source.add(doc("Ours", "0Ateam"));
    source.add(doc("Secret", "0Asecret"));
    await sync();
    expect(await titles()).toEqual(["Mine", "Ours"]);
    // The account's own log says nothing about it.
    source.store.update(id, { body: { text: "Ours has changed." } });
    source.add(doc("Ours too", "0Ateam"));
    expect(await sync()).toMatchObject({ changed: 1, new: 1, reads: 2 });
    source.store.delete(id);
    expect(await sync()).toMatchObject({ removed: 1 });
  });

  test("a drive the account joins is synced, one it leaves is removed, and nothing is read twice", async () => {
    const { source, sync, titles } = await drive.start({ fill: shared });
    for (let n = 0; n < 3; n++) source.add(doc(`Mine ${n}`));
    source.add(doc("Ours", "0Ateam"));
    source.add(doc("Secret", "0Asecret"));
    await sync();
    source.store.setMember("0Asecret", "ada", true);
    expect(await sync()).toMatchObject({ new: 1, reads: 1 });
    expect(await titles()).toContain("Secret");
    source.store.setMember("0Ateam", "ada", false);
    expect(await sync()).toMatchObject({ removed: 1, reads: 0 });
    expect(await titles()).not.toContain("Ours");
  });

  test("a chosen drive, or a folder in one, is followed by that drive's log", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [{ id: "inside", kind: "folder" }],
      fill: (fake) => {
        shared(fake);
        fake.add(folder("inside", "0Ateam"));
        fake.add(doc("Inside", "inside"));
        fake.add(doc("Beside", "0Ateam"));
      },
    });
    await sync();
    expect(await titles()).toEqual(["Inside"]);
    source.add(doc("Also inside", "inside"));
    source.add(doc("Also beside", "0Ateam"));
    expect(await sync()).toMatchObject({ new: 1, reads: 1 });
  });

  test("a folder of a shared drive whose member the account is not is synced and followed, too", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [{ id: "plans", kind: "folder" }],
      fill({ store }) {
        store.addDrive("0Atheirs", "Theirs", "bob");
        store.add({ id: "plans", name: "Plans", mimeType: mimes.folder, parent: "0Atheirs", sharedWith: ["ada"] });
        store.add({ id: "old", name: "Old plans", mimeType: mimes.folder, parent: "plans" });
        store.add({ name: "Plan.txt", parent: "plans", body: { text: "Plan." } });
        store.add({ name: "Old plan.txt", parent: "old", body: { text: "Old plan." } });
        store.add({ name: "Secret.txt", parent: "0Atheirs", body: { text: "Not for us." } });
      },
    });
    await sync();
    expect(await titles()).toEqual(["Old plan.txt", "Plan.txt"]);
    source.add({ name: "New plan.txt", parent: "old", body: { text: "New plan." } });
    expect(await sync()).toMatchObject({ new: 1, removed: 0 });
  });

  test("a whole drive can be chosen, and what it loses is removed", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [{ id: "0Ateam", kind: "drive" }],
      fill: (fake) => {
        shared(fake);
        fake.add(doc("Mine"));
        for (let n = 0; n < 4; n++) fake.add(doc(`Ours ${n}`, "0Ateam"));
      },
    });
    await sync();
    expect(await titles()).toEqual(["Ours 0", "Ours 1", "Ours 2", "Ours 3"]);
    const id = [...source.store.files.values()].find(({ name }) => name === "Ours 3")?.id ?? "";
    source.store.move(id, source.store.root("ada"));
    expect(await sync()).toMatchObject({ removed: 1 });
  });

  test("a chosen drive that the account leaves goes, and comes back when it is a member again", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [
        { id: "0Ateam", kind: "drive" },
        { id: "mine", kind: "folder" },
      ],
      fill(fake) {
        fake.store.addDrive("0Ateam", "Team", "ada");
        fake.add({ ...doc("In team"), parent: "0Ateam" });
        fake.add(folder("mine"));
        for (const name of ["Mine 1", "Mine 2", "Mine 3"]) fake.add(doc(name, "mine"));
      },
    });
    await sync();
    source.store.setMember("0Ateam", "ada", false);
    expect(await sync()).toMatchObject({ removed: 1 });
    await sync();
    source.store.setMember("0Ateam", "ada", true);
    await sync();
    expect(await titles()).toContain("In team");
    source.add({ ...doc("Later"), parent: "0Ateam" });
    expect(await sync()).toMatchObject({ new: 1 });
  });

  test("a file that moves from My Drive to a shared drive stays one document", async () => {
    const { source, sync, it } = await drive.start({ fill: shared });
    const id = source.add(doc("Wanders"));
    source.add(doc("Stays"));
    await sync();
    const [before] = [...(await it.stored()).keys()].filter((key) => key === id);
    source.store.move(id, "0Ateam");
    expect(await sync()).toMatchObject({ new: 0, removed: 0 });
    expect([...(await it.stored()).keys()]).toContain(before);
    expect((await it.stored()).size).toBe(2);
  });
});

describe("shortcuts", () => {
  const shortcut = (name: string, target: string, parent: string) => ({
    name,
    mimeType: mimes.shortcut,
    target,
    parent,
  });

  test("stand for their target, which is stored once however many lead to it", async () => {
    const { source, sync, it, texts } = await drive.start({ choose: [chosen], fill: tree });
    const outside = source.add(doc("Outside", "other"));
    source.add(shortcut("First", outside, "chosen"));
    source.add(shortcut("Second", outside, "deep"));
    const inside = [...source.store.files.values()].find(({ name }) => name === "In chosen")?.id ?? "";
    source.add(shortcut("To what is here anyway", inside, "deeper"));
    expect(await sync()).toMatchObject({ new: 4, reads: 4 });
    expect([...(await it.stored()).keys()]).toContain(outside);
    expect([...(await texts()).keys()]).toEqual(["In chosen", "In deep", "In deeper", "Outside"]);
  });

  test("a change of the target is read, though the shortcut has not changed", async () => {
    const { source, sync, texts } = await drive.start({ choose: [chosen], fill: tree });
    const outside = source.add(doc("Outside", "other"));
    source.add(shortcut("Shortcut", outside, "chosen"));
    await sync();
    source.store.update(outside, { body: { text: "The target has changed." } });
    expect(await sync()).toMatchObject({ changed: 1, removed: 0, reads: 1 });
    expect((await texts()).get("Outside")).toBe("The target has changed.");
  });

  test("with the last shortcut its target leaves; while another one or the file itself is there, it stays", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    const outside = source.add(doc("Outside", "other"));
    const first = source.add(shortcut("First", outside, "chosen"));
    const second = source.add(shortcut("Second", outside, "deep"));
    const inside = [...source.store.files.values()].find(({ name }) => name === "In chosen")?.id ?? "";
    const third = source.add(shortcut("Third", inside, "deep"));
    await sync();
    source.store.update(first, { trashed: true });
    source.store.update(third, { trashed: true });
    expect(await sync()).toMatchObject({ removed: 0, reads: 0 });
    source.store.delete(second);
    expect(await sync()).toMatchObject({ removed: 1, reads: 0 });
    expect(await titles()).not.toContain("Outside");
  });

  test("one that leads to nothing, or to what is not shared, is named with the reason", async () => {
    const { source, sync, issues, titles } = await drive.start({ choose: [chosen], fill: tree });
    source.add(shortcut("Dangling", "deleted-long-ago", "chosen"));
    source.add(shortcut("Forbidden", source.add({ ...doc("Hers"), owner: "grace" }), "chosen"));
    source.add(shortcut("Trashed", source.add({ ...doc("Old", "other"), trashed: true }), "chosen"));
    await sync();
    expect(await titles()).toHaveLength(3);
    expect(await issues()).toMatchObject([
      { title: "Dangling", reason: "missing", detail: expect.stringContaining("deleted or is not shared") as string },
      { title: "Forbidden", reason: "missing" },
      { title: "Trashed", reason: "missing", detail: expect.stringContaining("trash") as string },
    ]);
  });

  test("one that leads to a folder brings what is in it, also what is added later; circles end", async () => {
    const { source, sync, titles } = await drive.start({ choose: [chosen], fill: tree });
    source.add(shortcut("Other", "other", "chosen"));
    source.add(shortcut("Back", "chosen", "other"));
    await sync();
    expect(await titles()).toEqual(["In chosen", "In deep", "In deeper", "In other"]);
    source.add(doc("Later", "other"));
    expect(await sync()).toMatchObject({ new: 1, reads: 1 });
    expect(await titles()).toContain("Later");
  });

  test("without the shortcut to its folder a file leaves, even if it was edited meanwhile", async () => {
    const { source, sync, titles } = await drive.start({
      choose: [chosen],
      fill: ({ store }) => {
        store.add(folder("chosen"));
        store.add(folder("linked"));
        store.add({ id: "file", ...doc("In linked", "linked") });
        store.add({ ...doc("In chosen", "chosen") });
        store.add({ id: "to", name: "To linked", mimeType: mimes.shortcut, parent: "chosen", target: "linked" });
      },
    });
    await sync();
    expect(await titles()).toEqual(["In chosen", "In linked"]);
    source.store.update("file", { body: { text: "Edited." } });
    source.store.delete("to");
    await sync();
    await sync();
    expect(await titles()).toEqual(["In chosen"]);
  });

  test("everything: a shortcut to a link-shared file of somebody else is followed, too", async () => {
    const { source, sync, titles } = await drive.start();
    const hers = source.add({ ...doc("Hers"), owner: "grace", sharedWith: ["ada"] });
    source.add({ name: "Shortcut", mimeType: mimes.shortcut, target: hers });
    expect(await sync()).toMatchObject({ new: 1 });
    expect(await titles()).toEqual(["Hers"]);
  });
});
