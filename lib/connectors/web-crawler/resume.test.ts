import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, quickTuning } from "./testing/harness.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const nodePath = (n: number): string => (n === 0 ? "/" : `/n${n}`);

/** A tree of 121 pages with cross links, redirects, pages out of the index and missing ones. */
function forest(): void {
  for (let n = 0; n <= 120; n++) {
    const children = [3 * n + 1, 3 * n + 2, 3 * n + 3].filter((child) => child <= 120).map(nodePath);
    site.page(nodePath(n), {
      title: `Node ${n}`,
      text: `The text of node ${n}.`,
      links: [...children, nodePath((n * 7) % 121), `/r${n % 5}`, ...(n % 10 === 0 ? [`/missing${n}`] : [])],
      ...(n % 17 === 3 ? { head: '<meta name="robots" content="noindex">' } : {}),
    });
  }
  for (let n = 0; n < 5; n++) site.redirect(`/r${n}`, `/n${100 + n}`);
}

const harness = (): Harness =>
  new Harness({
    config: { startUrl: `${site.origin}/`, crawlDepth: 20 },
    allow: site.allow,
    tuning: { ...quickTuning, batch: 5, batchMs: 1, checkpointEvery: 10, samplePages: 20 },
  });

const fingerprint = (crawl: Harness): unknown => ({
  documents: [...crawl.documents].map(([id, document]) => [id, document.version, document.markdown]).sort(),
  reasons: crawl.reasons,
});

test("a crawl that dies at any point and goes on ends with the documents of an undisturbed one", async () => {
  forest();
  const whole = harness();
  await whole.sync();
  expect(whole.documents.size).toBeGreaterThan(100);
  // an undisturbed crawl with other timing has the same texts: what is dropped as repetition does not depend on luck
  site.on(/^\/n[0-9]*[13579]$/, (request, response, url) =>
    setTimeout(() => site.serve(request, response, url), 3 + (url.pathname.length % 4) * 3),
  );
  const slower = harness();
  await slower.sync();
  expect(fingerprint(slower)).toEqual(fingerprint(whole));
  site.off(/^\/n[0-9]*[13579]$/);
  for (const stopAfter of [1, 7, 30, 31, 64, 110, 125]) {
    const crawl = harness();
    await crawl.sync({ stopAfter });
    const run = await crawl.sync({ resume: true });
    expect(run.error, `stopped after ${stopAfter}`).toBeUndefined();
    expect(fingerprint(crawl), `stopped after ${stopAfter}`).toEqual(fingerprint(whole));
  }
});

test("a crawl that dies again and again gets to its end, and repeats only what was not stored", async () => {
  forest();
  const whole = harness();
  await whole.sync();
  site.clear();
  const crawl = harness();
  await crawl.sync({ stopAfter: 12 });
  for (let i = 0; i < 30; i++) {
    const run = await crawl.sync({ resume: true, stopAfter: 12 });
    if (run.changes.some((change) => change.type === "done")) break;
  }
  expect(fingerprint(crawl)).toEqual(fingerprint(whole));
  const pages = site.log.filter((hit) => hit.target.startsWith("/n")).length;
  // per death: what was on its way, at most the requests at once and what waited to be handed over
  expect(pages).toBeLessThan(121 * 3);
});

test("pages stored before the crawl died are not asked for again", async () => {
  forest();
  const crawl = harness();
  await crawl.sync({ stopAfter: 60 });
  const stored = crawl.paths;
  site.clear();
  await crawl.sync({ resume: true });
  expect(stored.filter((path) => site.hits(path) > 0)).toEqual([]);
});

test("also when every page is known from before and answers 304", async () => {
  forest();
  const crawl = harness();
  await crawl.sync();
  const before = fingerprint(crawl);
  site.clear();
  await crawl.sync({ stopAfter: 50 });
  const run = await crawl.sync({ resume: true });
  expect(run.counts.removed).toBe(0);
  expect(fingerprint(crawl)).toEqual(before);
  expect(site.log.filter((hit) => hit.status === 200 && hit.target.startsWith("/n") && hit.conditional)).toEqual([]);
});
