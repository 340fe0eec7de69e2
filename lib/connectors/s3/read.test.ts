import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EgressError } from "#lib/egress/types.ts";
import { ItemChanged, ItemGone, type ItemRef, ItemSkip } from "../types.ts";
import { contextFor, type TestContext } from "./fake/context.ts";
import type { PutOptions } from "./fake/objects.ts";
import { FakeS3, sendError } from "./fake/server.ts";
import { clientOf } from "./client.ts";
import { Reads, readsOf } from "./reads.ts";

let fake: FakeS3;
let context: TestContext;
beforeEach(async () => {
  fake = await FakeS3.start();
  context = contextFor(fake.metadata, { allow: fake.allow });
});
afterEach(async () => {
  await context.close();
  await fake.close();
});

/** Puts one object and lists it. */
async function listed(options: PutOptions = {}, body: string | Buffer = "the text"): Promise<ItemRef> {
  fake.object("a.txt", body, options);
  const { upserts } = await context.list();
  const item = upserts.find(({ id }) => id === "a.txt");
  if (!item) throw new Error("not listed");
  return item;
}

const text = async (item: ItemRef) => new TextDecoder().decode(await context.read(item));

describe("what is listed but not read", () => {
  it.each<[string, string, PutOptions, string, string]>([
    ["a folder marker", "folder/", { size: 0 }, "folder_marker", "folder"],
    ["an empty object", "empty.txt", { size: 0 }, "empty", "no bytes"],
    ["an object in GLACIER", "a.txt", { storageClass: "GLACIER" }, "archived", "GLACIER"],
    ["an object in DEEP_ARCHIVE", "a.txt", { storageClass: "DEEP_ARCHIVE" }, "archived", "DEEP_ARCHIVE"],
    ["an object of 5 TB", "a.txt", { size: 5 * 2 ** 40 }, "too_large", "5,242,880 MB"],
    ["an image", "x/PHOTO.JPG", {}, "unsupported_type", "image (.jpg)"],
    ["a video", "v.mp4", {}, "unsupported_type", "video (.mp4)"],
    ["an archive", "backup.tar.gz", {}, "unsupported_type", "archive (.gz)"],
  ])("%s is skipped with its reason, without a request", async (_what, key, options, reason, detail) => {
    fake.object(key, "text", options);
    const { skips, upserts } = await context.list();
    expect(upserts).toEqual([]);
    expect(skips).toHaveLength(1);
    expect(skips[0]).toMatchObject({ reason, item: { id: key } });
    expect(skips[0]?.detail).toContain(detail);
    expect(fake.counts.reads).toBe(0);
  });

  it.each(["notes", "README", "a.md", "a.docx", "a.unknownext", "v1.2", "report.PDF", "x.ts", ".env", "a.b/c"])(
    "%s is worth reading",
    async (key) => {
      fake.object(key, "text", { storageClass: "GLACIER_IR" });
      expect((await context.list()).upserts.map(({ id }) => id)).toEqual([key]);
    },
  );
});

const version = async (options: PutOptions) => (await listed(options)).version;

describe("what changes a version", () => {
  it("content, not copying; where the ETag says nothing of the content, the time too", async () => {
    const md5 = "0123456789abcdef0123456789abcdef";
    const early = new Date("2026-01-01T00:00:00Z");
    const late = new Date("2026-01-02T00:00:00Z");
    expect(await version({ etag: md5, modified: early })).toBe(await version({ etag: md5, modified: late }));
    expect(await version({ etag: md5 })).not.toBe(await version({ etag: md5.replace("0", "1") }));
    expect(await version({ etag: `${md5}-3`, modified: early })).not.toBe(
      await version({ etag: `${md5}-3`, modified: late }),
    );
    fake.quirks = { etag: "none" };
    expect(await version({ modified: early })).not.toBe(await version({ modified: late }));
  });
});

