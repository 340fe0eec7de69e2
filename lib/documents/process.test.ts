import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pool, prisma } from "#lib/db/client.ts";
import { createHttp } from "#lib/egress/http.ts";
import type { HttpOptions } from "#lib/egress/types.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { storeFile } from "#lib/files/store.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { serve, type Loopback } from "#lib/testing/loopback.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { addDocument, addFile } from "./add.ts";
import { resendLostDocuments } from "./lost.ts";
import { processDocument, type Processing } from "./process.ts";

let acme: TestOrganization;
let site: Loopback;
let extractor: Extractor;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const asked: string[] = [];

beforeAll(async () => {
  await testDatabase({ RETRY_BASE_MS: "1000" });
  acme = await testOrganization();
  extractor = createExtractor({ threads: 1 });
  site = await serve((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
});
afterAll(async () => {
  await extractor.close();
  await site.close();
  await closeQueue();
});
beforeEach(async () => {
  asked.length = 0;
  answer = (_request, response) => page(response, "Cabbage", "Plant it in spring.");
  await pool()
    .query("delete from documents; delete from pgboss.job where name = 'document'")
    .catch(() => {});
});
afterEach(() => vi.restoreAllMocks());

function page(response: ServerResponse, title: string, text: string): void {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`<!doctype html><title>${title}</title><main><h1>${title}</h1><p>${text}</p></main>`);
}

const reach = (): Processing => ({
  createHttp: (options: HttpOptions) => createHttp({ ...options, allow: [...options.allow, site.allow] }),
  extractor,
});
const never = new AbortController().signal;
const run = (id: string, signal = never) => processDocument(reach(), id, signal);
const add = (path: string, fields: object = {}) =>
  addDocument(acme.principal, { content: `${site.origin}${path}`, ...fields });
const stored = (id: string) => prisma().document.findUniqueOrThrow({ where: { id }, include: { content: true } });
const jobs = async (id: string) =>
  (
    await pool().query<{ state: string; wait: number }>(
      `select state::text as state, extract(epoch from start_after - created_on)::float8 as wait
         from pgboss.job where name = 'document' and singleton_key = $1 order by created_on`,
      [id],
    )
  ).rows;
const taken = (id: string) =>
  pool().query("update pgboss.job set state = 'active' where name = 'document' and singleton_key = $1", [id]);

describe("an address", () => {
  test("is fetched, read and handed to the index with the page's own title", async () => {
    const { id, status } = await add("/garden/cabbage.html?x=1#top");
    expect([status, (await stored(id)).status]).toEqual(["queued", "queued"]);
    expect(await jobs(id)).toHaveLength(1);
    await run(id);
    expect(asked).toEqual(["/garden/cabbage.html?x=1"]);
    expect(await stored(id)).toMatchObject({
      status: "chunking",
      type: "webpage",
      mime: "text/html",
      title: "Cabbage",
      url: `${site.origin}/garden/cabbage.html?x=1#top`,
      failure: null,
      memo: null,
      content: { text: "# Cabbage\n\nPlant it in spring." },
    });
    expect(await prisma().indexTask.count({ where: { documentId: id } })).toBe(1);
  });

  test("of a text file is stored as text, titled by its first heading", async () => {
    answer = (_request, response) => {
      response.setHeader("content-type", "text/plain");
      response.end("# Read me\n\nAll of it.");
    };
    const { id } = await add("/README.md");
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "chunking", type: "text", title: "Read me" });
  });

  test("that redirects is followed, and every step is checked like the first", async () => {
    answer = (request, response) => {
      if (request.url === "/old") response.writeHead(301, { location: "/new" }).end();
      else if (request.url === "/trap") response.writeHead(302, { location: "http://127.0.0.1:1/inside" }).end();
      else page(response, "New", "Here it is now.");
    };
    const old = await add("/old");
    await run(old.id);
    expect(await stored(old.id)).toMatchObject({ status: "chunking", title: "New" });
    const trap = await add("/trap");
    await run(trap.id);
    expect(await stored(trap.id)).toMatchObject({ status: "failed", failure: expect.stringContaining("127.0.0.1") });
  });

  test("on a private network is refused without a connection, in words that name the remedy", async () => {
    const { id } = await add("/");
    await processDocument({ createHttp, extractor }, id, never);
    expect(asked).toEqual([]);
    const { status, failure } = await stored(id);
    expect([status, failure]).toEqual([
      "failed",
      expect.stringMatching(/not on the public internet.*EGRESS_ALLOW=127\.0\.0\.1:\d+.*Use a public address/s),
    ]);
    expect(await prisma().indexTask.count({ where: { documentId: id } })).toBe(0);
  });

  test.each([
    [404, /answers 404: there is nothing at this address\. Correct it/],
    [410, /answers 410/],
    [403, /answers 403.*sign-in/],
    [418, /answers 418/],
    [204, /answers 204/],
  ])("that answers %d has failed at once and says so", async (status, words) => {
    answer = (_request, response) => response.writeHead(status).end();
    const { id } = await add("/");
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "failed", failure: expect.stringMatching(words) });
    expect(asked).toHaveLength(1);
  });

  test("without any text in it has failed: never done and empty", async () => {
    answer = (_request, response) => {
      response.setHeader("content-type", "text/html");
      response.end("<!doctype html><title>App</title><div id=root></div><script src=app.js></script>");
    };
    const { id } = await add("/app");
    await run(id);
    expect(await stored(id)).toMatchObject({
      status: "failed",
      content: null,
      failure: expect.stringMatching(/no text.*scripts build in the browser/s),
    });
  });

  test("of more than 10 MB, or of a kind that is not read, has failed and names the way out", async () => {
    answer = (request, response) => {
      if (request.url === "/big") {
        response.setHeader("content-type", "text/plain");
        response.end(Buffer.alloc(10_000_001, "a"));
      } else {
        response.setHeader("content-type", "image/png");
        response.end(Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"));
      }
    };
    const [big, picture] = [await add("/big"), await add("/picture")];
    await run(big.id);
    await run(picture.id);
    expect((await stored(big.id)).failure).toMatch(/10 MB.*upload it as a file/is);
    expect((await stored(picture.id)).failure).toMatch(/PNG.*Convert it/s);
  });

  test("in passing trouble is tried again later and later, at most five times, then it has failed", async () => {
    answer = (_request, response) => response.writeHead(500).end();
    const { id } = await add("/");
    const waited: number[] = [];
    for (let tries = 1; tries <= 5; tries++) {
      await taken(id);
      await run(id);
      const waiting = (await jobs(id)).filter((job) => job.state === "created");
      if (waiting[0]) waited.push(waiting[0].wait);
      expect((await stored(id)).status).toBe(tries < 5 ? "queued" : "failed");
    }
    expect(asked).toHaveLength(5);
    for (const [i, seconds] of [5, 30, 120, 600].entries()) {
      expect(waited[i]).toBeGreaterThanOrEqual(seconds * 0.75);
      expect(waited[i]).toBeLessThanOrEqual(seconds * 1.25 + 1);
    }
    expect((await stored(id)).failure).toMatch(/answers 500\. Add it again later\./);
    answer = (_request, response) => page(response, "Back", "It works again.");
    expect(await add("/", {})).toMatchObject({ status: "queued" });
  });

  test("says while it waits what went wrong and when it is tried again, and nothing of it once it works", async () => {
    answer = (_request, response) => response.writeHead(502).end();
    const { id } = await add("/");
    await taken(id);
    await run(id);
    const { status, failure } = await stored(id);
    expect(status).toBe("queued");
    const at = /^127\.0\.0\.1:\d+ answers 502\. It is tried again by itself at (.+) UTC\.$/.exec(failure ?? "")?.[1];
    const seconds = (Date.parse(`${at?.replace(" ", "T")}Z`) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(7);
    answer = (_request, response) => page(response, "Back", "It works again.");
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "chunking", failure: null });
  });

  test("whose name does not exist has failed after two tries, seconds apart; one that DNS cannot say has not", async () => {
    const lookUp = (code: string): Processing => ({
      createHttp: (options: HttpOptions) =>
        createHttp(options, { resolve: async () => Promise.reject(Object.assign(new Error(code), { code })) }),
      extractor,
    });
    const { id } = await addDocument(acme.principal, { content: "https://no-such-name.example/" });
    await taken(id);
    await processDocument(lookUp("ENOTFOUND"), id, never);
    expect(await stored(id)).toMatchObject({ status: "queued", failure: expect.stringMatching(/no such name.*again/) });
    expect((await jobs(id)).at(-1)?.wait).toBeLessThan(10);
    await processDocument(lookUp("ENOTFOUND"), id, never);
    expect(await stored(id)).toMatchObject({
      status: "failed",
      failure: expect.stringMatching(/no such name.*Check the spelling/),
    });
    const other = await addDocument(acme.principal, { content: "https://a-name.example/" });
    for (let tries = 1; tries <= 3; tries++) {
      await taken(other.id);
      await processDocument(lookUp("EAI_AGAIN"), other.id, never);
    }
    expect(await stored(other.id)).toMatchObject({ status: "queued", failure: expect.stringMatching(/DNS does not/) });
  });

  test("that asks to wait is left alone for so long, unless that is more than an hour", async () => {
    answer = (_request, response) => response.writeHead(429, { "retry-after": "90" }).end();
    const { id } = await add("/");
    await taken(id);
    await run(id);
    const [, waiting] = await jobs(id);
    expect(waiting).toMatchObject({ state: "created", wait: expect.any(Number) });
    expect(waiting?.wait).toBeGreaterThanOrEqual(90);
    answer = (_request, response) => response.writeHead(503, { "retry-after": "36000" }).end();
    const other = await add("/other");
    await run(other.id);
    expect(await stored(other.id)).toMatchObject({ status: "failed" });
  });

  test("added again while it waits to be tried again is tried at once", async () => {
    answer = (_request, response) => response.writeHead(500).end();
    const { id } = await add("/", { customId: "page" });
    await taken(id);
    await run(id);
    expect((await jobs(id)).at(-1)?.wait).toBeGreaterThan(1);
    const again = await addDocument(acme.principal, { content: `${site.origin}/other`, customId: "page" });
    expect(again).toEqual({ id, status: "queued" });
    const last = (await jobs(id)).filter((job) => job.state === "created");
    expect(last).toHaveLength(1);
    expect(last[0]?.wait).toBeLessThan(1);
  });
});

