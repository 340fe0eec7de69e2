import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Window } from "./window.ts";

const MiB = 1024 * 1024;

/** Tasks that end when told to, and what was under way at once. */
function tasks(window: Window) {
  const running = new Map<string, () => void>();
  let bytes = 0;
  const seen = { bytes: 0, tasks: 0 };
  return {
    running,
    seen,
    add: (name: string, weight: number) =>
      window.add(async () => {
        bytes += weight;
        await new Promise<void>((resolve) => {
          running.set(name, resolve);
          seen.bytes = Math.max(seen.bytes, bytes);
          seen.tasks = Math.max(seen.tasks, running.size);
        });
        running.delete(name);
        bytes -= weight;
      }, weight),
    finish: async (name: string) => {
      running.get(name)?.();
      await turn();
    },
  };
}

test("large objects are read a few at a time, however many readers there are", async () => {
  const window = new Window(128, 128, 64 * MiB);
  const { add, finish, running, seen } = tasks(window);
  for (let i = 0; i < 100; i++) await add(`large ${i}`, 30 * MiB);
  while (running.size > 0) for (const name of running.keys()) await finish(name);
  await window.idle();
  expect(seen).toEqual({ bytes: 60 * MiB, tasks: 2 });
});

test("small objects use every reader, also while large ones wait for room", async () => {
  const window = new Window(128, 128, 64 * MiB);
  const { add, finish, running } = tasks(window);
  await add("huge", 50 * MiB);
  await add("another", 50 * MiB);
  for (let i = 0; i < 127; i++) await add(`small ${i}`, 10_000);
  expect(running.size).toBe(128);
  expect(running.has("another")).toBe(false);
  await finish("huge");
  expect(running.has("another")).toBe(true);
});

test("an object heavier than all room is read alone, and others do not keep it waiting for ever", async () => {
  const window = new Window(8, 8, 64 * MiB);
  const { add, finish, running } = tasks(window);
  await add("first", MiB);
  await add("giant", 500 * MiB);
  await add("behind", MiB);
  expect([...running.keys()]).toEqual(["first"]);
  await finish("first");
  expect([...running.keys()]).toEqual(["giant"]);
  await finish("giant");
  expect([...running.keys()]).toEqual(["behind"]);
});
