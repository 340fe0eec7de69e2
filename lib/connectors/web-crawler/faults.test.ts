import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../types.ts";
import { cut, silence } from "./fake/traps.ts";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, hastyTuning, quickTuning, type HarnessOptions } from "./testing/harness.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const harness = (settings: Record<string, unknown> = {}, options: Partial<HarnessOptions> = {}): Harness =>
  new Harness({ allow: site.allow, ...options, config: { startUrl: `${site.origin}/`, ...settings } });

const names = Array.from({ length: 12 }, (_, i) => `/p${i}`);

function pages(): void {
  site.page("/", { links: names });
  for (const name of names) site.page(name, { title: `Page ${name}` });
}

const failure = (error: unknown): Failure => {
  if (error instanceof Failure) return error;
  throw new Error("expected a Failure", { cause: error });
};

describe("robots.txt that cannot be read forbids everything, for now", () => {
  test.each([
    ["500", () => site.page("/robots.txt", { status: 500, body: "" })],
    ["503", () => site.page("/robots.txt", { status: 503, body: "" })],
    ["silence", () => silence(site, /^\/robots\.txt$/)],
    ["a cut line", () => cut(site, /^\/robots\.txt$/)],
    ["an endless redirect", () => site.redirect("/robots.txt", "/robots.txt")],
  ])("%s: the run ends with a reason, no page is asked for, nothing is deleted", async (_name, spoil) => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.clear();
    spoil();
    crawl.options = { ...crawl.options, tuning: hastyTuning };
    const run = await crawl.sync();
    expect(failure(run.error).kind).toBe("transient");
    expect(failure(run.error).message).toContain("robots.txt");
    expect(crawl.paths).toHaveLength(13);
    expect(site.log.filter((hit) => hit.target !== "/robots.txt")).toEqual([]);
  });
});

describe("robots.txt that says nothing allows everything", () => {
  test.each([
    ["404", () => site.drop("/robots.txt")],
    ["403", () => site.page("/robots.txt", { status: 403, body: "Disallow: /" })],
    ["an empty file", () => site.robots("")],
    ["a web page", () => site.page("/robots.txt", { body: "<!doctype html><h1>Disallow: /</h1>" })],
    ["rules for others", () => site.robots("User-agent: other\nDisallow: /")],
    ["2 MB whose end nobody reads", () => site.robots(`${"#\n".repeat(1_000_000)}User-agent: *\nDisallow: /`)],
  ])("%s", async (_name, prepare) => {
    pages();
    prepare();
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toHaveLength(13);
  });
});

describe("robots.txt is obeyed", () => {
  test.each([
    ["in UTF-16", Buffer.from("\uFEFFUser-agent: *\nDisallow: /p1", "utf16le")],
    ["with byte order mark", "\uFEFFUser-agent: *\nDisallow: /p1"],
    ["with a longer rule that allows", "User-agent: *\nDisallow: /\nAllow: /p\nAllow: /$\nDisallow: /p1"],
    ["under our own name", "User-agent: *\nAllow: /\nUser-agent: TributaryBot\nDisallow: /p1"],
    ["at the beginning of 2 MB", `User-agent: *\nDisallow: /p1\n${"#\n".repeat(1_000_000)}`],
  ])("%s", async (_name, body) => {
    pages();
    site.page("/robots.txt", { body, type: "text/plain" });
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", ...names.filter((name) => !name.startsWith("/p1"))].sort());
    expect(crawl.reasons).toEqual({ "/p1": "robots", "/p10": "robots", "/p11": "robots" });
    expect(site.hits("/p1") + site.hits("/p10")).toBe(0);
  });

  test("behind a redirect", async () => {
    pages();
    site.redirect("/robots.txt", "/rules.txt").page("/rules.txt", { body: "User-agent: *\nDisallow: /p1" });
    const crawl = harness();
    await crawl.sync();
    expect(crawl.reasons["/p10"]).toBe("robots");
  });

  test("on another host, where a redirect says it is", async () => {
    pages();
    const other = await FakeWebsite.start();
    other.robots("User-agent: *\nDisallow: /p1");
    site.redirect("/robots.txt", `${other.origin}/robots.txt`);
    const crawl = harness({}, { allow: [...site.allow, ...other.allow] });
    await crawl.sync();
    expect(crawl.reasons["/p10"]).toBe("robots");
    expect(other.log.map((hit) => hit.target)).toEqual(["/robots.txt"]);
    await other.close();
  });

  test("Disallow: / stores nothing, asks for nothing, and lets go what was stored", async () => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.robots("User-agent: *\nDisallow: /");
    site.clear();
    const run = await crawl.sync();
    expect(run.error).toBeUndefined();
    expect(site.log.map((hit) => hit.target)).toEqual(["/robots.txt"]);
    expect(run.counts.removed).toBe(13);
    expect(crawl.reasons["/"]).toBe("robots");
  });
});