describe("a file", () => {
  const upload = async (name: string, text: string | Buffer, fields: object = {}) => {
    const file = await storeFile(
      acme.organizationId,
      { name, mime: null },
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    return addFile(acme.principal, { ...fields, fileId: file.id, name, mime: null });
  };

  test("is read and titled by what is in it, or by its name", async () => {
    const notes = await upload("notes.md", "# Harvest\n\nOn Monday.");
    const table = await upload("prices.csv", "crop,price\ncabbage,2\n");
    await run(notes.id);
    await run(table.id);
    expect(await stored(notes.id)).toMatchObject({ status: "chunking", title: "Harvest" });
    expect(await stored(table.id)).toMatchObject({ status: "chunking", title: "prices.csv" });
    expect((await stored(table.id)).content?.text).toContain("| cabbage | 2 |");
  });

  test("whose text cannot be read has failed with its reason; repaired and added again, it is read", async () => {
    const broken = await upload("report.pdf", "no pdf at all", { customId: "report" });
    await run(broken.id);
    expect(await stored(broken.id)).toMatchObject({
      status: "failed",
      failure: expect.stringMatching(/declared as PDF but its content is not.*save it again/s),
    });
    const repaired = await upload("report.md", "# Report\n\nGood.", { customId: "report" });
    expect(repaired).toEqual({ id: broken.id, status: "queued" });
    await run(broken.id);
    expect(await stored(broken.id)).toMatchObject({ status: "chunking", title: "Report", failure: null });
  });

  test("uploaded a second time, byte for byte, is no work", async () => {
    const first = await upload("a.md", "# A", { customId: "a" });
    await run(first.id);
    await prisma().document.update({ where: { id: first.id }, data: { status: "done" } });
    expect(await upload("a.md", "# A", { customId: "a" })).toEqual({ id: first.id, status: "done" });
  });
});

describe("work that was overtaken", () => {
  test("content that came while a page was being fetched wins over it", async () => {
    const { id } = await add("/", { customId: "page" });
    answer = (_request, response) => {
      void addDocument(acme.principal, { content: "newer text", customId: "page" }).then(() =>
        page(response, "Old", "old text"),
      );
    };
    await run(id);
    expect(await stored(id)).toMatchObject({
      status: "chunking",
      title: "newer text",
      content: { text: "newer text" },
    });
    await run(id);
    expect((await stored(id)).content?.text).toBe("newer text");
  });

  test("another address that came while a page was being fetched is fetched, and the first one's text forgotten", async () => {
    const { id } = await add("/one", { customId: "page" });
    answer = (request, response) => {
      if (request.url === "/two") page(response, "Two", "the second");
      else void add("/two", { customId: "page" }).then(() => page(response, "One", "the first"));
    };
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "queued", url: `${site.origin}/two`, content: null });
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "chunking", title: "Two" });
  });

  test("a late failure does not fail what was replaced or deleted meanwhile", async () => {
    const { id } = await add("/", { customId: "page" });
    answer = (_request, response) => {
      void addDocument(acme.principal, { content: "newer text", customId: "page" }).then(() =>
        response.writeHead(404).end(),
      );
    };
    await run(id);
    expect(await stored(id)).toMatchObject({ status: "chunking", failure: null });
    const other = await add("/other");
    answer = (_request, response) => {
      void prisma()
        .document.update({ where: { id: other.id }, data: { deletedAt: new Date() } })
        .then(() => page(response, "Late", "late text"));
    };
    await run(other.id);
    expect((await stored(other.id)).content).toBeNull();
  });

  test("two workers with the same document store it once", async () => {
    const { id } = await add("/");
    await Promise.all([run(id), run(id)]);
    expect(await stored(id)).toMatchObject({ status: "chunking", title: "Cabbage" });
    expect(await prisma().indexTask.count({ where: { documentId: id } })).toBe(1);
  });
});

