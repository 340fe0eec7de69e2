import { describe, expect, test } from "vitest";
import { googleError, type Answer } from "./fake/answers.ts";
import { mimes } from "./fake/store.ts";
import { driveTests } from "./testing/drive-tests.ts";

const drive = driveTests();
const doc = (name: string) => ({ name, mimeType: mimes.doc, body: { text: `${name} says hello.` } });
const json = (body: unknown): Answer => ({ status: 200, type: "application/json", body: JSON.stringify(body) });

describe("Google asks to slow down (C06)", () => {
  const reasons = ["userRateLimitExceeded", "rateLimitExceeded", "dailyLimitExceeded", "sharingRateLimitExceeded"];
  for (const reason of reasons) {
    test(`403 ${reason}: the run waits and goes on where it was`, async () => {
      const { source, it, rested } = await drive.start();
      for (let n = 0; n < 5; n++) source.add(doc(`Doc ${n}`));
      const answer = googleError(403, reason, "Slow down", { domain: "usageLimits" });
      source.fault({ kind: "answer", times: 1, match: /\/files\?/, answer });
      const runId = await it.enqueue();
      expect(await it.execute(runId)).toBe("yielded");
      const waiting = await it.run(runId);
      const seconds = ((waiting.waiting_until?.getTime() ?? 0) - Date.now()) / 1_000;
      expect(seconds).toBeGreaterThan(reason === "dailyLimitExceeded" ? 3_000 : 20);
      expect(seconds).toBeLessThan(3_700);
      await rested();
      expect(await it.execute(runId)).toBe("completed");
      expect((await it.stored()).size).toBe(5);
    });
  }

  for (const [said, least, most] of [
    ["45", 40, 46],
    ["1000000000", 3_000, 3_601],
    ["0", 20, 31],
    ["-5", 20, 31],
    ["soon", 20, 31],
  ] as const) {
    test(`Retry-After: ${said} with a 403 is believed within reason`, async () => {
      const { source, it, rested } = await drive.start();
      source.add(doc("One"));
      const answer = googleError(403, "userRateLimitExceeded", "Slow down", { headers: { "retry-after": said } });
      source.fault({ kind: "answer", times: 1, on: "read", answer });
      const runId = await it.enqueue();
      expect(await it.execute(runId)).toBe("yielded");
      const seconds = (((await it.run(runId)).waiting_until?.getTime() ?? 0) - Date.now()) / 1_000;
      expect(seconds).toBeGreaterThan(least);
      expect(seconds).toBeLessThanOrEqual(most);
      await rested();
      expect(await it.execute(runId)).toBe("completed");
    });
  }

  test("throttled calls do not use up the tries meant for faults", async () => {
    const { source, it, rested } = await drive.start();
    for (let n = 0; n < 3; n++) source.add(doc(`Doc ${n}`));
    const answer = googleError(403, "userRateLimitExceeded", "Slow down");
    source.fault({ kind: "answer", times: 12, match: /\/files\?/, answer });
    const runId = await it.enqueue();
    for (let n = 0; n < 12; n++) {
      expect(await it.execute(runId)).toBe("yielded");
      await rested();
    }
    source.fault({ kind: "status", status: 500, times: 2, on: "listing" });
    expect(await it.execute(runId)).toBe("completed");
    expect(await it.run(runId)).toMatchObject({ new: 3, failed: 0 });
  });

  test("any other 403 says what to do about it, and is no reason to wait", async () => {
    const { source, it } = await drive.start();
    source.add(doc("One"));
    for (const [answer, kind, text] of [
      [googleError(403, "accessNotConfigured", "Access Not Configured."), "denied", "Enable the Google Drive API"],
      [googleError(403, "insufficientPermissions", "Insufficient Permission"), "reauth", "Reconnect it"],
      [
        googleError(403, "domainPolicy", "The domain administrators have disabled Drive apps."),
        "denied",
        "administrator",
      ],
      [googleError(403, "forbidden", "Forbidden"), "denied", "Give the account permission"],
    ] as const) {
      source.fault({ kind: "answer", times: 100, on: "listing", answer });
      const { runId, result } = await it.sync();
      expect(result).toBe("failed");
      const run = await it.run(runId);
      expect(run.failure_kind).toBe(kind);
      expect(run.error).toContain(text);
      source.clear();
    }
  });
});

