import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { createHttp, type HttpSeams } from "#lib/egress/http.ts";
import { blockedAnswers, blockedUrls } from "#lib/testing/blocked-addresses.ts";
import { canaries } from "#lib/testing/loopback.ts";
import { Failure } from "../types.ts";
import { configSchema } from "./config.ts";
import { FakeWebsite } from "./fake/website.ts";
import { fetchRobots } from "./robots-file.ts";
import { createSite } from "./site.ts";
import { closeExtractor, Harness } from "./testing/harness.ts";

/**
 * No entrance of a crawl leads to an address that must not be reached. The canaries listen where the corpus points to;
 * their port is open to the guard, so that only the check of addresses and of the host keeps them silent.
 */
let birds: Awaited<ReturnType<typeof canaries>>;
let site: FakeWebsite;
let urls: readonly string[];
beforeEach(async () => {
  birds = await canaries();
  site = await FakeWebsite.start();
  urls = blockedUrls(birds.port);
});
afterEach(async () => {
  expect(birds.accepted()).toBe(0);
  await Promise.all([birds.close(), site.close()]);
});
afterAll(closeExtractor);

const noDns: HttpSeams["resolve"] = () => Promise.reject(Object.assign(new Error("none"), { code: "ENOTFOUND" }));
const seams = (): HttpSeams => ({ ports: [80, 443, birds.port], resolve: noDns });

const harness = (): Harness =>
  new Harness({
    config: { startUrl: `${site.origin}/`, crawlDepth: 5 },
    allow: site.allow,
    seams: seams(),
  });

test("the corpus is large, and the canaries hear what is allowed", async () => {
  expect(urls.length).toBeGreaterThan(900);
  const allowed = await FakeWebsite.start();
  allowed.page("/", { title: "Allowed" });
  const crawl = new Harness({ config: { startUrl: `${allowed.origin}/` }, allow: allowed.allow, seams: seams() });
  await crawl.sync();
  expect(crawl.documents.size).toBe(1);
  await allowed.close();
});

