import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, type HarnessOptions } from "./testing/harness.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const harness = (settings: Record<string, unknown> = {}, options: Partial<HarnessOptions> = {}): Harness =>
  new Harness({ allow: site.allow, ...options, config: { startUrl: `${site.origin}/`, ...settings } });

const canonical = (path: string) => ({ head: `<link rel="canonical" href="${path}">` });

/** / → /a → /b → /c, and / → /x */
function chain(): void {
  site
    .page("/", { title: "Home", links: ["/a", "/x"] })
    .page("/a", { title: "A", links: ["b"] })
    .page("/b", { title: "B", links: ["/c", "/"] })
    .page("/c", { title: "C" })
    .page("/x", { title: "X", links: ["/a#part", "/b?utm_source=x"] });
}

describe("a crawl", () => {
  test("stores each page of the site once, with title, text, address and type", async () => {
    chain();
    const crawl = harness();
    const run = await crawl.sync();
    expect(run.error).toBeUndefined();
    expect(crawl.paths).toEqual(["/", "/a", "/b", "/c", "/x"]);
    const page = crawl.documents.get(`${site.origin}/a`);
    expect(page?.item).toMatchObject({ title: "A", url: `${site.origin}/a`, filepath: "/a" });
    expect(page?.markdown).toContain("Text of A.");
    expect(crawl.connector.customId(crawl.config, `${site.origin}/a`)).toBe(`${site.origin}/a`);
  });

  test("asks for no page twice, and for robots.txt and the sitemap once", async () => {
    chain();
    site
      .redirect("/old", "/a")
      .redirect("/older", "/old")
      .page("/c", { title: "C", links: ["/older", "/old", "/a", "/gone", "/gone#x"] });
    const crawl = harness();
    await crawl.sync();
    expect(site.repeated).toEqual([]);
    expect(site.hits("/robots.txt")).toBe(1);
    expect(site.hits("/sitemap.xml")).toBe(1);
    expect(crawl.reasons).toEqual({ "/old": "redirected", "/older": "redirected", "/gone": "missing" });
    expect(crawl.paths).toEqual(["/", "/a", "/b", "/c", "/x"]);
  });

  test.each([
    [0, ["/"]],
    [1, ["/", "/a", "/x"]],
    [2, ["/", "/a", "/b", "/x"]],
    [3, ["/", "/a", "/b", "/c", "/x"]],
  ])("goes as deep as it is told: %d", async (crawlDepth, paths) => {
    chain();
    const crawl = harness({ crawlDepth });
    const run = await crawl.sync();
    expect(crawl.paths).toEqual(paths);
    expect(run.notes.some((note) => note.includes("raise crawlDepth"))).toBe(crawlDepth < 3);
  });

  test("a depth raised later brings the deeper pages, a depth lowered lets them go", async () => {
    chain();
    const crawl = harness({ crawlDepth: 1 });
    await crawl.sync();
    crawl.options = { ...crawl.options, config: { startUrl: `${site.origin}/`, crawlDepth: 3 } };
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b", "/c", "/x"]);
    crawl.options = { ...crawl.options, config: { startUrl: `${site.origin}/`, crawlDepth: 1 } };
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/x"]);
  });

  test("stays on its host and port", async () => {
    const other = await FakeWebsite.start();
    other.page("/");
    site.page("/", {
      links: [`${other.origin}/`, "https://example.com/", "mailto:a@b.c", "javascript:alert(1)", "/a"],
    });
    site.page("/a", { links: [] });
    const crawl = harness({}, { allow: [...site.allow, ...other.allow] });
    await crawl.sync();
    expect(other.log).toEqual([]);
    expect(crawl.paths).toEqual(["/", "/a"]);
    await other.close();
  });

  test("takes what the path patterns name; the start page is followed even if it is not taken", async () => {
    site
      .page("/", { links: ["/docs/a", "/blog/b", "/docs/private/c"] })
      .page("/docs/a", { links: ["/docs/d", "/other"] })
      .page("/docs/d");
    const crawl = harness({ includePaths: "/docs/**", excludePaths: "/docs/private" });
    const run = await crawl.sync();
    expect(crawl.paths).toEqual(["/docs/a", "/docs/d"]);
    expect(crawl.reasons["/"]).toBe("filtered");
    expect(site.hits("/blog/b")).toBe(0);
    expect(run.notes).toContainEqual(expect.stringContaining("3 addresses were left out"));
  });

  test("adds no more new pages than the limit, says so, and takes the others in later runs", async () => {
    const links = Array.from({ length: 20 }, (_, i) => `/p${i}`);
    site.page("/", { links });
    for (const link of links) site.page(link, { title: link });
    const crawl = harness({}, { limit: 8 });
    const first = await crawl.sync();
    expect(first.counts.added).toBe(8);
    expect(first.notes).toContainEqual(expect.stringContaining("Limit reached"));
    expect(first.changes).toContainEqual({ type: "waiting", count: 13 });
    expect(crawl.reasons).toEqual({});
    const second = await crawl.sync();
    expect(second.counts).toMatchObject({ added: 8, same: 8, removed: 0 });
    expect(second.changes).toContainEqual({ type: "waiting", count: 5 });
    const third = await crawl.sync();
    expect(third.counts).toMatchObject({ added: 5, same: 16, removed: 0 });
    expect(third.changes).toContainEqual({ type: "waiting", count: 0 });
    expect(crawl.paths).toHaveLength(21);
    expect(third.notes.some((note) => note.includes("Limit"))).toBe(false);
  });

  test("files that are no pages are not fetched and appear once per type", async () => {
    site.page("/", { links: ["/a.pdf", "/b.pdf", "/c.zip", "/d"] }).page("/d");
    const crawl = harness();
    const run = await crawl.sync();
    expect(site.hits("/a.pdf") + site.hits("/b.pdf") + site.hits("/c.zip")).toBe(0);
    expect(crawl.reasons).toEqual({ "/a.pdf": "unsupported_type", "/c.zip": "unsupported_type" });
    expect(run.notes).toContainEqual(expect.stringContaining("2 pdf, 1 zip"));
  });
});