describe("answers that are none (C07)", () => {
  const page = "<!doctype html><title>Sign in</title>";
  const broken: readonly (readonly [string, Answer])[] = [
    ["a web page with status 200", { status: 200, type: "text/html", body: page }],
    ["JSON that breaks off", { status: 200, type: "application/json", body: '{"kind":"drive#fileList","files":[' }],
    ["500", googleError(500, "backendError", "Backend Error")],
  ];
  for (const [what, answer] of broken) {
    test(`${what}, twice: the same set`, async () => {
      const { source, sync, it } = await drive.start();
      for (let n = 0; n < 4; n++) source.add(doc(`Doc ${n}`));
      source.fault({ kind: "answer", times: 2, match: /\/files\?/, answer });
      expect(await sync()).toMatchObject({ new: 4, failed: 0 });
      expect((await it.stored()).size).toBe(4);
    });

    test(`${what}, for ever: the run fails with its cause, and every document stays`, async () => {
      const { source, sync, it } = await drive.start();
      for (let n = 0; n < 4; n++) source.add(doc(`Doc ${n}`));
      await sync();
      source.fault({ kind: "answer", times: 10_000, on: "listing", answer });
      const { runId, result } = await it.sync();
      expect(result).toBe("failed");
      expect((await it.run(runId)).error).toContain("Google Drive");
      expect((await it.stored()).size).toBe(4);
    });
  }

  test("an answer without its list is a fault, not an empty Drive", async () => {
    const { source, sync, it } = await drive.start();
    for (let n = 0; n < 3; n++) source.add(doc(`Doc ${n}`));
    await sync();
    source.store.update(source.add({ name: "Old", mimeType: mimes.folder, createdMs: 0 }), { name: "Renamed" });
    source.fault({ kind: "answer", times: 100, match: /\/files\?/, answer: json({ error: null }) });
    const { result } = await it.sync();
    expect(result).toBe("failed");
    expect((await it.stored()).size).toBe(3);
  });

  test("a listing of 200 MB is not read to its end", async () => {
    const { source, it } = await drive.start();
    const answer = { status: 200, type: "application/json", body: Buffer.alloc(200 * 1024 * 1024, " ") };
    source.fault({ kind: "answer", times: 1, match: /\/files\?/, answer });
    const { runId, result } = await it.sync();
    expect(result).toBe("failed");
    expect((await it.run(runId)).error).toMatch(/larger|too large|more than/i);
  });
});

describe("listings that are not to be believed (C14)", () => {
  /** A change that makes everything be listed again. */
  const stir = (source: {
    add: (file: object) => string;
    store: { update: (id: string, change: object) => unknown };
  }) => source.store.update(source.add({ name: "Old", mimeType: mimes.folder, createdMs: 0 }), { name: "Renamed" });

  test("incompleteSearch: what is missing stays, and the next sync compares again", async () => {
    const { source, sync, it } = await drive.start();
    const ids = Array.from({ length: 8 }, (_, n) => source.add(doc(`Doc ${n}`)));
    await sync();
    stir(source);
    source.drive.incomplete = true;
    // Gone from the listing, though still there: a search that did not look everywhere.
    const hidden = ids.slice(0, 2).map((id) => source.file(id));
    for (const file of hidden) source.store.files.delete(file.id);
    const run = await sync();
    expect(run).toMatchObject({ removed: 0, held: 0 });
    expect(run.notes.join()).toContain("did not search everywhere");
    expect((await it.stored()).size).toBe(8);
    source.drive.incomplete = false;
    expect(await sync()).toMatchObject({ removed: 2, reads: 0 });
  });

  test("a search that omits a file that is there removes nothing: it is asked for by its id", async () => {
    const { source, sync, it } = await drive.start();
    for (let n = 0; n < 8; n++) source.add(doc(`Doc ${n}`));
    await sync();
    stir(source);
    source.fault({ kind: "answer", times: 1, match: /\/files\?/, answer: json({ kind: "drive#fileList", files: [] }) });
    expect(await sync()).toMatchObject({ removed: 0, held: 0, reads: 0 });
    expect((await it.stored()).size).toBe(8);
  });

  test("everything missing at once, by every account of it, is kept until a second listing or a person agrees", async () => {
    const { source, sync, it } = await drive.start();
    for (let n = 0; n < 8; n++) source.add(doc(`Doc ${n}`));
    await sync();
    stir(source);
    source.fault({ kind: "answer", times: 1, match: /\/files\?/, answer: json({ kind: "drive#fileList", files: [] }) });
    source.fault({
      kind: "answer",
      times: 8,
      match: /\/files\/f/,
      answer: googleError(404, "notFound", "File not found: ."),
    });
    expect(await sync()).toMatchObject({ removed: 0 });
    expect((await it.stored()).size).toBe(8);
  });
});

