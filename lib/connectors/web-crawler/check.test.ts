import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../types.ts";
import { configSchema } from "./config.ts";
import { silence } from "./fake/traps.ts";
import { FakeWebsite } from "./fake/website.ts";
import { closeExtractor, Harness, hastyTuning, quickTuning, type HarnessOptions } from "./testing/harness.ts";

let site: FakeWebsite;
beforeEach(async () => {
  site = await FakeWebsite.start();
});
afterEach(() => site.close());
afterAll(closeExtractor);

const harness = (path = "/", options: Partial<HarnessOptions> = {}): Harness =>
  new Harness({ allow: site.allow, ...options, config: { startUrl: site.origin + path } });

async function refusal(act: Promise<unknown>): Promise<Failure> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error("expected a Failure", { cause: error });
}

describe("a site that can be crawled", () => {
  test("is named by its host and title, with its first pages, and nothing is fetched but robots.txt and the start page", async () => {
    site
      .robots("User-agent: *\nDisallow: /private")
      .page("/", { title: "Handbook", links: ["/a", "/private/x", "/b.pdf", "https://example.com/", "/b#part", "/"] });
    const account = await harness().check();
    const host = new URL(site.origin).host;
    expect(account).toMatchObject({ id: `//${host}`, label: `${host} – Handbook` });
    expect(account.sample).toEqual([
      { id: `${site.origin}/`, title: "Handbook" },
      { id: `${site.origin}/a`, title: "/a" },
      { id: `${site.origin}/b`, title: "/b" },
    ]);
    expect(site.log.map((hit) => hit.target)).toEqual(["/robots.txt", "/"]);
  });

  test("may redirect on its own host", async () => {
    site.redirect("/", "/en/").page("/en/", { title: "Home" });
    expect((await harness().check()).sample[0]).toEqual({ id: `${site.origin}/en/`, title: "Home" });
  });
});

describe("a site that cannot is refused with cause and remedy", () => {
  const cases: [name: string, prepare: () => unknown, kind: string, words: RegExp][] = [
    ["404", () => site.page("/", { status: 404, body: "" }), "missing", /not there/],
    ["login (401)", () => site.page("/", { status: 401, body: "" }), "denied", /refuses/],
    ["login (403)", () => site.page("/", { status: 403, body: "" }), "denied", /refuses/],
    ["no HTML", () => site.page("/", { body: "{}", type: "application/json" }), "permanent", /application\/json/],
    ["robots.txt", () => site.robots("User-agent: *\nDisallow: /"), "denied", /robots\.txt forbids/],
    [
      "robots.txt that answers 500",
      () => site.page("/robots.txt", { status: 500, body: "" }),
      "transient",
      /robots\.txt/,
    ],
    [
      "another host",
      () => site.redirect("/", "https://www.example.com/docs"),
      "permanent",
      /https:\/\/www\.example\.com/,
    ],
    ["a circle", () => site.redirect("/", "/"), "permanent", /redirects to itself/],
    [
      "a long chain",
      () => {
        for (let i = 0; i < 9; i++) site.redirect(i === 0 ? "/" : `/${i}`, `/${i + 1}`);
      },
      "permanent",
      /more than 5/,
    ],
    ["silence", () => silence(site, /^\/$/), "transient", /did not answer|took longer/],
    ["500", () => site.page("/", { status: 500, body: "" }), "transient", /500/],
    [
      "too many requests",
      () => site.fault({ kind: "status", status: 429, retryAfter: "3600", times: 99 }),
      "throttled",
      /stay away/,
    ],
    ["a broken line", () => site.fault({ kind: "reset", times: 99 }), "transient", /.+/],
  ];
  test.each(cases)("%s", async (_name, prepare, kind, words) => {
    site.page("/", { title: "Home" });
    prepare();
    const tuning = words.source.includes("took longer") ? hastyTuning : quickTuning;
    const failure = await refusal(harness("/", { tuning }).check());
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(words);
    expect(failure.fix.length).toBeGreaterThan(20);
  });

  test("a private address, naming the switch that would allow it", async () => {
    const failure = await refusal(harness("/", { allow: [] }).check());
    expect(failure.kind).toBe("blocked");
    expect(failure.fix).toContain("EGRESS_ALLOW");
    expect(site.log).toEqual([]);
  });

  test("a name that does not resolve", async () => {
    const crawl = new Harness({
      config: { startUrl: "http://no-such-name.example.com/" },
      seams: { resolve: () => Promise.reject(Object.assign(new Error("ENOTFOUND"), { code: "ENOTFOUND" })) },
    });
    expect(await refusal(crawl.check())).toMatchObject({ kind: "transient", fix: expect.stringContaining("spelling") });
  });

  test("a port where nobody listens, and one that speaks no TLS", async () => {
    const gone = await FakeWebsite.start();
    await gone.close();
    const closed = new Harness({ config: { startUrl: `${gone.origin}/` }, allow: gone.allow });
    expect((await refusal(closed.check())).kind).toBe("transient");
    const plain = new Harness({ config: { startUrl: site.origin.replace("http", "https") }, allow: site.allow });
    expect(await refusal(plain.check())).toMatchObject({
      kind: "transient",
      fix: expect.stringContaining("certificate"),
    });
  });
});

describe("settings", () => {
  test.each([
    [{}, /startUrl is required/],
    [{ startUrl: "docs.example.com" }, /full address/],
    [{ startUrl: "ftp://example.com/" }, /https?:\/\//],
    [{ startUrl: "file:///etc/passwd" }, /https?:\/\//],
    [{ startUrl: "https://me:secret@example.com/" }, /user name/],
    [{ startUrl: "https://example.com/", crawlDepth: 21 }, /0 .*to 20/],
    [{ startUrl: "https://example.com/", crawlDepth: -1 }, /0 .*to 20/],
    [{ startUrl: "https://example.com/", crawlDepth: 1.5 }, /whole/],
    [{ startUrl: "https://example.com/", concurrency: 0 }, /.+/],
    [{ startUrl: "https://example.com/", delaySeconds: -1 }, /.+/],
    [{ startUrl: "https://example.com/", includePaths: "/a,".repeat(200) }, /at most 100/],
    [{ startUrl: "https://example.com/", excludePaths: "/".repeat(600) }, /at most 512/],
  ])("%j is refused", (settings, words) => {
    const parsed = configSchema.safeParse(settings);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((issue) => issue.message).join()).toMatch(words);
  });

  test("have defaults, and come as text from forms", () => {
    expect(configSchema.parse({ startUrl: " https://example.com/docs ", crawlDepth: "2" })).toMatchObject({
      startUrl: "https://example.com/docs",
      crawlDepth: 2,
      concurrency: 8,
      delaySeconds: 0,
    });
  });
});
