import { expect, test } from "vitest";
import { inTurn } from "./in-turn.ts";

test("never more at once than allowed, each in its turn, also after one that fails", async () => {
  const take = inTurn(2);
  const order: number[] = [];
  let [now, most] = [0, 0];
  const work = (n: number) =>
    take(async () => {
      most = Math.max(most, ++now);
      order.push(n);
      await Promise.resolve();
      now--;
      if (n === 3) throw new Error("3");
      return n;
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(work));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(results.map((result) => (result.status === "fulfilled" ? result.value : "failed"))).toEqual([
    0,
    1,
    2,
    "failed",
    4,
    5,
  ]);
  await Promise.all([work(6), work(7), work(8)]);
  expect(most).toBe(2);
});