describe("what pages say about themselves", () => {
  test("noindex keeps a page out, its links are followed; nofollow keeps its links out", async () => {
    site
      .page("/", { links: ["/meta", "/header", "/quiet", "/ours"] })
      .page("/meta", { head: '<meta name="robots" content="noindex">', links: ["/a"] })
      .page("/header", { headers: { "x-robots-tag": "noindex" }, links: ["/b"] })
      .page("/quiet", { head: '<meta name="robots" content="nofollow">', links: ["/c"] })
      .page("/ours", { headers: { "x-robots-tag": "otherbot: noindex, TributaryBot: nofollow" }, links: ["/d"] })
      .page("/a")
      .page("/b", { body: '<title>b</title><p>Text</p><a rel="nofollow" href="/e">e</a><a href="/f">f</a>' })
      .page("/c")
      .page("/d")
      .page("/e")
      .page("/f");
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b", "/f", "/ours", "/quiet"]);
    expect(crawl.reasons).toEqual({ "/meta": "noindex", "/header": "noindex" });
    const again = await crawl.sync();
    expect(again.counts).toMatchObject({ same: 6, skipped: 2, changed: 0, removed: 0 });
    expect(site.repeated.length).toBeGreaterThan(0);
    expect(site.log.filter((hit) => hit.status === 200)).toHaveLength(8);
  });

  test("a canonical link on the same host decides which address is the document", async () => {
    site
      .page("/", { links: ["/a?view=print", "/a?view=full", "/b/", "/elsewhere"] })
      .page("/a?view=print", { title: "A", ...canonical("/a") })
      .page("/a?view=full", { title: "A", headers: { link: '</a>; rel="canonical"' } })
      .page("/a", { title: "A", ...canonical("/a") })
      .page("/b/", { title: "B", ...canonical("https://user@127.0.0.1/x") })
      .page("/elsewhere", { title: "Mirror", ...canonical("https://example.com/original") });
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b/", "/elsewhere"]);
    expect(crawl.reasons).toEqual({ "/a?view=print": "duplicate", "/a?view=full": "duplicate" });
    expect(site.repeated).toEqual([]);
  });

  test("canonical links in a circle lose no text, and the same page stays in later runs", async () => {
    site
      .page("/", { links: ["/a", "/b"] })
      .page("/a", { title: "A", head: '<link rel="canonical" href="/b">', plain: true })
      .page("/b", { title: "B", head: '<link rel="canonical" href="/a">', plain: true });
    const crawl = harness({ concurrency: 1 });
    await crawl.sync();
    const paths = crawl.paths;
    expect(paths).toHaveLength(2);
    site.page("/", { title: "Start", links: ["/b", "/a"] });
    const again = await crawl.sync();
    expect(crawl.paths).toEqual(paths);
    expect(again.counts).toMatchObject({ added: 0, removed: 0 });
  });

  test("a canonical page that is missing or forbidden does not take its variants with it", async () => {
    site
      .robots("User-agent: *\nDisallow: /private")
      .page("/", { links: ["/gone", "/a", "/b"] })
      .page("/a", { title: "A", head: '<link rel="canonical" href="/private/a">' })
      .page("/b", { title: "B", head: '<link rel="canonical" href="/gone">' });
    const crawl = harness({ concurrency: 1 });
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b"]);
  });

  test("variants of one address with the same text are stored once, with different text each by itself", async () => {
    const same = { title: "Same", text: "The very same text." };
    site
      .page("/", { links: ["/a", "/a/", "/A/index.html", "/c", "/c/", "/d"] })
      .page("/a", same)
      .page("/a/", same)
      .page("/A/index.html", same)
      .page("/c", { title: "C" })
      .page("/c/", { title: "C with a slash" })
      .page("/d", same);
    const crawl = harness({ concurrency: 1 });
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/c", "/c/", "/d"]);
    const again = await crawl.sync();
    expect(again.counts).toMatchObject({ same: 5, added: 0, changed: 0, removed: 0 });
  });
});