describe("reading an object", () => {
  it("gives its bytes, its type, its name and the listed version", async () => {
    const item = await listed({ contentType: "text/markdown" });
    expect(item).toMatchObject({ title: "a.txt", filepath: "a.txt", bytes: 8, updatedAt: expect.any(Date) });
    expect(await text(item)).toBe("the text");
  });

  it("an object that changed since it was listed is left to the next run", async () => {
    const item = await listed();
    fake.object("a.txt", "another text");
    await expect(context.read(item)).rejects.toBeInstanceOf(ItemChanged);
    // and from a store that ignores If-Match
    fake.fault({
      kind: "answer",
      times: 1,
      on: "read",
      answer: (response) => response.writeHead(200, { etag: '"other"' }).end("the text"),
    });
    await expect(context.read(item)).rejects.toBeInstanceOf(ItemChanged);
  });

  it("an object that vanished is gone", async () => {
    const item = await listed();
    await fake.remove("a.txt");
    await expect(context.read(item)).rejects.toBeInstanceOf(ItemGone);
  });

  it("a 404 that is not the store's own says nothing about the object", async () => {
    const item = await listed();
    fake.fault({
      kind: "answer",
      times: 9,
      on: "read",
      answer: (response) => response.writeHead(404, { "content-type": "text/html" }).end("<html>no such page</html>"),
    });
    await expect(context.read(item)).rejects.toBeInstanceOf(EgressError);
  });

  it.each([
    ["archived", "archived"],
    ["denied", "denied"],
    ["sse-c", "encrypted"],
    ["kms", "denied"],
  ] as const)("an object that is %s is skipped and named so", async (access, reason) => {
    const item = await listed({ access });
    const error = await context.read(item).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ItemSkip);
    expect(error).toMatchObject({ reason });
  });

  it("a body that breaks off is read again; one that always does fails this item alone", async () => {
    const item = await listed();
    fake.fault({ kind: "truncate", times: 2, on: "read" });
    expect(await text(item)).toBe("the text");
    fake.fault({ kind: "truncate", times: 20, on: "read" });
    await expect(context.read(item)).rejects.toMatchObject({ name: "EgressError" });
  });

  it("a body shorter or longer than listed is never taken for the object", async () => {
    const item = await listed();
    for (const body of ["the", "the text and more"]) {
      fake.fault({ kind: "answer", times: 1, on: "read", answer: (response) => response.end(body) });
      await expect(context.read(item)).rejects.toBeInstanceOf(EgressError);
    }
  });

  it("an object that is larger than the listing says is skipped without being read to its end", async () => {
    const item = await listed();
    fake.fault({
      kind: "answer",
      times: 2,
      on: "read",
      answer: (response) => {
        response.writeHead(200, { "content-length": 5 * 2 ** 40 });
        const chunk = Buffer.alloc(2 ** 20);
        const more = (): void => {
          if (!response.destroyed) response.write(chunk, more);
        };
        more();
      },
    });
    await expect(context.read(item)).rejects.toMatchObject({ reason: "too_large" });
  });

  it("an object stored compressed is given as what it contains, a bomb is not", async () => {
    const item = await listed({ contentEncoding: "gzip" }, gzipSync("inside"));
    expect(await text(item)).toBe("inside");
    const bomb = await listed({ contentEncoding: "gzip" }, gzipSync(Buffer.alloc(80 * 2 ** 20)));
    await expect(context.read(bomb)).rejects.toMatchObject({ reason: "too_large" });
    const lie = await listed({ contentEncoding: "gzip" }, "not gzip");
    await expect(context.read(lie)).rejects.toMatchObject({ reason: "broken" });
  });

  it("objects that turn out much larger than listed are read one at a time", async () => {
    const inside = "inside ".repeat(100_000);
    for (let i = 0; i < 12; i++) fake.object(`packed/${i}`, gzipSync(inside), { contentEncoding: "gzip" });
    const { upserts } = await context.list();
    const reads = readsOf(clientOf(context.ctx));
    const alone = vi.spyOn(reads, "alone");
    let underWay = 0;
    let most = 0;
    alone.mockImplementation(
      (work) =>
        Reads.prototype.alone.call(reads, async () => {
          most = Math.max(most, ++underWay);
          const result = await work();
          underWay--;
          return result;
        }) as never,
    );
    const bodies = await Promise.all(upserts.map((item) => text(item)));
    expect(bodies).toEqual(Array.from({ length: 12 }, () => inside));
    expect(alone).toHaveBeenCalledTimes(12);
    expect(most).toBe(1);
  });

  it("an object whose ETag is not of its content is recognised by time and size when the store lists another", async () => {
    const item = await listed({
      etag: "0123456789abcdef0123456789abcdef-2",
      modified: new Date("2026-01-01T00:00:00.789Z"),
    });
    fake.object("a.txt", "the text", {
      etag: "ffffffffffffffffffffffffffffffff-2",
      modified: new Date("2026-01-01T00:00:00.123Z"),
    });
    expect(await text(item)).toBe("the text");
    fake.object("a.txt", "the next", {
      etag: "ffffffffffffffffffffffffffffffff-2",
      modified: new Date("2026-01-01T00:00:05Z"),
    });
    await expect(context.read(item)).rejects.toBeInstanceOf(ItemChanged);
  });

  it("a store that refuses one object with an odd error fails this item alone", async () => {
    const item = await listed();
    for (const status of [400, 405, 414, 500]) {
      fake.fault({ kind: "status", status, times: 3, on: "read" });
      await expect(context.read(item)).rejects.toBeInstanceOf(EgressError);
      fake.clear();
    }
  });
});

