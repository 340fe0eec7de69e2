import { expect, test } from "vitest";
import { jumpClock } from "#lib/testing/egress-clock.ts";
import { Pacer } from "./pace.ts";

const start = Date.parse("2026-11-20T12:00:00Z");

/** Starts `count` turns that end at once; returns when each began, in ms. */
async function run(pacer: Pacer, clock: { now(): number }, count: number): Promise<number[]> {
  const began: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async () => {
      if (!pacer.tryBegin()) await pacer.queue(false).begun;
      began.push(clock.now() - start);
      pacer.end();
    }),
  );
  return began;
}

test("perSecond spaces the starts evenly, however many ask at once", async () => {
  const clock = jumpClock(start);
  const began = await run(new Pacer({ perSecond: 10, concurrency: 100 }, clock), clock, 21);
  expect(began.at(-1)).toBeGreaterThanOrEqual(1_950);
  expect(began.at(-1)).toBeLessThanOrEqual(2_050);
  for (let second = 0; second < 2_000; second += 100) {
    expect(began.filter((at) => at >= second && at < second + 1_000).length).toBeLessThanOrEqual(11);
  }
});

test("0 per second means no limit of rate", async () => {
  const clock = jumpClock(start);
  await run(new Pacer({ perSecond: 0, concurrency: 3 }, clock), clock, 100);
  expect(clock.waits).toEqual([]);
});

test("no more than `concurrency` are under way at once, and turns come in order", async () => {
  const pacer = new Pacer({ perSecond: 0, concurrency: 3 }, jumpClock());
  let running = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      if (!pacer.tryBegin()) await pacer.queue(false).begun;
      order.push(i);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      pacer.end();
    }),
  );
  expect(most).toBe(3);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test("nobody overtakes the queue, but one that is asked to try again goes first", async () => {
  const pacer = new Pacer({ perSecond: 0, concurrency: 1 }, jumpClock());
  const order: string[] = [];
  expect(pacer.tryBegin()).toBe(true);
  const take = async (name: string, first: boolean): Promise<void> => {
    await pacer.queue(first).begun;
    order.push(name);
    pacer.end();
  };
  const all = [take("a", false), take("b", false), take("again", true)];
  expect(pacer.tryBegin()).toBe(false);
  pacer.end();
  await Promise.all(all);
  expect(order).toEqual(["again", "a", "b"]);
});

test("someone who gives up waiting leaves no hole in the queue", async () => {
  const pacer = new Pacer({ perSecond: 0, concurrency: 1 }, jumpClock());
  pacer.tryBegin();
  const gone = pacer.queue(false);
  const next = pacer.queue(false);
  gone.abort("no longer wanted");
  await expect(gone.begun).rejects.toBe("no longer wanted");
  pacer.end();
  await next.begun;
  pacer.end();
  expect(pacer.tryBegin()).toBe(true);
});

test("while held nothing begins, afterwards everything does", async () => {
  const clock = jumpClock(start);
  const pacer = new Pacer({ perSecond: 0, concurrency: 10 }, clock);
  pacer.hold(start + 5_000);
  expect(pacer.tryBegin()).toBe(false);
  expect((await run(pacer, clock, 5)).every((at) => at >= 5_000)).toBe(true);
});
