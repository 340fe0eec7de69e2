import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bursts } from "./bursts.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Acts are written down; `coversMs` is what each of them covers. */
function bursts(coversMs: number, everyMs: number) {
  const acts: string[] = [];
  const errors: unknown[] = [];
  let refuse = false;
  return {
    acts,
    errors,
    refuse: (now: boolean) => (refuse = now),
    made: new Bursts<string>({
      act: async (key, subject) => {
        acts.push(`${key} ${subject}`);
        await Promise.resolve();
        if (refuse) throw new Error("no database");
        return { coversMs };
      },
      everyMs,
      onError: (error) => errors.push(error),
    }),
  };
}

test("a burst is one act, and each of its notices waits until that one is safe", async () => {
  const { made, acts } = bursts(10_000, 10_000);
  let settled = 0;
  const all = Array.from({ length: 1_000 }, (_, i) => made.notice("a", String(i)).then(() => settled++));
  expect([acts, settled]).toEqual([["a 0"], 0]);
  await Promise.all(all);
  await made.notice("a", "late");
  await made.notice("b", "0");
  expect([acts, settled]).toEqual([["a 0", "b 0"], 1_000]);
});

test("what came after the covered time acts once more, when the pause between acts is over", async () => {
  const { made, acts } = bursts(0, 60);
  await made.notice("a", "first");
  await vi.advanceTimersByTimeAsync(1);
  await made.notice("a", "second");
  await made.notice("a", "third");
  expect(acts).toEqual(["a first"]);
  await vi.advanceTimersByTimeAsync(58);
  expect(acts).toEqual(["a first"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(acts).toEqual(["a first", "a third"]);
  // Nothing has come since: no third act, and a new notice acts at once.
  await vi.advanceTimersByTimeAsync(1_000);
  await made.notice("a", "fourth");
  expect(acts).toEqual(["a first", "a third", "a fourth"]);
});

test("what is covered acts no second time", async () => {
  const { made, acts } = bursts(10_000, 30);
  await made.notice("a", "first");
  await made.notice("a", "second");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(acts).toEqual(["a first"]);
});

test("an act that fails fails for everybody who waits for it, and the next notice tries again", async () => {
  const { made, acts, refuse, errors } = bursts(10_000, 30);
  refuse(true);
  const waiting = await Promise.allSettled([made.notice("a", "1"), made.notice("a", "2")]);
  expect(waiting.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  refuse(false);
  await made.notice("a", "3");
  expect([acts, errors]).toEqual([["a 1", "a 3"], []]);
});

test("a second act that fails is told, as nobody waits for it", async () => {
  const { made, refuse, errors } = bursts(0, 30);
  await made.notice("a", "1");
  await vi.advanceTimersByTimeAsync(1);
  await made.notice("a", "2");
  refuse(true);
  await vi.advanceTimersByTimeAsync(30);
  expect(errors).toHaveLength(1);
});
