import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { calendar, growingPaths, growingQueries, gzipBomb, manyLinks, sessions } from "./fake/traps.ts";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, quickTuning, type HarnessOptions } from "./testing/harness.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const harness = (settings: Record<string, unknown> = {}, options: Partial<HarnessOptions> = {}): Harness =>
  new Harness({ allow: site.allow, ...options, config: { startUrl: `${site.origin}/`, ...settings } });

/** Bytes the heap and buffers grew by while something ran, garbage left out. */
async function growth(act: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage();
  await act();
  globalThis.gc?.();
  const after = process.memoryUsage();
  return after.heapUsed + after.external - before.heapUsed - before.external;
}

describe("traps end at the limits", () => {
  test("a calendar without end stops by depth, and a year ahead in any case", async () => {
    calendar(site).page("/", { links: ["/calendar?month=2026-06"] });
    const shallow = harness({ crawlDepth: 4 });
    await shallow.sync();
    expect(shallow.documents.size).toBeLessThan(40);
    const deep = harness({ crawlDepth: 20 }, { limit: 50, now: () => new Date("2026-11-20T00:00:00Z") });
    const run = await deep.sync();
    expect(run.error).toBeUndefined();
    expect(deep.documents.size).toBeLessThanOrEqual(50);
    const years = deep.paths.map((path) => Number(/month=(\d+)/.exec(path)?.[1] ?? 0));
    expect(Math.max(...years)).toBeLessThanOrEqual(2027);
    expect(run.notes.join()).toMatch(/calendar|Limit reached/);
  });

  test("new session ids in every link do not make new pages", async () => {
    sessions(site).page("/", { links: ["/shop"] });
    const crawl = harness({ crawlDepth: 20 });
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/shop", "/shop/a", "/shop/b", "/shop/c"]);
    expect(site.counts.reads).toBeLessThan(10);
  });

  test("paths that repeat themselves stop after a few", async () => {
    growingPaths(site).page("/", { links: ["/deep/"] });
    const crawl = harness({ crawlDepth: 20 });
    const run = await crawl.sync();
    expect(crawl.documents.size).toBeLessThan(15);
    expect(run.notes).toContainEqual(expect.stringContaining("repeat themselves"));
  });

  test("queries that grow by a parameter a page stop after a few", async () => {
    growingQueries(site).page("/", { links: ["/list?a=1", "/list?a=1&a=1&a=1&a=1"] });
    const crawl = harness({ crawlDepth: 20 });
    await crawl.sync();
    expect(crawl.documents.size).toBeLessThan(60);
  });

  test("as many links as fit on a page: the crawl stays within its limit and its memory", async () => {
    manyLinks(site, "/everything", 400_000);
    site.page("/", { links: ["/everything"] });
    const crawl = harness({}, { limit: 100 });
    let run: Awaited<ReturnType<Harness["sync"]>> | undefined;
    const grown = await growth(async () => {
      run = await crawl.sync();
    });
    expect(run?.counts.added).toBe(100);
    expect(run?.notes).toContainEqual(expect.stringContaining("Limit reached"));
    expect(grown).toBeLessThan(150 * 1024 * 1024);
  });

  test("more addresses than are kept in memory wait for a later run", async () => {
    manyLinks(site, "/everything", 500);
    site.page("/", { links: ["/everything"] });
    const crawl = harness({}, { tuning: { ...quickTuning, maxAddresses: 50 } });
    const run = await crawl.sync();
    expect(crawl.documents.size).toBe(50);
    expect(run.notes).toContainEqual(expect.stringContaining("later run"));
  });

  test("an address over 2,048 bytes is listed as too long and never asked for", async () => {
    const long = `/${"x".repeat(3_000)}`;
    site.page("/", { links: [long] });
    const crawl = harness();
    await crawl.sync();
    expect(Object.values(crawl.reasons)).toEqual(["id_too_long"]);
    expect(Object.keys(crawl.reasons)[0]?.length).toBeLessThan(2_048);
    expect(site.hits(long)).toBe(0);
  });
});

