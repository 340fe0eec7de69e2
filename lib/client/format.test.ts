import { expect, test } from "vitest";
import { ago, bytes, count, counted, duration, every, inert, safeUrl, utc } from "./format.ts";

test("figures keep their thousands apart and nouns their number", () => {
  expect(count(1_000_000)).toBe("1,000,000");
  expect(counted(1, ["page", "pages"])).toBe("1 page");
  expect(counted(0, ["page", "pages"])).toBe("0 pages");
});

test("sizes never show four digits", () => {
  expect([0, 999, 1000, 1234, 9_960, 999_499, 999_500, 1.5e9].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 kB",
    "10 kB",
    "999 kB",
    "1.0 MB",
    "1.5 GB",
  ]);
});

test("durations read as a clock", () => {
  expect([-5, 4_000, 65_000, 7_800_000, 273_600_000].map(duration)).toEqual([
    "under 1 s",
    "4 s",
    "1 min 05 s",
    "2 h 10 min",
    "3 d 4 h",
  ]);
});

test("a schedule is told in the largest whole unit", () => {
  expect([14_400, 86_400, 90, 60, 1].map(every)).toEqual([
    "every 4 hours",
    "every day",
    "every 90 seconds",
    "every minute",
    "every second",
  ]);
});

test("relative times look both ways", () => {
  expect(ago(1000, 3000)).toBe("just now");
  expect(ago(0, 300_000)).toBe("5 minutes ago");
  expect(ago(10_800_000, 0)).toBe("in 3 hours");
  expect(utc("2026-11-20T14:03:22.123Z")).toBe("2026-11-20 14:03:22 UTC");
});

test("a title cannot reorder or hide the text beside it", () => {
  expect(inert("invoice\u202Efdp.exe\u0000\n")).toBe("invoice fdp.exe");
});

test("only web addresses become links", () => {
  expect(safeUrl("https://example.com/a b")).toBe("https://example.com/a%20b");
  for (const bad of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//x",
    "",
    null,
  ])
    expect(safeUrl(bad)).toBeNull();
});