describe("a page that is gone", () => {
  test.each([404, 410])("%d is asked for twice, then deleted", async (status) => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.clear();
    site.page("/p3", { status, body: "gone" });
    const run = await crawl.sync();
    expect(run.counts).toMatchObject({ removed: 1, same: 12 });
    expect(crawl.paths).not.toContain("/p3");
    expect(site.hits("/p3")).toBe(2);
  });

  test("and comes back between the two is kept", async () => {
    pages();
    const crawl = harness();
    await crawl.sync();
    let asked = 0;
    site.on(/^\/p3$/, (_request, response) => {
      response.writeHead(asked++ === 0 ? 404 : 200, { "content-type": "text/html" });
      response.end("<title>Page /p3</title><p>Text of Page /p3.");
    });
    const run = await crawl.sync();
    expect(run.counts.removed).toBe(0);
    expect(crawl.paths).toContain("/p3");
  });

  test("is deleted when nothing links to it, and when it says noindex", async () => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.page("/", { links: names.slice(2) });
    site.drop("/p0").page("/p1", { title: "Page /p1", head: '<meta name="robots" content="noindex">' });
    const run = await crawl.sync();
    expect(run.counts.removed).toBe(2);
    expect(run.changes).toContainEqual({
      type: "delete",
      id: `${site.origin}/p0`,
      detail: "The site answers 404.",
    });
  });
});

describe("a page that cannot be read for now keeps its document and is tried again", () => {
  test.each([
    ["500", () => site.page("/p3", { status: 500, body: "" }), "unreachable"],
    ["503", () => site.page("/p3", { status: 503, body: "" }), "unreachable"],
    ["401", () => site.page("/p3", { status: 401, body: "" }), "denied"],
    ["403", () => site.page("/p3", { status: 403, body: "" }), "denied"],
    ["a cut line", () => cut(site, /^\/p3$/), "unreachable"],
    ["silence", () => silence(site, /^\/p3$/), "timeout"],
    ["a drip", () => silence(site, /^\/p3$/, true), "timeout"],
    ["a login page in its place", () => site.redirect("/p3", "/login", 302), "redirected"],
    ["an empty page", () => site.page("/p3", { body: "<!doctype html><title></title>" }), "empty"],
    [
      "a page that says 404 with status 200",
      () => site.page("/p3", { title: "404 Not Found", text: "Oops." }),
      "missing",
    ],
    ["another type", () => site.page("/p3", { body: "{}", type: "application/json" }), "unsupported_type"],
  ])("%s", async (_name, spoil, reason) => {
    pages();
    const crawl = harness();
    await crawl.sync();
    const before = crawl.documents.get(`${site.origin}/p3`)?.markdown;
    spoil();
    crawl.options = { ...crawl.options, tuning: hastyTuning };
    const run = await crawl.sync();
    crawl.options = { ...crawl.options, tuning: quickTuning };
    expect(run.error).toBeUndefined();
    expect(run.counts).toMatchObject({ removed: 0, failed: 1, same: 12, changed: 0 });
    expect(crawl.reasons["/p3"]).toBe(reason);
    expect(crawl.documents.get(`${site.origin}/p3`)?.markdown).toBe(before);
    site.off(/^\/p3$/).page("/p3", { title: "Page /p3", text: "Repaired." });
    const repaired = await crawl.sync();
    expect(repaired.counts).toMatchObject({ changed: 1, failed: 0 });
    expect(crawl.reasons).not.toHaveProperty("/p3");
  });

  test("what it led to is still known", async () => {
    site
      .page("/", { links: ["/a"] })
      .page("/a", { links: ["/b"] })
      .page("/b", { links: ["/c"] })
      .page("/c");
    const crawl = harness();
    await crawl.sync();
    site.page("/a", { status: 500, body: "" }).page("/c", { title: "New text" });
    const run = await crawl.sync();
    expect(run.counts).toMatchObject({ failed: 1, changed: 1, removed: 0 });
  });
});