describe("a worker that dies or stops", () => {
  test("killed in the middle, the next one takes it up; one that kills each of them has failed", async () => {
    const { id } = await add("/");
    const killed = () =>
      pool().query(
        `update documents set status = 'extracting',
           memo = jsonb_build_object('tries', coalesce((memo ->> 'tries')::int, 0) + 1) where id = $1`,
        [id],
      );
    await killed();
    await run(id);
    expect((await stored(id)).status).toBe("chunking");
    const deadly = await add("/deadly");
    for (let i = 0; i < 5; i++)
      await pool().query(
        `update documents set status = 'extracting',
           memo = jsonb_build_object('tries', coalesce((memo ->> 'tries')::int, 0) + 1) where id = $1`,
        [deadly.id],
      );
    asked.length = 0;
    await run(deadly.id);
    expect(asked).toEqual([]);
    expect(await stored(deadly.id)).toMatchObject({
      status: "failed",
      failure: expect.stringContaining("stopped the worker"),
    });
  });

  test("asked to stop, it gives the document back as it was, and the job with it", async () => {
    const { id } = await add("/");
    const stop = new AbortController();
    answer = () => stop.abort(new Error("the worker stops"));
    await expect(run(id, stop.signal)).rejects.toThrow("the worker stops");
    expect(await stored(id)).toMatchObject({ status: "queued", memo: { tries: 0 } });
  });

  test("a document without a job gets one again, and only such a one", async () => {
    const [lost, waiting, fresh] = [await add("/lost"), await add("/waiting"), await add("/fresh")];
    await pool().query("update documents set updated_at = now() - interval '3 minutes' where id = any($1)", [
      [lost.id, waiting.id],
    ]);
    await pool().query("delete from pgboss.job where name = 'document' and singleton_key = any($1)", [
      [lost.id, fresh.id],
    ]);
    expect(await resendLostDocuments()).toBe(1);
    expect((await jobs(lost.id)).map((job) => job.state)).toEqual(["created"]);
    expect(await jobs(fresh.id)).toEqual([]);
  });
});
