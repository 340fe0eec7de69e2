import { describe, expect, test } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { decodeRobots, maxRobotsBytes, parseRobots } from "./robots.ts";
import { readRobotsHeader } from "./robots-header.ts";

const rules = (text: string) => parseRobots(text, "TributaryBot");
const bytes = (text: string, encoding: BufferEncoding = "utf8"): Uint8Array =>
  new Uint8Array(Buffer.from(text, encoding));

describe("RFC 9309", () => {
  test.each([
    ["the longest match decides", "Allow: /p\nDisallow: /", "/page", true],
    ["the longest match decides, whatever the order", "Disallow: /folder\nAllow: /folder/page", "/folder/page/x", true],
    ["allow wins between equals", "Disallow: /page\nAllow: /page", "/page", true],
    [
      "the example of the RFC",
      "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
      "/example/page/disallowed.gif",
      false,
    ],
    ["* is any run", "Disallow: /*/private", "/a/b/private/c", false],
    ["* in the middle backtracks", "Disallow: /a*b*c", "/axxbxxbxxc", false],
    ["$ is the end", "Disallow: /*.php$", "/index.php", false],
    ["$ is the end and only the end", "Disallow: /*.php$", "/index.php?x=1", true],
    ["$ in the middle is a character", "Disallow: /a$b", "/a$b", false],
    ["$ must match the last part", "Disallow: /*a$", "/banana", false],
    ["an empty disallow forbids nothing", "Disallow:", "/x", true],
    ["paths are compared with case", "Disallow: /Private", "/private", true],
    ["escapes are compared by octet", "Disallow: /%7Euser/%e3%83%84", "/~user/%E3%83%84", false],
    ["plain unicode is compared by octet", "Disallow: /ツ", "/%E3%83%84", false],
    ["%2F is not a slash", "Disallow: /a%2Fb", "/a/b", true],
    ["comments end a rule", "Disallow: /a # not /b", "/a", false],
    ["the query counts", "Disallow: /*?print=", "/a?print=1", false],
    ["robots.txt itself is always allowed", "Disallow: /", "/robots.txt", true],
    ["a rule without slash gets one", "Disallow: tmp", "/tmp/x", false],
  ])("%s", (_name, text, path, allowed) => {
    expect(rules(`User-agent: *\n${text}`).allows(path)).toBe(allowed);
  });

  test("our own group replaces the general one", () => {
    const text = "User-agent: *\nDisallow: /\n\nUser-agent: tributarybot\nDisallow: /x";
    expect(rules(text).allows("/a")).toBe(true);
    expect(rules(text).allows("/x")).toBe(false);
  });

  test("groups of the same agent are one", () => {
    const text =
      "User-agent: TributaryBot/2.0\nDisallow: /a\n\nUser-agent: other\nDisallow: /\n\nUser-agent: TributaryBot\nDisallow: /b";
    expect(["/a", "/b", "/c"].map((path) => rules(text).allows(path))).toEqual([false, false, true]);
  });

  test("names that only begin like ours are others", () => {
    expect(rules("User-agent: TributaryBotanic\nDisallow: /").allows("/a")).toBe(true);
    expect(rules("User-agent: Tributary\nDisallow: /").allows("/a")).toBe(true);
  });

  test("lines we do not know, and sitemaps, do not split a group", () => {
    const text = "User-agent: TributaryBot\nSitemap: https://x.test/s.xml\nNoise: 1\nUser-agent: other\nDisallow: /x";
    expect(rules(text).allows("/x")).toBe(false);
    expect(rules(text).sitemaps).toEqual(["https://x.test/s.xml"]);
  });

  test("rules before any agent belong to nobody", () => {
    expect(rules("Disallow: /\nUser-agent: *\nDisallow: /x").allows("/a")).toBe(true);
  });

  test("a web page in its place forbids nothing", () => {
    expect(rules("<!doctype html><html><body>User-agent: hello</body></html>").allows("/a")).toBe(true);
  });

  test("crawl-delay is read, nonsense in it is not", () => {
    expect(rules("User-agent: *\nCrawl-delay: 2.5").crawlDelay).toBe(2.5);
    for (const bad of ["", "soon", "-1", "Infinity"])
      expect(rules(`User-agent: *\nCrawl-delay: ${bad}`).crawlDelay).toBeUndefined();
  });
});

describe("the file", () => {
  const text = "User-agent: *\r\nDisallow: /x\r\n";

  test.each([
    ["UTF-8 with byte order mark", bytes(`\uFEFF${text}`)],
    ["UTF-16 with byte order mark", bytes(`\uFEFF${text}`, "utf16le")],
    ["UTF-16 without", bytes(text, "utf16le")],
    ["big-endian UTF-16", bytes(`\uFEFF${text}`, "utf16le").map((_, i, all) => all[i ^ 1] ?? 0)],
    ["old Mac line ends", bytes(text.replaceAll("\r\n", "\r"))],
    ["bytes that are no text", new Uint8Array([0xff, 0x80, 10, ...bytes(text)])],
  ])("is understood as %s", (_name, file) => {
    expect(rules(decodeRobots(file)).allows("/x")).toBe(false);
    expect(rules(decodeRobots(file)).allows("/y")).toBe(true);
  });

  test("is read up to 500 KiB", () => {
    const comment = "# filler\n".repeat(Math.ceil(maxRobotsBytes / 9));
    const early = bytes(`User-agent: *\nDisallow: /early\n${comment}Disallow: /late\n`);
    expect(rules(decodeRobots(early)).allows("/early")).toBe(false);
    expect(rules(decodeRobots(early)).allows("/late")).toBe(true);
  });

  test("made to be slow is not", async () => {
    const evil = `User-agent: *\n${`Disallow: /${"*a".repeat(200)}$\n`.repeat(1_000)}`;
    const parsed = rules(evil);
    const ask = () => expect(parsed.allows(`/${"a".repeat(1_900)}b`)).toBe(true);
    expect(await quickest(ask, 250)).toBeLessThan(250);
  });
});

test.each([
  [undefined, false, false],
  ["noindex", true, false],
  ["NOINDEX, nofollow", true, true],
  ["none", true, true],
  ["all", false, false],
  ["TributaryBot: noindex", true, false],
  ["otherbot: noindex, nofollow", false, false],
  ["otherbot: noindex, tributarybot: nofollow", false, true],
  ["unavailable_after: 25 Jun 2027 15:00:00 PST", false, false],
  ["max-snippet: 20, noindex", true, false],
])("X-Robots-Tag %s: noindex %s, nofollow %s", (header, noindex, nofollow) => {
  expect(readRobotsHeader(header, "TributaryBot")).toEqual({ noindex, nofollow });
});
