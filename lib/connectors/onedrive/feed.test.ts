import { afterEach, describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { serve, type Loopback } from "#lib/testing/loopback.ts";
import type { Aged, FakeOneDrive } from "./fake/server.ts";
import { ownLink } from "./graph.ts";
import { oneDriveBench, type Bench } from "./testing/bench.ts";

const place = oneDriveBench();
const canaries: Loopback[] = [];
afterEach(async () => {
  for (const each of canaries.splice(0)) await each.close();
});

/** A host of somebody else, which could even be reached: nobody may ask it anything. */
async function stranger(fake: FakeOneDrive): Promise<Loopback> {
  const made = await serve((_request, response) => response.end("{}"));
  canaries.push(made);
  fake.neighbours.push(made.allow);
  return made;
}

async function stored(files = 30, pageSize = 10): Promise<{ fake: FakeOneDrive; it: Bench; ids: string[] }> {
  const fake = await place.fake({ pageSize });
  const ids = Array.from({ length: files }, (_, n) => fake.drive().file(`${n}.txt`, `Text ${n}`));
  const it = await place.connect(fake);
  await it.completed();
  fake.clear();
  return { fake, it, ids };
}

describe("links", () => {
  test.each([
    [
      "https://graph.invalid/v1.0/me/drive/root/delta(token='a%20b')?x=1",
      "/v1.0/me/drive/root/delta(token='a%20b')?x=1",
    ],
    ["https://GRAPH.invalid:443/v1.0/me/drive", "/v1.0/me/drive"],
    ["https://graph.invalid/v1.0/../beta/me/drive", null],
    ["https://graph.invalid/beta/me/drive", null],
    ["https://graph.invalid/v1.0evil", null],
    ["http://graph.invalid/v1.0/me/drive", null],
    ["https://graph.invalid:444/v1.0/me/drive", null],
    ["https://graph.invalid.evil.invalid/v1.0/me", null],
    ["https://graph.invalid@evil.invalid/v1.0/me", null],
    ["https://ada:pw@graph.invalid/v1.0/me", null],
    ["//evil.invalid/v1.0/me", null],
    ["/v1.0/me/drive", null],
    ["", null],
  ])("only an address of the API itself is followed: %s (C08)", (link, own) => {
    expect(ownLink("https://graph.invalid/v1.0", link)).toBe(own);
  });

  for (const name of ["@odata.nextLink", "@odata.deltaLink"]) {
    test(`${name} to another host is not followed: it never sees the token, and nothing is lost (C08)`, async () => {
      const { fake, it, ids } = await stored();
      const canary = await stranger(fake);
      fake.drive().file("new.txt", "New");
      fake.rewritePage = ({ value }) => ({ value, [name]: `${canary.origin}/v1.0/me/drive/root/delta?token=x` });
      const { error } = await it.failed();
      expect(error).toMatch(/127\.0\.0\.1:\d+, which is not asked/);
      expect(canary.accepted()).toBe(0);
      expect(await it.ids()).toEqual(ids.toSorted());
      fake.rewritePage = (body) => body;
      expect(await it.completed()).toMatchObject({ removed: 0 });
      expect((await it.ids()).length).toBe(31);
    });
  }

  test("the same next page for ever ends the run with its cause (C08)", async () => {
    const { fake, it, ids } = await stored();
    for (const id of ids) fake.drive().touch(id);
    let first: unknown;
    fake.rewritePage = (body) => ({
      ...body,
      "@odata.nextLink": (first ??= body["@odata.nextLink"]),
      "@odata.deltaLink": undefined,
    });
    expect((await it.failed()).error).toMatch(/given already/);
    expect(fake.counts.pages).toBeLessThan(5);
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("pages that lead from A to B to A end the run with its cause (C08)", async () => {
    const fake = await place.fake({ pageSize: 5 });
    for (let n = 0; n < 30; n++) fake.drive().file(`${n}.txt`, `Text ${n}`);
    const links: unknown[] = [];
    fake.rewritePage = (body, number) => {
      if (number <= 2) links.push(body["@odata.nextLink"]);
      return { ...body, "@odata.nextLink": links[(number - 1) % 2], "@odata.deltaLink": undefined };
    };
    const it = await place.connect(fake);
    expect((await it.failed()).error).toMatch(/given already/);
    expect(fake.counts.pages).toBeLessThan(6);
    fake.rewritePage = (body) => body;
    await it.completed();
    await it.completed();
    expect((await it.ids()).length).toBe(30);
  });

  test("empty pages in between are passed (C08)", async () => {
    const fake = await place.fake({ pageSize: 5 });
    const ids = Array.from({ length: 20 }, (_, n) => fake.drive().file(`${n}.txt`, `Text ${n}`));
    const it = await place.connect(fake);
    const held: unknown[][] = [];
    fake.rewritePage = (body, number) => {
      const { value } = body;
      if (number % 2 === 1 || !Array.isArray(value)) return body;
      held.push(value);
      return { ...body, value: [] };
    };
    // What the empty pages left out comes with the next delta.
    await it.completed();
    expect((await it.ids()).length).toBeLessThan(20);
    fake.rewritePage = (body) => ({ ...body, value: held.flat() });
    await it.completed();
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("a list that ends without a delta link is no complete one: nothing is deleted (C14)", async () => {
    const { fake, it, ids } = await stored();
    fake.rewritePage = () => ({ value: [] });
    expect((await it.failed()).error).toMatch(/ends without saying so/);
    expect(await it.ids()).toEqual(ids.toSorted());
  });
});

describe("tokens that are refused", () => {
  const ways: readonly (readonly [string, Aged["code"], "own" | "foreign" | null])[] = [
    ["with a Location of the API", "resyncChangesApplyDifferences", "own"],
    ["to upload differences", "resyncChangesUploadDifferences", "own"],
    ["with a Location of another host", "resyncChangesApplyDifferences", "foreign"],
    ["without a Location", "resyncChangesUploadDifferences", null],
  ];
  for (const [what, code, location] of ways) {
    test(`410 ${what}: everything is listed again, nothing is read twice, and what is gone leaves (C09)`, async () => {
      const { fake, it, ids } = await stored();
      const canary = await stranger(fake);
      const drive = fake.drive();
      drive.remove(ids[3] ?? "");
      drive.write(ids[4] ?? "", "Written meanwhile");
      const added = drive.file("new.txt", "New");
      fake.age({ code, location: location === "foreign" ? `${canary.origin}/v1.0/me/drive/root/delta` : location });
      expect(await it.completed()).toMatchObject({ new: 1, changed: 1, removed: 1 });
      expect(fake.counts.reads).toBe(2);
      expect(canary.accepted()).toBe(0);
      expect(await it.ids()).toEqual([...ids.filter((id) => id !== ids[3]), added].toSorted());
      const twice = await pool().query(
        "select key from documents where connection_id = $1 group by key having count(*) > 1",
        [it.connectionId],
      );
      expect(twice.rows).toEqual([]);
      fake.clear();
      expect(await it.completed()).toMatchObject({ listed: 0 });
      expect(fake.counts.total).toBe(1);
    });
  }

  test("410 in the middle of a listing starts it again (C09)", async () => {
    const fake = await place.fake({ pageSize: 5 });
    const ids = Array.from({ length: 30 }, (_, n) => fake.drive().file(`${n}.txt`, `Text ${n}`));
    fake.beforePage = (number) => {
      if (number !== 4) return;
      fake.age();
      fake.drive().remove(ids[0] ?? "");
    };
    const it = await place.connect(fake);
    await it.completed();
    // What was named before the token died, and is gone since, is noticed by the walk that follows.
    await it.completed();
    expect(await it.ids()).toEqual(ids.slice(1).toSorted());
  });

  test("410 on everything is no endless loop, and deletes nothing (C09)", async () => {
    const { fake, it, ids } = await stored();
    fake.fault({
      kind: "answer",
      times: 1_000,
      answer: (response) =>
        void response.writeHead(410, { location: `${fake.origin}/v1.0/me/drive/root/delta?token=1` }).end("{}"),
    });
    expect((await it.failed()).error).toMatch(/again and again|given already/);
    expect(fake.counts.total).toBeLessThan(40);
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("a token Graph does not understand any more (400) means a fresh start", async () => {
    const { it, ids } = await stored();
    await pool().query("update connections set cursor = jsonb_set(cursor, '{at,link}', $2::jsonb) where id = $1", [
      it.connectionId,
      JSON.stringify("/v1.0/me/drive/root/delta?token=nonsense"),
    ]);
    expect(await it.completed()).toMatchObject({ new: 0, changed: 0, removed: 0 });
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("most of a drive missing after a fresh start is believed only when a second look agrees", async () => {
    const { fake, it, ids } = await stored(20);
    const drive = fake.drive();
    for (const id of ids.slice(0, 15)) {
      const item = drive.get(id);
      if (item) item.deleted = true;
    }
    fake.age();
    expect(await it.completed()).toMatchObject({ removed: 0 });
    expect((await it.ids()).length).toBe(20);
    expect(await it.completed()).toMatchObject({ removed: 15 });
    fake.clear();
    expect(await it.completed()).toMatchObject({ listed: 0 });
    expect(fake.counts.total).toBe(1);
  });
});

describe("answers that are no answers", () => {
  for (const [what, body] of [
    ["a web page", "<html><title>Sign in</title></html>"],
    ["JSON cut short", '{"value": [{"id": "a"'],
    ["nothing", ""],
  ] as const) {
    test(`${what} with status 200: tried again, then the run fails with its cause and nothing is deleted (C07)`, async () => {
      const { fake, it, ids } = await stored();
      fake.drive().file("new.txt", "New");
      const answer = (response: { end(body: string): void }) => void response.end(body);
      fake.fault({ kind: "answer", times: 2, answer });
      expect(await it.completed()).toMatchObject({ new: 1 });
      fake.clear();
      fake.fault({ kind: "answer", times: 1_000, answer });
      expect((await it.failed()).error).toMatch(/not JSON/);
      expect((await it.ids()).length).toBe(ids.length + 1);
      fake.clear();
      await it.completed();
    });
  }

  test("another form than the documented one fails with its cause (C07)", async () => {
    const { fake, it, ids } = await stored();
    fake.rewritePage = () => ({ items: [] });
    expect((await it.failed()).error).toMatch(/form this version does not know \(value\)/);
    expect(await it.ids()).toEqual(ids.toSorted());
  });

  test("a page of 40 MB is not taken in (C07)", async () => {
    const { fake, it, ids } = await stored();
    const filler = Buffer.alloc(1024 * 1024, 0x20);
    fake.fault({
      kind: "answer",
      times: 1_000,
      answer: (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        for (let n = 0; n < 40; n++) response.write(filler);
        response.end("{}");
      },
    });
    await it.failed();
    expect(await it.ids()).toEqual(ids.toSorted());
  });
});

describe("when Graph asks to slow down", () => {
  const past = new Date(Date.now() - 60_000).toUTCString();
  for (const status of [429, 503])
    for (const [what, retryAfter] of [
      ["a second", "1"],
      ["a date", past],
      ["0", "0"],
      ["-5", "-5"],
      ["soon", "soon"],
      ["1e9", "1e9"],
      ["nothing", undefined],
    ] as const) {
      // 503 without a usable wait is a fault of theirs: those are tried as often as any.
      const times = status === 503 && retryAfter !== "1" ? 2 : retryAfter === "1" ? 1 : 5;
      test(`${status} with Retry-After: ${what} is waited out and uses up no tries (C06)`, async () => {
        const fake = await place.fake();
        const id = fake.drive().file("a.txt", "Text");
        const it = await place.connect(fake);
        fake.fault({ kind: "status", status, times, ...(retryAfter === undefined ? {} : { retryAfter }) });
        expect(await it.completed()).toMatchObject({ new: 1, failed: 0 });
        expect(await it.ids()).toEqual([id]);
      });
    }

  test("429 with Retry-After: 1000000000 gives the run back to the queue and says until when (C06)", async () => {
    const { fake, it, ids } = await stored();
    fake.fault({ kind: "status", status: 429, times: 1_000, retryAfter: "1000000000" });
    const { runId, result } = await it.sync();
    expect(result).toBe("yielded");
    expect(fake.counts.total).toBe(1);
    expect((await it.run(runId)).waiting_until?.getTime()).toBeGreaterThan(Date.now() + 60_000);
    expect(await it.ids()).toEqual(ids.toSorted());
    fake.clear();
    // The time passes.
    await pool().query("delete from account_paces");
    expect(await it.execute(runId)).toBe("completed");
  });

  test("throttled downloads are not failures (C06)", async () => {
    const fake = await place.fake();
    for (let n = 0; n < 10; n++) fake.drive().file(`${n}.txt`, `Text ${n}`);
    const it = await place.connect(fake);
    fake.fault({ kind: "status", status: 429, times: 12, retryAfter: "0", on: "read" });
    expect(await it.completed()).toMatchObject({ new: 10, failed: 0 });
  });

  test("500 twice is tried again; for ever, the run fails with its cause and deletes nothing (C07)", async () => {
    const { fake, it, ids } = await stored();
    fake.fault({ kind: "status", status: 500, times: 2 });
    await it.completed();
    fake.fault({ kind: "status", status: 500, times: 1_000 });
    expect(await it.failed()).toMatchObject({ error_code: "provider_unavailable", removed: 0 });
    expect(await it.ids()).toEqual(ids.toSorted());
  });
});

test.each(["ResourceNotFound", "itemNotFound"])(
  "an account whose drive is gone is named as such, not taken for a refused token: %s",
  async (code) => {
    const { fake, it, ids } = await stored(3);
    fake.fault({
      kind: "answer",
      times: 100,
      answer: (response, request) => {
        if (!request.url?.startsWith("/v1.0/me/drive")) return false;
        response.writeHead(404).end(JSON.stringify({ error: { code, message: "mysite not found" } }));
        return true;
      },
    });
    expect((await it.failed()).error).toMatch(/^This account has no OneDrive\./);
    expect(await it.ids()).toEqual(ids.toSorted());
  },
);
