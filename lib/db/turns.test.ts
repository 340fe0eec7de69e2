import { expect, test } from "vitest";
import { inTurn } from "./turns.ts";

/** Something of an organization that is under way until it is told to end. */
function underway(organizationId: string) {
  const state = { begun: false, end: () => {}, over: Promise.resolve() };
  const ended = new Promise<void>((resolve) => (state.end = resolve));
  state.over = inTurn(organizationId, () => {
    state.begun = true;
    return ended;
  });
  return state;
}

const begun = async (all: readonly { readonly begun: boolean }[]) => {
  await new Promise(setImmediate);
  return all.map((one) => one.begun);
};

test("three of one organization and six in all are under way; the next begins when one ends, in the order they came", async () => {
  const a = Array.from({ length: 5 }, () => underway("a"));
  const b = Array.from({ length: 2 }, () => underway("b"));
  const c = Array.from({ length: 2 }, () => underway("c"));
  expect(await begun(a)).toEqual([true, true, true, false, false]);
  expect(await begun([...b, ...c])).toEqual([true, true, true, false]);
  b[0]?.end();
  // The first of those that wait is of an organization that has its three.
  expect(await begun([...a, ...c])).toEqual([true, true, true, false, false, true, true]);
  a[2]?.end();
  expect(await begun(a)).toEqual([true, true, true, true, false]);
  for (const one of [...a, ...b, ...c]) one.end();
  await Promise.all([...a, ...b, ...c].map((one) => one.over));
  expect(await begun(a)).toEqual([true, true, true, true, true]);
});

test("who waits too long is told to come again, and takes nobody's turn", async () => {
  const all = Array.from({ length: 3 }, () => underway("a"));
  await expect(inTurn("a", () => Promise.resolve(), 1)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 2 });
  for (const one of all) one.end();
  await Promise.all(all.map((one) => one.over));
  await expect(Promise.all(Array.from({ length: 20 }, () => inTurn("a", async () => "done")))).resolves.toContain(
    "done",
  );
});

test("what fails gives its turn back", async () => {
  for (let i = 0; i < 10; i++)
    await expect(inTurn("a", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(inTurn("a", async () => "done", 1)).resolves.toBe("done");
});
