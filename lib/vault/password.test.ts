import { expect, test } from "vitest";
import { hashPassword, verifyNobody, verifyPassword } from "./password.ts";

test("a password opens its own hash and no other, and two hashes of it differ", async () => {
  const [first, second] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(first).not.toBe(second);
  expect(first).toMatch(/^scrypt\$131072\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(await verifyPassword("correct horse", first)).toBe(true);
  expect(await verifyPassword("correct horsf", first)).toBe(false);
});

test("a letter typed as two code points is the same letter", async () => {
  expect(await verifyPassword("caf\u00e9", await hashPassword("cafe\u0301"))).toBe(true);
});

test("a stored text that is not ours, or would cost absurd memory, never matches", async () => {
  for (const stored of [
    "",
    "plain",
    "scrypt$131072$8$1$$",
    "scrypt$1073741824$8$1$AAAA$AAAA",
    "scrypt$3$8$1$AAAA$AAAA",
  ]) {
    expect(await verifyPassword("", stored)).toBe(false);
  }
});

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

test("checking an unknown account takes the same work", async () => {
  await verifyNobody("warm up");
  const stored = await hashPassword("x");
  const known = await time(() => verifyPassword("wrong", stored));
  const unknown = await time(() => verifyNobody("wrong"));
  // The same function with the same cost: only a skipped hash would make it several times faster.
  expect(unknown).toBeGreaterThan(known / 4);
});
