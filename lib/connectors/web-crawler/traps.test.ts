import { expect, test } from "vitest";
import { createTrapDetector, otherType } from "./traps.ts";

const origin = "https://example.com";
const now = new Date("2026-11-20T00:00:00Z");
const check = (path: string) => createTrapDetector(origin, now).check(origin + path);

test.each([
  ["/a/a/a/a", "repeating"],
  ["/docs/en/docs/en/docs/en", "repeating"],
  [`/${"x/".repeat(40)}`, "repeating"],
  ["/list?f=1&f=2&f=3&f=4&f=5", "repeating"],
  ["/list?f[]=1&f[]=2&f[]=3&f%5B%5D=4&f[a]=5", "repeating"],
  [`/?${Array.from({ length: 30 }, (_, i) => `p${i}=1`).join("&")}`, "repeating"],
  ["/calendar/2029/01", "future"],
  ["/calendar?month=2028-03", "future"],
  ["/calendar?year=2030&month=4", "future"],
  [`/${"a".repeat(2_100)}`, "long"],
])("%s is a trap", (path, kind) => {
  expect(check(path)).toBe(kind);
});

test.each([
  "/",
  "/a/a/a",
  "/docs/en/docs/en/x",
  "/blog/2026/11/a-post",
  "/calendar?month=2027-03",
  "/releases/2025-10",
  "/std/collections/hash_map/struct.HashMap.html",
  "/questions/2900/12",
  "/search?tag=a&tag=b&tag=c",
  "/9999/12345678",
])("%s is not", (path) => {
  expect(check(path)).toBeNull();
});

test("pages that differ only in their query's values are taken a thousand times, real paths without end", () => {
  const detector = createTrapDetector(origin, now);
  let taken = 0;
  for (let i = 0; i < 5_000; i++) if (detector.check(`${origin}/list?page=${i}`) === null) taken++;
  expect(taken).toBe(1_000);
  for (let i = 0; i < 5_000; i++) expect(detector.check(`${origin}/${i.toString(26)}x/y`)).toBeNull();
});

test.each([
  ["/a.pdf", "pdf"],
  ["/a.PNG?v=2", "png"],
  ["/a.tar.gz", "gz"],
  ["/a.html", null],
  ["/a.php", null],
  ["/v1.2/page", null],
  ["/packages/chart.js", null],
  ["/blob/main/readme.md", null],
  ["/download?file=a.pdf", null],
  ["/a.pdf/view", null],
])("the type of %s is %s", (path, type) => {
  expect(otherType(origin + path)).toBe(type);
});
