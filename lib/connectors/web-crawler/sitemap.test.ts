import { describe, expect, test } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { SitemapReader, type SitemapContent } from "./sitemap.ts";

const now = Date.parse("2026-11-20T00:00:00Z");

function read(text: string, max = 50_000, chunk = 7): SitemapContent {
  const reader = new SitemapReader(max, now);
  const bytes = new TextEncoder().encode(text);
  for (let i = 0; i < bytes.length && !reader.finished; i += chunk) reader.write(bytes.subarray(i, i + chunk));
  return reader.end();
}

const urlset = (inner: string): string =>
  `<?xml version="1.0"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${inner}</urlset>`;

test("addresses and dates are read in pieces of any size", () => {
  const text = urlset(
    "<url><loc> https://x.test/ä?a=1&amp;b=2 </loc><lastmod>2026-05-01</lastmod></url><url><loc><![CDATA[https://x.test/b]]></loc></url>",
  );
  for (const chunk of [1, 3, 1000]) {
    const { pages, problem } = read(text, 50_000, chunk);
    expect(problem).toBeUndefined();
    expect(pages).toEqual([
      { address: "https://x.test/ä?a=1&b=2", modified: Date.parse("2026-05-01") },
      { address: "https://x.test/b", modified: undefined },
    ]);
  }
});

test("images and other things inside an entry are not pages", () => {
  const { pages } = read(
    urlset(
      "<url><loc>https://x.test/a</loc><image:image><image:loc>https://x.test/a.png</image:loc></image:image></url>",
    ),
  );
  expect(pages.map((page) => page.address)).toEqual(["https://x.test/a"]);
});

test("an index names other sitemaps", () => {
  const { children, pages } = read(
    "<sitemapindex><sitemap><loc>https://x.test/1.xml</loc></sitemap><sitemap><loc>https://x.test/2.xml</loc></sitemap></sitemapindex>",
  );
  expect(children).toEqual(["https://x.test/1.xml", "https://x.test/2.xml"]);
  expect(pages).toEqual([]);
});

test("a plain list of addresses is a sitemap too", () => {
  expect(read("\uFEFFhttps://x.test/a\r\nhttps://x.test/b\n").pages).toHaveLength(2);
});

test.each(["2099-01-01", "yesterday", "", "0000-00-00", "99999999999"])("the date %j is ignored", (date) => {
  const { pages } = read(urlset(`<url><loc>https://x.test/a</loc><lastmod>${date}</lastmod></url>`));
  expect(pages).toEqual([{ address: "https://x.test/a", modified: undefined }]);
});

describe("attacks", () => {
  const laughs = `<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "${"&a;".repeat(50)}"><!ENTITY c "${"&b;".repeat(50)}">]>`;
  test.each([
    [
      "entities that multiply",
      `<?xml version="1.0"?>${laughs}<urlset><url><loc>https://x.test/&c;</loc></url></urlset>`,
    ],
    [
      "an entity from a file",
      `<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/passwd">]><urlset><url><loc>&f;</loc></url></urlset>`,
    ],
    [
      "an external DTD",
      `<!DOCTYPE u SYSTEM "http://127.0.0.1/x.dtd"><urlset><url><loc>https://x.test/</loc></url></urlset>`,
    ],
  ])("%s are refused before anything is read", async (_name, text) => {
    const refuse = () => {
      const content = read(text, 50_000, 4096);
      expect(content.pages).toEqual([]);
      expect(content.problem).toContain("document type");
    };
    expect(await quickest(refuse, 100)).toBeLessThan(100);
  });

  test("an unknown entity, broken XML and a page of HTML end the reading, what came before counts", () => {
    expect(read(urlset("<url><loc>https://x.test/a</loc></url><url><loc>&x;</loc></url>")).pages).toHaveLength(1);
    expect(read("<urlset><url><loc>https://x.test/a</loc></url><url>").problem).toBeDefined();
    expect(read("<!doctype html><p>hello").pages).toEqual([]);
    expect(read("just text").problem).toBeDefined();
  });

  test("no more addresses than allowed are taken", () => {
    const many = Array.from({ length: 200 }, (_, i) => `<url><loc>https://x.test/${i}</loc></url>`).join("");
    const { pages, problem } = read(urlset(many), 50);
    expect(pages).toHaveLength(50);
    expect(problem).toContain("more than 50");
  });
});
