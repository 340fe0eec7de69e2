import { expect, test } from "vitest";
import { chance } from "#lib/testing/chance.ts";
import { bitsOf, cosine, numbersOf } from "./quantise.ts";

test("signs are one bit each", () => {
  expect(bitsOf(Float32Array.from([0.5, -0.5, 0, 1]))).toBe("B1001");
});

test("bytes keep the cosine to three decimals", () => {
  const random = chance(1);
  const direction = () => {
    const vector = Float32Array.from({ length: 768 }, () => random() + random() + random() - 1.5);
    const length = Math.hypot(...vector);
    return vector.map((number) => number / length);
  };
  for (let i = 0; i < 50; i++) {
    const a = direction();
    const b = direction();
    const near = a.map((number, at) => number + (b[at] ?? 0) / (i + 1));
    const length = Math.hypot(...near);
    const unit = near.map((number) => number / length);
    const exact = a.reduce((sum, number, at) => sum + number * (unit[at] ?? 0), 0);
    expect(cosine(a, numbersOf(unit))).toBeCloseTo(exact, 3);
  }
});