describe("redirects", () => {
  test("are followed on the host, each target once; loops, chains and other hosts are skipped with a reason", async () => {
    const other = await FakeWebsite.start();
    site
      .page("/", { links: ["/one", "/loop", "/pair1", "/h1", "/off", "/user", "/nowhere", "/self"] })
      .redirect("/one", "/target", 302)
      .page("/target", { title: "Target", links: ["/more"] })
      .page("/more")
      .redirect("/loop", "/loop")
      .redirect("/pair1", "/pair2")
      .redirect("/pair2", "/pair1")
      .redirect("/off", `${other.origin}/`)
      .redirect("/user", "http://me:secret@127.0.0.1/")
      .page("/nowhere", { status: 301, body: "" })
      .redirect("/self", "/self?utm_source=again")
      .redirect("/self?utm_source=again", "/self");
    for (let i = 1; i <= 8; i++) site.redirect(`/h${i}`, `/h${i + 1}`);
    site.page("/h9", { title: "Too far" });
    const crawl = harness({}, { allow: [...site.allow, ...other.allow] });
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/more", "/target"]);
    expect(new Set(Object.values(crawl.reasons))).toEqual(new Set(["redirected"]));
    expect(site.hits("/h7")).toBe(0);
    expect(other.log).toEqual([]);
    expect(site.repeated.filter((target) => !target.startsWith("/self"))).toEqual([]);
    await other.close();
  });

  test("of the start page on the same host are followed", async () => {
    site
      .redirect("/", "/en/")
      .page("/en/", { title: "Home", links: ["/en/a"] })
      .page("/en/a");
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toEqual(["/en/", "/en/a"]);
  });

  test("lead only where robots.txt allows", async () => {
    site
      .robots("User-agent: *\nDisallow: /private")
      .page("/", { links: ["/a"] })
      .redirect("/a", "/private/b")
      .page("/private/b");
    const crawl = harness();
    await crawl.sync();
    expect(site.hits("/private/b")).toBe(0);
    expect(crawl.reasons["/private/b"]).toBe("robots");
  });
});

