import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { compareKeys } from "#lib/contract/key.ts";
import type { Json } from "../types.ts";
import { contextFor, type ContextOptions, type TestContext } from "./fake/context.ts";
import { SyntheticObjects } from "./fake/objects.ts";
import { FakeS3, type FakeS3Options, sendError } from "./fake/server.ts";
import { s3Changes, s3Cursor } from "./changes.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function store(options: FakeS3Options = {}): Promise<FakeS3> {
  const fake = await FakeS3.start(options);
  open.push(fake);
  return fake;
}

function connect(fake: FakeS3, extra: Record<string, Json> = {}, options: ContextOptions = {}): TestContext {
  const context = contextFor({ ...fake.metadata, ...extra }, { allow: fake.allow, ...options });
  open.push(context);
  return context;
}

function numbered(fake: FakeS3, count: number, name = (i: number) => `k/${String(i).padStart(6, "0")}.txt`): void {
  for (let i = 0; i < count; i++) fake.object(name(i), `text ${i}`);
}

const difficultKeys = [
  "../x",
  "a/../b",
  "./a",
  "..",
  ".",
  "/abs",
  "//",
  "a//b",
  "a/./b",
  "new\nline",
  "cr\rlf\n",
  "tab\there",
  "%2F",
  "%",
  "100%",
  "+",
  "a b",
  "a+b",
  "a%20b",
  "é",
  "e\u0301",
  "Case",
  "case",
  "CASE",
  "con",
  "nul.txt",
  "x\u0000y",
  "\u0001",
  "\u007f",
  "<&>\"'",
  "]]>",
  "&amp;",
  "\ufeffbom",
  "\uffff",
  "😀",
  "\udcff\udcc3",
  "a\udc80b",
  "?query=1&x",
  "#hash",
  "a;b=c,d",
  "back\\slash",
  "*!'()~",
  "𝒳",
  "trailing.",
  "trailing ",
  " leading",
  "日本語/ファイル",
  "😀".repeat(256),
];

describe("keys", () => {
  it("any bytes come back exactly, in the order of their bytes, and each object can be read", async () => {
    const fake = await store();
    for (const key of difficultKeys) fake.object(key, `body of ${encodeURIComponent(key.toWellFormed())}`);
    const context = connect(fake);
    const { ids, upserts, done } = await context.list();
    expect(new Set(ids)).toEqual(new Set(difficultKeys));
    expect(ids).toEqual([...difficultKeys].sort(compareKeys));
    expect(done?.coverage).toBe("full");
    for (const item of upserts) {
      expect(new TextDecoder().decode(await context.read(item))).toBe(
        `body of ${encodeURIComponent(item.id.toWellFormed())}`,
      );
      expect(item.title.isWellFormed()).toBe(true);
      expect(item.filepath).not.toMatch(/\p{Cc}/u);
    }
  });

  it("keys come back exactly from a store that ignores encoding-type", async () => {
    const fake = await store();
    const plain = difficultKeys.filter(
      (key) => key.isWellFormed() && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(key),
    );
    for (const key of plain) fake.object(key, "text");
    fake.quirks = { encoding: "ignored" };
    expect((await connect(fake).list()).ids).toEqual([...plain].sort(compareKeys));
  });

  it("a cursor can be stored as JSON in PostgreSQL whatever the keys are", async () => {
    const fake = await store();
    numbered(fake, 1500, (i) => `\udcff\u0000${String(i).padStart(5, "0")}`);
    const first = connect(fake);
    const { done, checkpoints } = await first.list();
    const text = JSON.stringify([done?.cursor, ...checkpoints]);
    expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/i);
    const again = await first.list(s3Cursor.parse(JSON.parse(JSON.stringify(done?.cursor))));
    expect(again.ids).toHaveLength(1500);
    expect(fake.log.some((line) => line.includes("start-after=%FF%0000999"))).toBe(true);
  });

  it("only keys below the prefix are reported, even by a store that ignores it", async () => {
    const fake = await store();
    for (const key of ["a/1", "b c/1", "b c/2", "b/1"]) fake.object(key, "text");
    expect((await connect(fake, { prefix: "b c/" }).list()).ids).toEqual(["b c/1", "b c/2"]);
    fake.fault({
      kind: "answer",
      times: 1,
      answer: (response) =>
        response.end(
          "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>secret</Key><Size>1</Size></Contents></ListBucketResult>",
        ),
    });
    expect((await connect(fake, { prefix: "b c/" }).list()).ids).toEqual([]);
  });
});

