import { expect, test } from "vitest";
import { passwordStrength } from "./password-strength.ts";

test("short passwords say how much is missing", () => {
  expect(passwordStrength("abc")).toEqual({ score: 0, words: "7 more characters." });
  expect(passwordStrength("abcdefghi").words).toBe("1 more character.");
});

test("length and variety count, common beginnings and runs do not", () => {
  const score = (password: string) => passwordStrength(password).score;
  expect(score("password123")).toBe(1);
  expect(score("aaaaaaaaaaaaaaa")).toBe(1);
  expect(score("river-lantern-oblique")).toBe(4);
  expect(score("river lantern")).toBeGreaterThan(score("password12345"));
});