describe("a host in trouble", () => {
  test("slow and silent pages do not hold up the others", async () => {
    pages();
    silence(site, /^\/p[0-3]$/);
    const crawl = harness({}, { tuning: { ...hastyTuning, sampleMs: 20 } });
    const run = await crawl.sync();
    expect(run.error).toBeUndefined();
    expect(crawl.paths).toHaveLength(9);
    const order = run.changes.flatMap((change) =>
      change.type === "upsert" || change.type === "fail" ? [change.type] : [],
    );
    expect(order.indexOf("fail")).toBeGreaterThan(7);
  });

  test("that goes silent ends the run with a typed error; nothing is deleted", async () => {
    const many = Array.from({ length: 60 }, (_, i) => `/m${i}`);
    site.page("/", { links: many });
    for (const name of many) site.page(name, { title: name });
    const crawl = harness();
    await crawl.sync();
    site.on(/^\/m/, (request) => request.socket.destroy());
    const run = await crawl.sync();
    expect(failure(run.error).kind).toBe("transient");
    expect(crawl.paths).toHaveLength(61);
  });

  test.each([429, 503])("that answers %d and a day of Retry-After pauses the run, with the date", async (status) => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.clear();
    site.fault({ kind: "status", status, retryAfter: "86400", times: 1_000, on: "read" });
    const run = await crawl.sync();
    expect(failure(run.error)).toMatchObject({ kind: "throttled", retryAfterSeconds: 86_400 });
    expect(crawl.paths).toHaveLength(13);
    expect(run.counts.removed).toBe(0);
    expect(site.counts.reads).toBeLessThan(30);
  });

  test("503 for everything from the start ends the run, nothing is deleted", async () => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.fault({ kind: "status", status: 503, times: 1_000 });
    const run = await crawl.sync();
    expect(failure(run.error).kind).toMatch(/transient|throttled/);
    expect(crawl.paths).toHaveLength(13);
  });

  test("a start page without its links deletes nothing", async () => {
    pages();
    const crawl = harness();
    await crawl.sync();
    site.page("/", { title: "Maintenance", text: "Back soon." });
    const run = await crawl.sync();
    expect(run.counts.removed).toBe(0);
    expect(crawl.paths).toHaveLength(13);
  });

  test("a site that answers everything with empty pages deletes nothing", async () => {
    for (let i = 0; i < 5; i++) await site.put(`item ${i}`, `Text of item ${i}.`);
    const crawl = harness();
    await crawl.sync();
    site.fault({ kind: "empty", times: 1_000 });
    const run = await crawl.sync();
    expect(run.counts.removed).toBe(0);
    expect(crawl.paths).toHaveLength(6);
  });

  test.each([
    ["is gone", () => site.page("/", { status: 404, body: "" }), "missing"],
    ["needs a login", () => site.page("/", { status: 401, body: "" }), "denied"],
    ["leads to another host", () => site.redirect("/", "https://example.com/"), "permanent"],
    ["is no web page", () => site.page("/", { body: "x", type: "text/plain" }), "permanent"],
    ["is silent", () => silence(site, /^\/$/), "transient"],
  ])("a start page that %s ends the run, nothing is deleted", async (_name, spoil, kind) => {
    pages();
    const crawl = harness();
    await crawl.sync();
    spoil();
    crawl.options = { ...crawl.options, tuning: hastyTuning };
    const run = await crawl.sync();
    expect(failure(run.error).kind).toBe(kind);
    expect(failure(run.error).fix).not.toBe("");
    expect(crawl.paths).toHaveLength(13);
  });
});

test("a run that is cancelled stops at once", async () => {
  pages();
  silence(site, /^\/p/);
  const controller = new AbortController();
  const crawl = harness(
    {},
    { tuning: { ...quickTuning, page: { ...quickTuning.page, headersTimeoutMs: 60_000, totalTimeoutMs: 60_000 } } },
  );
  const reason = new Error("cancelled");
  site.on(/^\/sitemap\.xml$/, (_request, response) => {
    response.writeHead(404).end();
    setTimeout(() => controller.abort(reason), 50);
  });
  const run = await crawl.sync({ signal: controller.signal });
  expect(run.error).toBe(reason);
});
