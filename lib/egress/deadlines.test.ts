import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "./deadlines.ts";

let time = 0;
beforeEach(() => {
  time = 1_000;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => time);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function pass(ms: number): void {
  time += ms;
  vi.advanceTimersByTime(50);
}

test("members are told the time while they are members", () => {
  const deadlines = new Deadlines();
  const told: number[] = [];
  const member = { tick: (now: number) => told.push(now), shift: () => told.push(Number.NaN) };
  deadlines.add(member);
  pass(50);
  pass(60);
  deadlines.delete(member);
  pass(50);
  expect(told).toEqual([1_050, 1_110]);
  expect(vi.getTimerCount()).toBe(0);
});

test("time in which the process stood still is not held against the other side", () => {
  const deadlines = new Deadlines();
  const shifts: number[] = [];
  deadlines.add({ tick: () => {}, shift: (ms) => shifts.push(ms) });
  pass(50);
  pass(400);
  expect(shifts).toEqual([]);
  pass(30_050);
  expect(shifts).toEqual([30_000]);
});