describe("pages", () => {
  it("every page is read, the next one is asked for while the last is worked on", async () => {
    const fake = await store();
    numbered(fake, 4500);
    const context = connect(fake);
    const changes = s3Changes(context.ctx, null);
    await changes.next();
    await expect.poll(() => fake.counts.listings).toBeGreaterThanOrEqual(2);
    await changes.return();
    const { ids, checkpoints, done } = await connect(fake).list();
    expect(ids).toHaveLength(4500);
    expect(new Set(ids).size).toBe(4500);
    expect(checkpoints).toHaveLength(5);
    expect(done).toMatchObject({ coverage: "full", cursor: { at: null } });
  });

  it("pages shorter than asked for and a few empty ones are normal", async () => {
    const fake = await store();
    numbered(fake, 25);
    fake.quirks = { pageSize: 10, emptyPages: 2 };
    const { ids, done } = await connect(fake).list();
    expect(ids).toHaveLength(25);
    expect(done?.coverage).toBe("full");
  });

  it.each([
    ["says there is more without a token", { token: "missing", pageSize: 10 }, 1],
    ["gives the same token for ever", { token: "same", pageSize: 10 }, 3],
    ["gives tokens in a circle", { token: "circle", pageSize: 5 }, 6],
    ["sends empty pages for ever", { emptyPages: 1e9 }, 3],
  ] as const)("a store that %s ends the run at once and never looks complete", async (_title, quirks, requests) => {
    const fake = await store();
    numbered(fake, 25);
    fake.quirks = quirks;
    await expect(connect(fake).list()).rejects.toMatchObject({ name: "Failure", kind: "transient" });
    expect(fake.counts.listings).toBeLessThanOrEqual(requests);
  });

  it("a listing that stops in the middle with 403 is a failure, not a short listing", async () => {
    const fake = await store();
    numbered(fake, 2500);
    const context = connect(fake);
    const changes = s3Changes(context.ctx, null);
    expect((await changes.next()).value).toHaveLength(1001);
    fake.accounts = [];
    const rest = (async () => {
      for await (const batch of changes) expect(batch.some(({ type }) => type === "done")).toBe(false);
    })();
    await expect(rest).rejects.toMatchObject({ kind: "reauth" });
  });

  it("SlowDown five times is waited for and leaves the same set", async () => {
    const fake = await store();
    numbered(fake, 1200);
    fake.fault({ kind: "status", status: 503, times: 5, on: "listing" });
    expect((await connect(fake).list()).ids).toHaveLength(1200);
    fake.fault({ kind: "status", status: 429, times: 5, on: "listing" });
    expect((await connect(fake).list()).ids).toHaveLength(1200);
  });

  it("a page that breaks off is asked for again; a run that is stopped says so", async () => {
    const fake = await store();
    numbered(fake, 1200);
    fake.fault({ kind: "truncate", times: 1, on: "listing" });
    expect((await connect(fake).list()).ids).toHaveLength(1200);
    const stop = new AbortController();
    const context = connect(fake, {}, { signal: stop.signal });
    fake.fault({ kind: "stall", times: 1, on: "listing" });
    const run = context.list();
    const reason = new Error("cancelled");
    const stopped = fake.counts.listings;
    void expect
      .poll(() => fake.counts.listings)
      .toBeGreaterThan(stopped)
      .then(() => stop.abort(reason));
    await expect(run).rejects.toBe(reason);
  });
});

