import { describe, expect, test } from "vitest";
import { metadataFilter } from "./filters.ts";

const is = (key: string, value = "x") => ({ key, value });
const plain = { type: "metadata", operator: "=", negate: false, ignoreCase: false };

test("lists of conditions may hold lists, and all of it may come as text", () => {
  const filter = { AND: [is("team"), { OR: [is("a", "1"), { ...is("b", "2"), negate: "true", ignoreCase: true }] }] };
  const read = {
    all: [
      { key: "team", value: "x", ...plain },
      {
        any: [
          { key: "a", value: "1", ...plain },
          { key: "b", value: "2", ...plain, negate: true, ignoreCase: true },
        ],
      },
    ],
  };
  expect(metadataFilter.parse(filter)).toEqual(read);
  expect(metadataFilter.parse(JSON.stringify(filter))).toEqual(read);
});

function nested(levels: number): unknown {
  return levels === 0 ? is("a") : { AND: [nested(levels - 1)] };
}

describe("what is no filter is refused with the place and the reason", () => {
  test("eight levels and two hundred conditions are the most", () => {
    expect(metadataFilter.safeParse(nested(8)).success).toBe(true);
    expect(metadataFilter.safeParse(nested(9)).success).toBe(false);
    const many = (count: number) => ({ OR: Array.from({ length: count }, (_, i) => is(`k${i}`)) });
    expect(metadataFilter.safeParse(many(200)).success).toBe(true);
    expect(metadataFilter.safeParse(many(201)).success).toBe(false);
    const deep = `${'{"AND":['.repeat(100_000)}${"]}".repeat(100_000)}`;
    expect(metadataFilter.safeParse(deep).success).toBe(false);
  });

  test.each([
    [null, []],
    ["{", []],
    [[], []],
    [is("a"), []],
    [{ AND: [is("a")], OR: [is("b")] }, []],
    [{ AND: [] }, ["AND"]],
    [{ AND: "a" }, ["AND"]],
    [{ AND: [is("a b")] }, ["AND", 0, "key"]],
    [{ AND: [is("a"), is("x".repeat(65))] }, ["AND", 1, "key"]],
    [{ AND: [{ key: "a" }] }, ["AND", 0, "value"]],
    [{ AND: [{ key: "a", value: 1 }] }, ["AND", 0, "value"]],
    [{ AND: [is("a", "\0")] }, ["AND", 0, "value"]],
    [{ AND: [{ OR: [{ ...is("a"), filterType: "like" }] }] }, ["AND", 0, "OR", 0, "filterType"]],
    [{ AND: [{ ...is("a", "many"), filterType: "numeric" }] }, ["AND", 0, "value"]],
    [{ AND: [{ ...is("a", "1"), filterType: "numeric", numericOperator: "<>" }] }, ["AND", 0, "numericOperator"]],
    [{ AND: [{ ...is("a"), negate: "yes" }] }, ["AND", 0, "negate"]],
  ])("%j", (given, path) => {
    const result = metadataFilter.safeParse(given);
    expect(result.success ? "accepted" : result.error.issues[0]?.path).toEqual(path);
  });
});
