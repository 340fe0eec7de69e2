import { describe, expect, test } from "vitest";
import { docx, pptx, xlsx } from "#lib/extract/testing/office.ts";
import { pdf } from "#lib/extract/testing/pdf.ts";
import { oneDriveBench } from "./testing/bench.ts";

const place = oneDriveBench();

test("Office files and PDFs become text, each with its type", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const [word, excel, slides, paper] = [
    drive.file("a.docx", Buffer.from(docx())),
    drive.file("b.xlsx", Buffer.from(xlsx())),
    drive.file("c.pptx", Buffer.from(pptx())),
    drive.file("d.pdf", Buffer.from(pdf([["The lamp is lit at dusk."]]))),
  ];
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: 4, failed: 0, skipped: 0 });
  for (const id of [word, excel, slides]) expect(await it.document(id)).toMatchObject({ type: "onedrive" });
  expect(await it.document(paper)).toMatchObject({ type: "pdf" });
  expect((await it.stored()).get(paper)).toContain("The lamp is lit at dusk.");
});

describe("download addresses", () => {
  test("get nothing of ours, and are never stored", async () => {
    const fake = await place.fake();
    for (let n = 0; n < 5; n++) fake.drive().file(`${n}.txt`, `Text ${n}`);
    const it = await place.connect(fake);
    expect(await it.completed()).toMatchObject({ new: 5 });
    expect(fake.counts.downloads).toBe(5);
    expect(fake.leaks).toEqual([]);
    const dump = await it.dump();
    expect(dump.length).toBeGreaterThan(500);
    for (const secret of ["tempauth", "/y4m/", fake.filesOrigin, fake.grant.accessToken])
      expect(dump).not.toContain(secret);
  });

  test("at private addresses are refused, unless the operator allows them; other files are read", async () => {
    const fake = await place.fake();
    const ids = [fake.drive().file("a.txt", "Text A"), fake.drive().file("b.txt", "Text B")];
    let first = true;
    fake.rewriteDownload = (address) => {
      if (!first) return address;
      first = false;
      return address.replace("127.0.0.1", "127.0.0.2");
    };
    const it = await place.connect(fake);
    expect(await it.completed()).toMatchObject({ new: 1, skipped: 1 });
    expect([...(await it.issues()).values()]).toEqual(["blocked_address"]);
    // A passing trouble: the next run tries again.
    expect(await it.completed()).toMatchObject({ new: 1 });
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("that have expired are asked for once more", async () => {
    const fake = await place.fake();
    const id = fake.drive().file("a.txt", "Text");
    let count = 0;
    fake.rewriteDownload = (address) => (++count === 1 ? address.replace("/y4m/", "/y4m/expired") : address);
    const it = await place.connect(fake);
    expect(await it.completed()).toMatchObject({ new: 1, failed: 0 });
    expect(await it.ids()).toEqual([id]);
    expect(fake.counts).toMatchObject({ reads: 2, downloads: 2 });
  });

  test("that are refused twice leave the file for the next run; the others are read", async () => {
    const fake = await place.fake();
    const [id] = [fake.drive().file("a.txt", "Text"), fake.drive().file("b.txt", "Text B")];
    let broken = true;
    fake.downloadUses = 1;
    fake.rewriteDownload = (address) => (broken ? address.replace("/y4m/", "/y4m/expired") : address);
    const it = await place.connect(fake);
    expect(await it.completed()).toMatchObject({ new: 0, failed: 2 });
    expect(fake.counts.reads).toBe(4);
    broken = false;
    expect(await it.completed()).toMatchObject({ new: 2 });
    expect(await it.ids()).toContain(id);
  });

  test("that lead elsewhere once more are followed without anything of ours", async () => {
    const fake = await place.fake();
    const id = fake.drive().file("a.txt", "Text");
    const it = await place.connect(fake);
    let hops = 0;
    fake.fault({
      kind: "answer",
      times: 100,
      on: "read",
      answer: (response, request) => {
        if (!request.url?.startsWith("/y4m/") || hops++ > 0) return false;
        response.writeHead(302, { location: `${request.url}&again` }).end();
        return true;
      },
    });
    expect(await it.completed()).toMatchObject({ new: 1 });
    expect(await it.ids()).toEqual([id]);
    expect(fake.leaks).toEqual([]);
  });
});

test("single files that are refused, gone, locked or broken are left with a reason among good ones (C12)", async () => {
  const fake = await place.fake();
  const drive = fake.drive();
  const good = Array.from({ length: 5 }, (_, n) => drive.file(`${n}.txt`, `Text ${n}`));
  const cases = [
    [403, "denied"],
    [404, undefined],
    [410, undefined],
    [423, "unreachable"],
    [400, "unreachable"],
    [406, "unreachable"],
    [500, "unreachable"],
  ] as const;
  const expected = new Map<string, string>();
  for (const [status, reason] of cases) {
    const id = drive.file(`${status}.txt`, `Text of ${status}`);
    fake.refused.set(id, status);
    if (reason) expected.set(id, reason);
  }
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: 5 });
  expect(await it.ids()).toEqual(good.toSorted());
  expect(await it.issues()).toEqual(expected);
  fake.refused.clear();
  await it.completed();
  expect(await it.ids()).toEqual([...good, ...expected.keys()].toSorted());
});

test("a document stays when its file cannot be read for now (C12)", async () => {
  const fake = await place.fake();
  const id = fake.drive().file("a.txt", "Old text");
  const it = await place.connect(fake);
  await it.completed();
  fake.drive().write(id, "New text");
  fake.refused.set(id, 423);
  expect(await it.completed()).toMatchObject({ failed: 1, removed: 0 });
  expect((await it.stored()).get(id)).toContain("Old text");
  fake.refused.clear();
  expect(await it.completed()).toMatchObject({ changed: 1 });
  expect((await it.stored()).get(id)).toContain("New text");
});

test("a web page in place of the file is not stored as its text (C07)", async () => {
  const fake = await place.fake();
  const [text, page] = [
    fake.drive().file("a.txt", "Text"),
    fake
      .drive()
      .file("real.html", "<html><body><main><h1>A page</h1><p>About the lamp, at length.</p></main></body></html>"),
  ];
  const it = await place.connect(fake);
  fake.fault({
    kind: "answer",
    times: 100,
    on: "read",
    answer: (response, request) => {
      if (!request.url?.startsWith("/y4m/") || fake.counts.downloads > 2) return false;
      response
        .writeHead(200, { "content-type": "text/html" })
        .end("<html><title>Sign in</title><p>Please sign in.</p></html>");
      return true;
    },
  });
  await it.completed();
  expect((await it.stored()).get(text) ?? "").not.toContain("sign in");
  await it.completed();
  expect((await it.stored()).get(text)).toContain("Text");
  expect(await it.ids()).toContain(page);
});

test("a file that is larger than was said is not taken in", async () => {
  const fake = await place.fake();
  const big = () => Buffer.alloc(51 * 1024 * 1024, 0x61);
  const id = fake.drive().file("big.txt", big, { extra: { size: 10 } });
  const it = await place.connect(fake);
  expect(await it.completed()).toMatchObject({ new: 0, skipped: 1 });
  expect(await it.issues()).toEqual(new Map([[id, "too_large"]]));
});
