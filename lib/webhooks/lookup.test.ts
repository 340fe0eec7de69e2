import { expect, test } from "vitest";
import { Lookup, TooMany } from "./lookup.ts";

const there = new Map([
  ["a", 1],
  ["b", 2],
]);

function lookup(keepMs = 10_000, keepMissingMs = 10_000) {
  const asked: string[][] = [];
  const made = new Lookup<number>({
    find: async (keys) => {
      asked.push([...keys]);
      return new Map([...there].filter(([key]) => keys.includes(key)));
    },
    keepMs,
    keepMissingMs,
  });
  return { made, asked };
}

test("what is asked for within a moment is one query, each key once, and is remembered, also that it is not there", async () => {
  const { made, asked } = lookup();
  const keys = Array.from({ length: 300 }, (_, i) => ["a", "b", "c"][i % 3] ?? "");
  const found = await Promise.all(keys.map((key) => made.get(key)));
  expect(found.slice(0, 3)).toEqual([1, 2, null]);
  expect(asked).toEqual([["a", "b", "c"]]);
  await Promise.all(keys.map((key) => made.get(key)));
  expect(asked).toHaveLength(1);
  made.forget("a");
  expect(await made.get("a")).toBe(1);
  expect(asked).toEqual([["a", "b", "c"], ["a"]]);
});

test("what is remembered is asked for again after its time", async () => {
  const { made, asked } = lookup(0, 0);
  await made.get("a");
  await made.get("a");
  await made.get("c");
  await made.get("c");
  expect(asked).toEqual([["a"], ["a"], ["c"], ["c"]]);
});

test("a flood of made-up keys is refused beyond a bound, pushes out nothing real, and asks in large queries", async () => {
  const { made, asked } = lookup();
  await made.get("a");
  for (let round = 0; round < 6; round++) {
    const flood = Array.from({ length: 6_000 }, (_, i) => made.get(`made up ${round} ${i}`));
    const results = await Promise.allSettled(flood);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.length).toBe(1_000);
    expect(refused.every(({ reason }) => reason instanceof TooMany)).toBe(true);
  }
  expect(await made.get("a")).toBe(1);
  expect(asked.length).toBe(1 + 6 * 10);
});

test("a failed query fails those who asked, and the next one asks again", async () => {
  let broken = true;
  const made = new Lookup<number>({
    find: async () => {
      if (broken) throw new Error("no database");
      return there;
    },
    keepMs: 1_000,
    keepMissingMs: 1_000,
  });
  const both = await Promise.allSettled([made.get("a"), made.get("b")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  broken = false;
  expect(await made.get("a")).toBe(1);
});
