import { expect, test } from "vitest";
import { Outbox } from "./outbox.ts";

test("takes a full batch at once and a small one after a while", async () => {
  const box = new Outbox<number>(100, 1_000);
  for (let i = 0; i < 5; i++) box.push(i, 1);
  expect(await box.take(3, 10_000)).toEqual([0, 1, 2, 3, 4]);
  box.push(9, 1);
  expect(await box.take(3, 1)).toEqual([9]);
});

test("is full by number or by weight, and says when there is room", async () => {
  const box = new Outbox<string>(2, 100);
  let rooms = 0;
  box.onRoom = () => rooms++;
  box.push("a", 1);
  expect(box.full).toBe(false);
  box.push("b", 1);
  expect(box.full).toBe(true);
  await box.take(10, 10_000);
  expect(box.full).toBe(false);
  box.push("c", 100);
  expect(box.full).toBe(true);
  expect(rooms).toBe(1);
});

test("what was pushed before an error is still handed out, then the error", async () => {
  const box = new Outbox<string>(10, 100);
  box.push("a", 1);
  box.fail(new Error("broken"));
  expect(await box.take(5, 1)).toEqual(["a"]);
  await expect(box.take(5, 1)).rejects.toThrow("broken");
});

test("ends, and can be opened again for another round", async () => {
  const box = new Outbox<string>(10, 100);
  const waiting = box.take(5, 10_000);
  box.end();
  expect(await waiting).toBeNull();
  box.reopen();
  box.push("b", 1);
  box.end();
  expect(await box.take(5, 10_000)).toEqual(["b"]);
  expect(await box.take(5, 10_000)).toBeNull();
});
