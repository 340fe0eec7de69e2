import { expect, test } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { createPathFilter, splitPatterns } from "./path-filter.ts";

const allows = (include: string, path: string, exclude = ""): boolean =>
  createPathFilter(splitPatterns(include), splitPatterns(exclude)).allows(path);

test.each([
  ["/docs/**", "/docs", true],
  ["/docs/**", "/docs/", true],
  ["/docs/**", "/docs/a/b", true],
  ["/docs/**", "/docs?x=1", true],
  ["/docs/**", "/docsearch", false],
  ["/docs", "/docs/a", true],
  ["/docs", "/docsearch", false],
  ["/docs/", "/docs/a", true],
  ["/docs/", "/docs", true],
  ["/", "/anything/at/all", true],
  ["/blog/*", "/blog/a", true],
  ["/blog/*", "/blog/a/b", false],
  ["/blog/*/comments", "/blog/a/comments", true],
  ["/*/docs/**", "/en/docs/a", true],
  ["/*/docs/**", "/en/docs", true],
  ["/*/docs/**", "/en/us/docs/a", false],
  ["/**/docs/**", "/en/us/docs/a", true],
  ["*.html", "/a/b/c.html", true],
  ["*.html", "/a/b/c.htm", false],
  ["docs", "/en/docs/a", true],
  ["docs", "/en/mydocs/a", false],
  ["/v?/**", "/v2/a", true],
  ["/v?/**", "/v12/a", false],
  ["/search\\?*", "/search?q=1", true],
  ["/search\\?*", "/search", false],
  ["https://docs.example.com/a/**", "/a/b", true],
  ["", "/anything", true],
])("%j %s: %s", (include, path, expected) => {
  expect(allows(include, path)).toBe(expected);
});

test("lists come with commas or line ends, and exclude wins", () => {
  expect(splitPatterns(" /a/** , /b/**\n\n/c\r\n")).toEqual(["/a/**", "/b/**", "/c"]);
  expect(allows("/a/**, /b/**", "/b/x")).toBe(true);
  expect(allows("/a/**", "/a/secret/x", "/a/secret/**")).toBe(false);
});

test("a pattern full of wildcards costs pattern × path, not more", async () => {
  const ask = () => expect(allows(`/${"*a**".repeat(60)}z`, `/${"a".repeat(2_000)}`)).toBe(false);
  expect(await quickest(ask, 500)).toBeLessThan(500);
});