describe("odd items", () => {
  test("times in 2099, in 1970, missing, or in another zone lose nothing (C13)", async () => {
    const { source, sync, it } = await drive.start({ bench: { documentLimit: 2 } });
    source.add({ ...doc("Future"), modifiedMs: Date.UTC(2099, 0, 1) });
    source.add({ ...doc("Past"), modifiedMs: 0 });
    source.add({ ...doc("None"), odd: { modifiedTime: undefined } });
    source.add({ ...doc("Nonsense"), odd: { modifiedTime: "yesterday" } });
    source.add({ ...doc("Zone"), odd: { modifiedTime: "2025-05-03T12:00:00+05:00" } });
    source.add(doc("Normal"));
    for (let n = 0; n < 8 && (await it.stored()).size < 6; n++) await sync();
    expect((await it.stored()).size).toBe(6);
    const id = source.add({ ...doc("Edited"), modifiedMs: 5 });
    await sync();
    source.store.update(id, { body: { text: "Edited in the past." }, modifiedMs: 4 });
    expect(await sync()).toMatchObject({ changed: 1 });
  });

  test("ten files of the very same millisecond, two a sync, all get their turn (C13)", async () => {
    const { source, sync, it } = await drive.start({ bench: { documentLimit: 2 } });
    for (let n = 0; n < 10; n++) source.add({ ...doc(`Doc ${n}`), modifiedMs: 1_700_000_000_000 });
    for (let n = 0; n < 5; n++) expect(await sync()).toMatchObject({ new: 2 });
    expect((await it.stored()).size).toBe(10);
  });

  test("added, missing and unknown fields, no title, a title of 2 MB: stored; without an id there is nothing to store (C16)", async () => {
    const { source, sync, titles } = await drive.start();
    source.add({ ...doc("Extra"), odd: { brandNew: { deep: [1] } } });
    source.add({ ...doc("Untitled one"), odd: { name: null } });
    source.add({ ...doc("Numbered"), odd: { name: 7, owners: "nobody", parents: "none", capabilities: 3 } });
    source.add({ ...doc("Long"), odd: { name: "x".repeat(2_000_000) } });
    source.add({ ...doc("No version"), odd: { version: undefined, webViewLink: undefined } });
    source.add({ ...doc("No id"), odd: { id: undefined } });
    source.add({ name: "Unknown kind", mimeType: "application/vnd.google-apps.hologram" });
    expect(await sync()).toMatchObject({ new: 5, skipped: 1, failed: 0 });
    const stored = await titles();
    expect(stored.filter((title) => title === "Untitled")).toHaveLength(2);
    expect(stored.some((title) => title.startsWith("xxx") && title.length <= 1_000)).toBe(true);
    expect(stored).toContain("Extra");
  });

  test("entries of the log without an id, or of a kind that does not exist yet, are passed over (C16)", async () => {
    const { source, sync } = await drive.start();
    source.add(doc("One"));
    await sync();
    source.add(doc("Two"));
    const real = source.drive.answer.bind(source.drive);
    source.drive.answer = (url, account) => {
      const answer = real(url, account);
      if (!url.pathname.endsWith("/changes")) return answer;
      const body = JSON.parse(String(answer.body)) as { changes: unknown[] };
      body.changes.unshift({ changeType: "planet", removed: true }, {}, null, 7, { changeType: "drive", driveId: "x" });
      return json(body);
    };
    expect(await sync()).toMatchObject({ new: 1, removed: 0 });
  });

  test("a file with the name of another one is another document", async () => {
    const { source, sync, it } = await drive.start();
    for (let n = 0; n < 3; n++) source.add({ name: "Same name", mimeType: mimes.doc, body: { text: `Text ${n}` } });
    expect(await sync()).toMatchObject({ new: 3 });
    expect((await it.stored()).size).toBe(3);
  });
});

test("a server that knows no shared drives is a Drive without them", async () => {
  const { source, it } = await drive.start();
  source.add(doc("Alone"));
  const answer = googleError(404, "notFound", "Not found");
  source.fault({ kind: "answer", times: Infinity, match: /\/drives\?/, answer });
  expect(await it.execute(await it.enqueue())).toBe("completed");
  expect((await it.stored()).size).toBe(1);
});