describe("the next run", () => {
  test("asks with the tags of the last one; 304 everywhere rewrites nothing, follows the known links, deletes nothing", async () => {
    chain();
    const crawl = harness();
    await crawl.sync();
    site.clear();
    const before = [...crawl.documents].map(([id, document]) => [id, document.version, document.memo]);
    const again = await crawl.sync();
    expect(again.counts).toEqual({ added: 0, changed: 0, same: 5, removed: 0, skipped: 0, failed: 0 });
    expect(site.log.filter((hit) => hit.status === 304)).toHaveLength(5);
    expect(again.changes.some((change) => change.type === "upsert" && change.content !== undefined)).toBe(false);
    expect(again.changes.some((change) => change.type === "upsert" && change.memo !== undefined)).toBe(false);
    expect([...crawl.documents].map(([id, document]) => [id, document.version, document.memo])).toEqual(before);
  });

  test("finds a new page behind pages that did not change", async () => {
    chain();
    const crawl = harness();
    await crawl.sync();
    site.page("/c", { title: "C", links: ["/new"] }).page("/new", { title: "New" });
    const again = await crawl.sync();
    expect(again.counts).toMatchObject({ added: 1, changed: 1, same: 4 });
  });

  test("a page whose HTML changed but not its text is the same", async () => {
    site.page("/", { links: ["/a"], plain: true }).on(/^\/a$/, (_request, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<title>A</title><script nonce="${Math.random()}"></script><p data-t="${Date.now()}">The text.</p>`);
    });
    const crawl = harness();
    await crawl.sync();
    const again = await crawl.sync();
    expect(again.counts).toMatchObject({ same: 2, changed: 0 });
  });

  test("new furniture on every page goes with the run after the one that met it; an unchanged site is never rewritten", async () => {
    const links = Array.from({ length: 40 }, (_, i) => `/p${i}`);
    const banner = "Join us at the yearly conference in the harbour hall this autumn.";
    const edition = (footer: string): void => {
      site.page("/", { links });
      for (const link of links)
        site.page(link, { title: link, text: `The own text of ${link}.\n\n${footer}`, plain: true });
    };
    edition("Welcome to the pages of the old lighthouse and of its keepers.");
    const crawl = harness();
    await crawl.sync();
    expect(crawl.markdown("/p7")).toContain("The own text of /p7.");
    expect(crawl.markdown("/p7")).not.toContain("Welcome");
    expect((await crawl.sync()).counts).toMatchObject({ same: 41, changed: 0 });
    edition(banner);
    await crawl.sync();
    expect(crawl.markdown("/p7")).toContain("harbour hall");
    await crawl.sync();
    expect(crawl.markdown("/p7")).not.toContain("harbour hall");
    expect(crawl.markdown("/p7")).toContain("The own text of /p7.");
    const before = crawl.cursor;
    expect((await crawl.sync()).counts).toMatchObject({ same: 41, changed: 0 });
    expect(crawl.cursor).toEqual(before);
  });

  test("pages nothing links to any more stay while they live", async () => {
    chain();
    const crawl = harness();
    await crawl.sync();
    site.page("/", { title: "Home", links: ["/x"] }).page("/x", { title: "X" });
    const again = await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b", "/c", "/x"]);
    expect(again.counts).toMatchObject({ removed: 0, same: 3, changed: 2 });
  });

  test("a page newly forbidden by robots.txt or by the path patterns goes without being asked for", async () => {
    chain();
    const crawl = harness();
    await crawl.sync();
    site.robots("User-agent: *\nDisallow: /c");
    site.clear();
    crawl.options = { ...crawl.options, config: { startUrl: `${site.origin}/`, excludePaths: "/x" } };
    const run = await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/a", "/b"]);
    expect(run.counts.removed).toBe(2);
    expect(site.hits("/c") + site.hits("/x")).toBe(0);
  });

  test("a start page on another host lets the old host's pages go", async () => {
    chain();
    const crawl = harness();
    await crawl.sync();
    const other = await FakeWebsite.start();
    other.page("/", { title: "Other" });
    crawl.options = { ...crawl.options, allow: other.allow, config: { startUrl: `${other.origin}/` } };
    crawl.cursor = null;
    const run = await crawl.sync();
    expect([...crawl.documents.keys()]).toEqual([`${other.origin}/`]);
    expect(run.changes.filter((change) => change.type === "delete")).toHaveLength(5);
    await other.close();
  });
});

const urlset = (...urls: string[]): string =>
  `<urlset>${urls.map((url) => `<url><loc>${url}</loc><lastmod>2026-01-02</lastmod></url>`).join("")}</urlset>`;

describe("sitemaps", () => {
  test("bring pages that nothing links to, however they are named", async () => {
    site
      .robots(`Sitemap: ${site.origin}/maps/index.xml\nSitemap: https://example.com/other.xml`)
      .page("/maps/index.xml", {
        body: `<sitemapindex><sitemap><loc>${site.origin}/maps/1.xml</loc></sitemap></sitemapindex>`,
        type: "application/xml",
      })
      .page("/maps/1.xml", {
        body: urlset(`${site.origin}/hidden`, "https://example.com/x", `${site.origin}/a.pdf`),
        type: "application/xml",
      })
      .page("/sitemap.xml", { body: urlset(`${site.origin}/second`), type: "text/xml" })
      .page("/", {})
      .page("/hidden", { plain: true })
      .page("/second");
    const crawl = harness();
    await crawl.sync();
    expect(crawl.paths).toEqual(["/", "/hidden", "/second"]);
    expect(crawl.documents.get(`${site.origin}/hidden`)?.item.updatedAt).toEqual(new Date("2026-01-02"));
    expect(site.repeated).toEqual([]);
  });

  test("are not asked for when only the start page is wanted", async () => {
    site
      .page("/", {})
      .page("/sitemap.xml", { body: urlset(`${site.origin}/a`) })
      .page("/a");
    const crawl = harness({ crawlDepth: 0 });
    await crawl.sync();
    expect(crawl.paths).toEqual(["/"]);
    expect(site.hits("/sitemap.xml")).toBe(0);
  });
});