test("no start URL reaches them: refused by the settings, the check or the run", async () => {
  const wrong: string[] = [];
  let checked = 0;
  for (const startUrl of urls) {
    if (!configSchema.safeParse({ startUrl }).success) continue;
    checked++;
    const crawl = new Harness({ config: { startUrl }, seams: seams() });
    const error = await crawl.check().then(
      () => "reached",
      (reason: unknown) => reason,
    );
    if (!(error instanceof Failure) || (error.kind !== "blocked" && error.kind !== "permanent"))
      wrong.push(`${startUrl}: ${String(error)}`);
  }
  expect(checked).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

test("no run begun with such a start URL reaches them", async () => {
  for (const startUrl of [
    `http://127.0.0.1:${birds.port}/`,
    `http://[::1]:${birds.port}/`,
    `http://2130706433:${birds.port}/`,
  ]) {
    const run = await new Harness({ config: { startUrl }, seams: seams() }).sync();
    expect(run.error).toMatchObject({ kind: "blocked" });
  }
});

test("no link, canonical link or base address reaches them", async () => {
  const links = [...urls];
  site.page("/", { links: [...links, "/canonicals"] });
  site.page("/base", {
    body: `<base href="http://127.0.0.1:${birds.port}/"><title>b</title><p>text</p><a href="x">x</a>`,
  });
  links.forEach((url, i) => {
    site.page(`/c${i}`, {
      title: `C${i}`,
      head: `<link rel="canonical" href="${url.replaceAll('"', "&quot;")}">`,
    });
  });
  site.page("/canonicals", { links: [...links.map((_, i) => `/c${i}`), "/base"] });
  const crawl = harness();
  const run = await crawl.sync();
  expect(run.error).toBeUndefined();
  expect(crawl.paths).toContain("/base");
  expect(crawl.documents.size).toBeGreaterThan(900);
});

test("no redirect of a page reaches them, after one hop or after four", async () => {
  const targets = urls.map((url) => url.replace(/[\r\n]/g, "")).filter((url) => /^[\x20-\x7e]*$/.test(url));
  expect(targets.length).toBeGreaterThan(600);
  site.page("/", { links: [...targets.map((_, i) => `/r${i}`), "/hop4"] });
  targets.forEach((url, i) => site.redirect(`/r${i}`, url));
  site.redirect("/hop4", "/hop3").redirect("/hop3", "/hop2").redirect("/hop2", "/hop1");
  site.redirect("/hop1", `http://127.0.0.1:${birds.port}/`);
  const crawl = harness();
  const run = await crawl.sync();
  expect(run.error).toBeUndefined();
  // a few spellings are paths on the site itself when read as a redirect
  expect(Object.values(crawl.reasons).filter((reason) => reason === "redirected").length).toBeGreaterThan(600);
  expect(crawl.reasons["/hop1"]).toBe("redirected");
});

test("robots.txt does not lead there: the run ends, nothing is fetched", async () => {
  const http = createHttp({ allow: site.allow, userAgent: "test", retryBaseMs: 1 }, seams());
  const own = createSite(site.origin);
  let target = "";
  site.on(/^\/robots\.txt$/, (_request, response) => {
    response.writeHead(302, { location: target }).end();
  });
  for (const url of urls) {
    target = encodeHeader(url);
    await fetchRobots(http, own, new AbortController().signal, 300);
  }
  await http.close();
  target = `http://127.0.0.1:${birds.port}/`;
  site.clear();
  const run = await harness().sync();
  expect(run.error).toBeInstanceOf(Failure);
  expect(site.log.map((hit) => hit.target)).toEqual(["/robots.txt"]);
});

const xml = (url: string): string => url.replace(/&/g, "&amp;").replace(/</g, "&lt;");

test("no sitemap leads there: named in robots.txt, in an index, as a page or by redirect", async () => {
  const ascii = urls.map((url) => url.replace(/[\r\n]/g, ""));
  site
    .robots(
      [`${site.origin}/index.xml`, `${site.origin}/moved.xml`, ...ascii.slice(0, 97)]
        .map((url) => `Sitemap: ${url}`)
        .join("\n"),
    )
    .page("/", {})
    .redirect("/moved.xml", `http://127.0.0.1:${birds.port}/sitemap.xml`)
    .page("/index.xml", {
      body: `<sitemapindex>${ascii.map((url) => `<sitemap><loc>${xml(url)}</loc></sitemap>`).join("")}</sitemapindex>`,
      type: "application/xml",
    })
    .page("/sitemap.xml", {
      body: `<urlset>${ascii.map((url) => `<url><loc>${xml(url)}</loc></url>`).join("")}</urlset>`,
      type: "application/xml",
    });
  const run = await harness().sync();
  expect(run.error).toBeUndefined();
});

test.each([
  ["a private address", ["127.0.0.1"]],
  ["a public and a private one", ["93.184.216.34", "::1"]],
  ["the metadata service", ["169.254.169.254"]],
])("a host whose name leads to %s is refused, in the check and in the run", async (_name, addresses) => {
  const resolve: HttpSeams["resolve"] = async () =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const crawl = new Harness({
    config: { startUrl: `http://docs.example.com:${birds.port}/` },
    seams: { ports: [birds.port], resolve },
  });
  await expect(crawl.check()).rejects.toMatchObject({ kind: "blocked" });
  expect((await crawl.sync()).error).toMatchObject({ kind: "blocked" });
});

test("a host that is moved to a private address between two requests is refused, whichever address it is", async () => {
  const bare = blockedAnswers.filter((address) => !address.includes("%")).slice(0, 60);
  for (const address of bare) {
    let asked = 0;
    const crawl = new Harness({
      config: { startUrl: `http://docs.example.com:${birds.port}/` },
      seams: {
        ports: [birds.port],
        resolve: async () => {
          asked++;
          return [{ address, family: address.includes(":") ? 6 : 4 }];
        },
      },
    });
    expect((await crawl.sync()).error, address).toMatchObject({ kind: "blocked" });
    expect(asked).toBeGreaterThan(0);
  }
});

/** A Location header holds bytes, not characters. */
function encodeHeader(url: string): string {
  return Buffer.from(url.replace(/[\r\n\0]/g, ""), "utf8").toString("latin1");
}