describe("when credentials or permissions go in the middle of a run", () => {
  it("dead credentials end the run, found out by one question for all readers", async () => {
    const item = await listed();
    fake.accounts = [];
    fake.clear();
    const errors = await Promise.all(Array.from({ length: 20 }, () => context.read(item).catch((e: unknown) => e)));
    for (const error of errors) expect(error).toMatchObject({ name: "Failure", kind: "reauth" });
    expect(fake.counts.listings).toBe(1);
  });

  it("a signature refused for one object alone skips that object", async () => {
    const item = await listed();
    fake.fault({
      kind: "answer",
      times: 1,
      on: "read",
      answer: (response) => sendError(response, { status: 403, code: "SignatureDoesNotMatch", message: "no" }),
    });
    await expect(context.read(item)).rejects.toMatchObject({ reason: "denied" });
    expect(await text(item)).toBe("the text");
  });

  it("a key that may list but read nothing ends the run instead of skipping everything", async () => {
    const item = await listed({ access: "denied" });
    const errors: unknown[] = [];
    for (let i = 0; i < 10; i++) errors.push(await context.read(item).catch((e: unknown) => e));
    expect(errors.slice(0, 9).every((error) => error instanceof ItemSkip)).toBe(true);
    expect(errors[9]).toMatchObject({ name: "Failure", kind: "denied" });
    expect(String(errors[9])).toContain("not read");
  });

  it("many objects that may not be read among others that may are skipped one by one", async () => {
    fake.object("b.txt", "the text");
    const item = await listed({ access: "denied" });
    expect(await text({ ...item, id: "b.txt" })).toBe("the text");
    for (let i = 0; i < 15; i++) await expect(context.read(item)).rejects.toBeInstanceOf(ItemSkip);
  });

  it("a folder that is closed to the key does not end the run, though its objects come first", async () => {
    for (let i = 10; i < 60; i++) fake.object(`closed/${i}.txt`, "secret", { access: "denied" });
    for (let i = 10; i < 30; i++) fake.object(`open/${i}.txt`, "the text");
    const { upserts } = await context.list();
    const closed = upserts.filter(({ id }) => id.startsWith("closed/"));
    const errors = await Promise.all(closed.map((item) => context.read(item).catch((e: unknown) => e)));
    expect(errors).toHaveLength(50);
    expect(errors.every((error) => error instanceof ItemSkip && error.reason === "denied")).toBe(true);
    // asked once for all readers, of a few objects
    expect(fake.counts.reads).toBeLessThan(50 + 17);
  });

  it("a region corrected by one of many readers serves them all", async () => {
    const item = await listed();
    const elsewhere = contextFor({ ...fake.metadata, region: "us-east-1" }, { allow: fake.allow });
    try {
      const bodies = await Promise.all(Array.from({ length: 30 }, () => elsewhere.read(item)));
      expect(bodies.every((bytes) => bytes.length === 8)).toBe(true);
    } finally {
      await elsewhere.close();
    }
  });
});