describe("pages that are made to hurt are skipped or read, the others go on", () => {
  const types: [name: string, prepare: () => unknown, reason: string | null][] = [
    ["a gzip bomb", () => gzipBomb(site, "/bad", 300), "too_large"],
    ["11 MB", () => site.page("/bad", { body: `<p>${"long ".repeat(2_300_000)}` }), "too_large"],
    [
      "a cut line",
      () =>
        site.on(/^\/bad$/, (request, response) => {
          response.writeHead(200, { "content-type": "text/html", "transfer-encoding": "chunked" });
          response.write("<p>half", () => request.socket.destroy());
        }),
      "unreachable",
    ],
    ["a PDF", () => site.page("/bad", { body: "%PDF-1.7", type: "application/pdf" }), "unsupported_type"],
    ["an image", () => site.page("/bad", { body: "x", type: "image/png" }), "unsupported_type"],
    ["bytes", () => site.page("/bad", { body: "x", type: "application/octet-stream" }), "unsupported_type"],
    ["no type", () => site.page("/bad", { body: "<p>x", type: null }), "unsupported_type"],
    [
      "a PDF that says it is HTML",
      () => site.page("/bad", { body: "%PDF-1.7 …", type: "text/html" }),
      "unsupported_type",
    ],
    [
      "a PNG that says it is HTML",
      () => site.page("/bad", { body: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), type: "text/html" }),
      "unsupported_type",
    ],
    ["damaged gzip", () => site.page("/bad", { body: "not gzip", headers: { "content-encoding": "gzip" } }), "broken"],
    ["nested 100,000 deep", () => site.page("/bad", { body: `${"<div>".repeat(100_000)}deep text` }), null],
    [
      "NULs and nonsense in its bytes",
      () => site.page("/bad", { body: Buffer.from("<p>a\0b\xff\xfe text</p>", "latin1") }),
      null,
    ],
  ];
  test.each(types)("%s", async (_name, prepare, reason) => {
    site.page("/", { links: ["/bad", "/good"] }).page("/good", { title: "Good" });
    prepare();
    const crawl = harness();
    const begun = performance.now();
    const run = await crawl.sync();
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(run.error).toBeUndefined();
    expect(crawl.paths).toContain("/good");
    if (reason === null) expect(crawl.paths).toContain("/bad");
    else expect(crawl.reasons).toEqual({ "/bad": reason });
  });

  test("charsets come from header, meta or byte order mark", async () => {
    const text = "<p>Grüße aus Köln";
    site
      .page("/", { links: ["/header", "/meta", "/mark"] })
      .page("/header", { body: Buffer.from(text, "latin1"), type: "text/html; charset=iso-8859-1" })
      .page("/meta", { body: Buffer.from(`<meta charset="windows-1252">${text}`, "latin1"), type: "text/html" })
      .page("/mark", { body: Buffer.from(`\uFEFF${text}`, "utf16le"), type: "text/html" });
    const crawl = harness();
    await crawl.sync();
    for (const path of ["/header", "/meta", "/mark"]) expect(crawl.markdown(path)).toContain("Grüße aus Köln");
  });

  test("text that looks like markup stays text; scripts, hidden addresses and styles are not text", async () => {
    site.page("/", {
      body: '<title>T</title><script>document.write("<p>evil()</p>")</script><p>See &lt;script&gt;alert(1)&lt;/script&gt; <a href="javascript:alert(2)">here</a></p><style>p{}</style>',
    });
    const crawl = harness();
    await crawl.sync();
    const text = crawl.markdown("/");
    expect(text).toContain("here");
    expect(text).not.toContain("evil()");
    expect(text).not.toContain("javascript:");
    expect(text).toContain("\\<script>alert(1)\\</script>");
  });
});

const urls = (count: number): string =>
  Array.from({ length: count }, (_, i) => `<url><loc>${site.origin}/s${i}</loc></url>`).join("");
const index = (...children: string[]): string =>
  `<sitemapindex>${children.map((child) => `<sitemap><loc>${child}</loc></sitemap>`).join("")}</sitemapindex>`;

describe("sitemaps that are made to hurt", () => {
  const cases: [name: string, prepare: () => unknown][] = [
    [
      "a document type",
      () => site.page("/sitemap.xml", { body: `<!DOCTYPE x [<!ENTITY a "b">]><urlset>${urls(3)}</urlset>` }),
    ],
    [
      "itself",
      () =>
        site.page("/sitemap.xml", {
          body: index(`${site.origin}/sitemap.xml`, `${site.origin}/sitemap.xml?utm_source=1`),
        }),
    ],
    [
      "other hosts and schemes",
      () =>
        site.page("/sitemap.xml", {
          body: index("file:///etc/passwd", "ftp://127.0.0.1/x", "https://example.com/s.xml", "//example.com/s.xml"),
        }),
    ],
    ["a redirect to another host", () => site.redirect("/sitemap.xml", "https://example.com/sitemap.xml")],
    ["silence", () => site.on(/^\/sitemap\.xml$/, (request) => request.socket.destroy())],
  ];
  test.each(cases)("%s", async (_name, prepare) => {
    site.page("/", { links: ["/a"] }).page("/a");
    prepare();
    const crawl = harness();
    const run = await crawl.sync();
    expect(run.error).toBeUndefined();
    expect(crawl.paths).toEqual(["/", "/a"]);
    expect(site.hits("/sitemap.xml")).toBeLessThanOrEqual(2);
  });

  test("an index nested ten deep is read three deep", async () => {
    site.page("/", {});
    for (let i = 0; i < 10; i++)
      site.page(i === 0 ? "/sitemap.xml" : `/s${i}.xml`, {
        body: index(`${site.origin}/s${i + 1}.xml`),
        type: "application/xml",
      });
    const crawl = harness();
    const run = await crawl.sync();
    expect(site.hits("/s2.xml")).toBe(1);
    expect(site.hits("/s3.xml")).toBe(0);
    expect(run.notes).toContainEqual(expect.stringContaining("nested"));
  });

  test("100,000 addresses are read to 50,000, quickly, and the limit holds", async () => {
    site.page("/", {}).page("/sitemap.xml", { body: `<urlset>${urls(100_000)}</urlset>`, type: "application/xml" });
    for (let i = 0; i < 30; i++) site.page(`/s${i}`, { title: `Page ${i}` });
    const crawl = harness({}, { limit: 20 });
    const run = await crawl.sync();
    expect(run.counts.added).toBe(20);
    expect(run.notes).toContainEqual(expect.stringContaining("50000"));
  });

  test("a packed one is unpacked to 50 MB and no further", async () => {
    const packed = gzipSync(Buffer.from(`<urlset>${urls(2)}</urlset>`));
    const bomb = gzipSync(Buffer.concat([Buffer.from(`<urlset>${urls(1)}`), Buffer.alloc(80 * 1024 * 1024, 32)]));
    site
      .robots(`Sitemap: ${site.origin}/ok.xml.gz\nSitemap: ${site.origin}/bomb.xml.gz`)
      .page("/", {})
      .page("/ok.xml.gz", { body: packed, type: "application/gzip" })
      .page("/bomb.xml.gz", { body: bomb, type: "application/gzip" })
      .page("/s0", { title: "Zero" })
      .page("/s1", { title: "One" });
    const crawl = harness();
    const run = await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/s0", "/s1"]);
    expect(run.notes).toContainEqual(expect.stringContaining("/bomb.xml.gz"));
  });
});
