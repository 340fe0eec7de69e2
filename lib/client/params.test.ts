import { expect, test } from "vitest";
import { one } from "./params.ts";

test("a parameter of a page's address is one short text a database can look for, or none", () => {
  expect(one("  two words ")).toBe("two words");
  for (const value of [undefined, "", " ", ["a", "b"], "x".repeat(501), "a\0b", "half \ud800"])
    expect(one(value)).toBeUndefined();
  expect(one("x".repeat(101), 100)).toBeUndefined();
});
