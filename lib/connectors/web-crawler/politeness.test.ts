import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { jumpClock } from "#lib/testing/egress-clock.ts";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, quickTuning, type HarnessOptions } from "./testing/harness.ts";
import { Turns } from "./turns.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const harness = (settings: Record<string, unknown> = {}, options: Partial<HarnessOptions> = {}): Harness =>
  new Harness({ allow: site.allow, ...options, config: { startUrl: `${site.origin}/`, ...settings } });

/** Pages that all answer a little late; tells how many were asked for at once. */
function busy(count: number): () => number {
  const links = Array.from({ length: count }, (_, i) => `/p${i}`);
  site.page("/", { links });
  for (const link of links) site.page(link, { title: link });
  let now = 0;
  let most = 0;
  site.on(/^\/p\d+$/, (request, response, url) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      site.serve(request, response, url);
    }, 10);
  });
  return () => most;
}

test.each([
  [{}, 8],
  [{ concurrency: 1 }, 1],
  [{ concurrency: 3 }, 3],
  [{ concurrency: 32 }, 32],
])("with %j at most %d requests are under way", async (settings, most) => {
  const peak = busy(60);
  const crawl = harness(settings);
  await crawl.sync();
  expect(crawl.documents.size).toBe(61);
  expect(peak()).toBe(most);
});

test("a delay in robots.txt is kept, one request at a time, and said", async () => {
  const peak = busy(5);
  site.robots("User-agent: *\nCrawl-delay: 7");
  const clock = jumpClock();
  const begun = clock.now();
  const run = await harness({}, { clock }).sync();
  expect(peak()).toBe(1);
  // seven requests after robots.txt: sitemap, start page, five pages
  expect(clock.now() - begun).toBeGreaterThanOrEqual(6 * 7_000);
  expect(run.notes).toContainEqual(expect.stringContaining("7 s between pages"));
});

test.each([
  [{ delaySeconds: 20 }, "Crawl-delay: 7", 20],
  [{ delaySeconds: 2 }, "Crawl-delay: 7", 7],
  [{}, "Crawl-delay: 7200", 60],
])("of %j and %s the longer one counts, up to a minute", async (settings, line, seconds) => {
  busy(2);
  site.robots(`User-agent: *\n${line}`);
  const clock = jumpClock();
  await harness(settings, { clock }).sync();
  expect(Math.max(...clock.waits)).toBe(seconds * 1_000);
});

test("429 with Retry-After is waited for and the page is not lost", async () => {
  busy(6);
  site.fault({ kind: "status", status: 429, retryAfter: "1", times: 2, on: "read" });
  const crawl = harness({}, { tuning: { ...quickTuning, page: { ...quickTuning.page, retries: 1 } } });
  const begun = performance.now();
  const run = await crawl.sync();
  expect(run.error).toBeUndefined();
  expect(crawl.documents.size).toBe(7);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(950);
});

test("turns are given from start to start, not from answer to start", () => {
  let now = 0;
  const turns = new Turns(2, { now: () => now, after: () => () => undefined });
  expect(turns.claim()).toBe(0);
  now = 500;
  expect(turns.claim()).toBe(1_500);
  now = 2_000;
  expect(turns.claim()).toBe(0);
  now = 9_000;
  expect(turns.claim()).toBe(0);
  expect(turns.claim()).toBe(2_000);
});

test("we say who we are", async () => {
  const agents: string[] = [];
  site.on(/./, (request, response, url) => {
    agents.push(request.headers["user-agent"] ?? "");
    site.serve(request, response, url);
  });
  await harness().sync();
  expect(agents.length).toBeGreaterThanOrEqual(3);
  for (const agent of agents) expect(agent).toContain("TributaryBot");
});