/** What a run finds and asks for after the bucket was changed in some way since the last complete listing. */
async function second(count: number, change: (fake: FakeS3) => void, prepare: (fake: FakeS3) => void = () => {}) {
  const fake = await store();
  numbered(fake, count);
  prepare(fake);
  const context = connect(fake);
  const first = await context.list();
  fake.clear();
  change(fake);
  const again = await context.list(first.done?.cursor ?? null);
  const reference = await connect(fake).list();
  return { fake, first, again, reference };
}

describe("remembered page starts", () => {
  it("an unchanged bucket is asked for side by side, with no request more than a bare listing", async () => {
    const { fake, again, first } = await second(10_000, (f) => f.fault({ kind: "latency", ms: 30, times: 10 }));
    expect(again.ids).toEqual(first.ids);
    expect(again.done?.coverage).toBe("full");
    expect(fake.busiest).toBeGreaterThanOrEqual(9);
    // ten for this run, ten for the reference
    expect(fake.counts.listings).toBe(20);
    expect(again.done?.cursor).toEqual(first.done?.cursor);
  });

  it.each<[string, (fake: FakeS3) => void]>([
    ["objects were added at the beginning", (f) => numbered(f, 1500, (i) => `a/${i}`)],
    ["objects were added at the end", (f) => numbered(f, 2500, (i) => `z/${i}`)],
    ["one range grew by pages", (f) => numbered(f, 3333, (i) => `k/001500.txt.${i}`)],
    ["one object was added in each range", (f) => numbered(f, 6, (i) => `k/00${i}500.txt.new`)],
    [
      "most objects went",
      (f) => {
        for (let i = 0; i < 5990; i++) void f.remove(`k/${String(i).padStart(6, "0")}.txt`);
      },
    ],
    [
      "all objects went",
      (f) => {
        for (let i = 0; i < 6000; i++) void f.remove(`k/${String(i).padStart(6, "0")}.txt`);
      },
    ],
    [
      "page starts themselves went",
      (f) => {
        for (const i of [999, 1999, 3999]) void f.remove(`k/${String(i).padStart(6, "0")}.txt`);
      },
    ],
    [
      "the pages became shorter",
      (f) => {
        f.quirks = { pageSize: 70 };
      },
    ],
    [
      "pages became empty now and then",
      (f) => {
        f.quirks = { pageSize: 300, emptyPages: 1 };
      },
    ],
    [
      "the store ignores start-after",
      (f) => {
        f.quirks = { startAfter: "ignored" };
      },
    ],
    [
      "the store rejects start-after",
      (f) => {
        f.quirks = { startAfter: "rejected" };
      },
    ],
  ])("lose and double nothing when %s", async (_title, change) => {
    const { again, reference } = await second(6000, change);
    expect(again.ids).toEqual(reference.ids);
    expect(again.done?.coverage).toBe("full");
    expect([...again.ids].sort(compareKeys)).toEqual(again.ids);
  });

  it.each(["reversed", "swapped"] as const)(
    "a store that stops ordering its keys (%s) is listed whole again, with a note",
    async (order) => {
      const fake = await store();
      numbered(fake, 3000);
      const context = connect(fake);
      const { done } = await context.list();
      // so that pages reach over the ends of their ranges
      for (let i = 0; i < 3000; i += 7) void fake.remove(`k/${String(i).padStart(6, "0")}.txt`);
      fake.quirks = { order };
      const again = await context.list(done?.cursor ?? null);
      expect(new Set(again.ids).size).toBe(3000 - Math.ceil(3000 / 7));
      expect(context.notes.join()).toContain("does not list its keys in order");
      expect(again.done?.cursor).toMatchObject({ starts: [] });
    },
  );

  it.each(["ignored", "rejected"] as const)(
    "a chain takes over in the middle of a page when start-after is %s",
    async (startAfter) => {
      const { again, reference } = await second(6000, (fake) => {
        for (let i = 0; i < 6000; i += 3) void fake.remove(`k/${String(i).padStart(6, "0")}.txt`);
        fake.quirks = { startAfter };
      });
      expect(again.ids).toEqual(reference.ids);
    },
  );

  it("a refusal that meets one of the ranges ends the run", async () => {
    const fake = await store();
    numbered(fake, 3000);
    const context = connect(fake);
    const { done } = await context.list();
    fake.fault({ kind: "latency", ms: 1, times: 1 });
    fake.fault({
      kind: "answer",
      times: 2,
      answer: (response) => sendError(response, { status: 403, code: "AccessDenied", message: "" }),
    });
    await expect(context.list(done?.cursor ?? null)).rejects.toMatchObject({ kind: "denied" });
  });

  it("an interrupted run goes on behind its last checkpoint, a new one starts again", async () => {
    const fake = await store();
    numbered(fake, 5500);
    const whole = await connect(fake).list();
    const cursor = whole.checkpoints[2] ?? null;
    const resumed = await connect(fake, {}, { resuming: true }).list(cursor);
    expect(resumed.ids).toEqual(whole.ids.slice(3000));
    expect(resumed.done).toMatchObject({ coverage: "full" });
    expect(resumed.done?.cursor).toEqual(whole.done?.cursor);
    expect((await connect(fake).list(cursor)).ids).toEqual(whole.ids);
    // also half-way through a run that had page starts
    const parallel = await connect(fake).list(whole.done?.cursor ?? null);
    const half = await connect(fake, {}, { resuming: true }).list(parallel.checkpoints[1] ?? null);
    expect(half.ids).toEqual(whole.ids.slice(2000));
  });

  it.each(["ignored", "rejected"] as const)(
    "an interrupted run goes on although start-after is %s",
    async (startAfter) => {
      const fake = await store();
      numbered(fake, 3500);
      fake.quirks = { startAfter };
      const whole = await connect(fake).list();
      const resumed = await connect(fake, {}, { resuming: true }).list(whole.checkpoints[1] ?? null);
      expect(resumed.ids).toEqual(whole.ids.slice(2000));
    },
  );
});

