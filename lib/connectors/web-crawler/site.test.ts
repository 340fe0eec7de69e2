import { describe, expect, test } from "vitest";
import { createSite, variantOf } from "./site.ts";

const site = createSite("https://docs.example.com/start#top");
const key = (url: string): string => site.key(new URL(url, site.start));

describe("which addresses are the same page", () => {
  test.each([
    ["case of the host", "https://DOCS.example.com/a", "https://docs.example.com/a"],
    ["default port", "https://docs.example.com:443/a", "https://docs.example.com/a"],
    ["http and https", "http://docs.example.com/a", "https://docs.example.com/a"],
    ["fragment", "/a#part", "/a"],
    ["dot segments", "/x/../a/./b", "/a/b"],
    ["empty query", "/a?", "/a"],
    ["tracking parameters", "/a?utm_source=x&id=3&fbclid=y&gclid=z", "/a?id=3"],
    ["session ids", "/a;jsessionid=0123ABC?PHPSESSID=f00&x=1", "/a?x=1"],
    ["session ids of ASP.NET", "/(S(lit3py55t21z5v55vlm25s55))/page", "/page"],
    ["a parameter repeated exactly", "/a?x=1&x=1&x=1", "/a?x=1"],
    ["escapes nobody needs", "/%7Euser/%41", "/~user/A"],
    ["case of escapes", "/%c3%a4", "/%C3%A4"],
  ])("they differ only in %s", (_name, one, other) => {
    expect(key(one)).toBe(key(other));
  });

  test.each([
    ["a slash at the end", "/a", "/a/"],
    ["order of parameters", "/?a=1&b=2", "/?b=2&a=1"],
    ["values of parameters", "/?x=1&x=2", "/?x=2"],
    ["case of the path", "/A", "/a"],
    ["a short sid, which is an ordinary id", "/?sid=12", "/?sid=13"],
    ["escapes with a meaning", "/a%2Fb", "/a/b"],
  ])("they may be different pages when they differ in %s", (_name, one, other) => {
    expect(key(one)).not.toBe(key(other));
  });

  test("the page is asked for as it was written, but never in plain text on an https site", () => {
    expect(site.address(new URL("https://docs.example.com/a?utm_source=x#y"))).toBe(
      "https://docs.example.com/a?utm_source=x",
    );
    expect(site.address(new URL("http://docs.example.com/a"))).toBe("https://docs.example.com/a");
    const open = createSite("http://docs.example.com/");
    expect(open.address(new URL("https://docs.example.com/a"))).toBe("https://docs.example.com/a");
  });
});

describe("what belongs to the site", () => {
  test.each([
    "https://other.example.com/",
    "https://docs.example.com.evil.test/",
    "https://docs.example.com:8443/",
    "https://user@docs.example.com/",
    "ftp://docs.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "mailto:me@docs.example.com",
    "//example.com/",
    "http://[",
    "https:\\\\evil.test\\a",
  ])("%s does not", (reference) => {
    expect(site.resolve(reference)).toBeNull();
  });

  test("relative references and both schemes do", () => {
    expect(site.resolve("../a?b")?.href).toBe("https://docs.example.com/a?b");
    expect(site.resolve("http://docs.example.com/x")).not.toBeNull();
  });

  test("short addresses resolve to what they were made from", () => {
    for (const address of ["https://docs.example.com/a?b=%20c", "http://docs.example.com/a"])
      expect(site.resolve(site.shorten(address))?.href).toBe(address);
  });
});

test("variants of one page are those without index file, final slash, case and query", () => {
  const variants = ["/a/", "/a", "/A/index.html", "/a/?x=1", "/a/default.aspx"].map((path) => variantOf(key(path)));
  expect(new Set(variants).size).toBe(1);
  expect(variantOf(key("/a/b"))).not.toBe(variants[0]);
});