describe("size", () => {
  it("a million keys are listed in flat memory, and again side by side", async () => {
    const fake = await store({ objects: new SyntheticObjects(1_000_000) });
    const context = connect(fake);
    let count = 0;
    let peak = 0;
    let cursor = null;
    // What is alive, garbage aside.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    for await (const batch of s3Changes(context.ctx, null)) {
      count += batch.length - 1;
      if (count % 100_000 === 0) {
        collect();
        peak = Math.max(peak, process.memoryUsage().heapUsed - before);
      }
      for (const change of batch) if (change.type === "done") cursor = change.cursor;
    }
    expect(count).toBe(1_000_000);
    // an array of a million entries would need more than 200 MB
    expect(peak).toBeLessThan(16 * 1024 * 1024);
    expect(cursor?.starts.length).toBeGreaterThan(200);
    expect(cursor?.starts.length).toBeLessThanOrEqual(512);
    fake.clear();
    fake.fault({ kind: "latency", ms: 1, times: 10_000 });
    let again = 0;
    for await (const batch of s3Changes(context.ctx, cursor)) again += batch.length - 1;
    expect(again).toBe(1_000_000);
    expect(fake.counts.listings).toBeLessThanOrEqual(1_001);
    expect(fake.busiest).toBeGreaterThanOrEqual(8);
  }, 120_000);

  it("the fake itself keeps generated objects in order", () => {
    const objects = new SyntheticObjects(20_000);
    for (let i = 1; i < 20_000; i++) expect(objects.at(i).key > objects.at(i - 1).key).toBe(true);
  });
});
