import { expect, test } from "vitest";
import { titleOf } from "./title.ts";

test.each([
  ["# The plan\n\nText.", "The plan"],
  ["Preface.\n\n## Chapter *one* ##\n\nText.", "Chapter one"],
  ["Just a first line.\nAnd a second.", "Just a first line."],
  ["\n\n   \n- a list item\n", "a list item"],
  ['---\ntitle: "Front: matter"\ntags: [a]\n---\n# Heading', "Front: matter"],
  ["---\ndate: 2026-01-01\n---\n\n# Heading", "Heading"],
  ["---\n\nA rule above.", "A rule above."],
  ["```sh\n# a comment\n```\n\nAfter the code.", "After the code."],
  ["```\nonly code\n```", "only code"],
  ["Look at [the docs](https://example.com/a) and `this`", "Look at the docs and this"],
  ["snake_case_name stays", "snake_case_name stays"],
  ["# ***\n\n!!!", null],
  ["\u{1F680}", null],
  ["日本語の見出し\n本文", "日本語の見出し"],
  ["line one\r\nline two", "line one"],
])("%j is called %j", (text, title) => {
  expect(titleOf(text)).toBe(title);
});

test("a long line is cut between words, and never through a character", () => {
  const words = titleOf("word ".repeat(100));
  expect(words).toMatch(/^(?:word )+word…$/);
  expect(words?.length).toBeLessThanOrEqual(200);
  const rockets = titleOf(`a${"\u{1F680}".repeat(300)}`);
  expect(rockets?.isWellFormed()).toBe(true);
  expect(rockets?.length).toBeLessThanOrEqual(201);
});

test("a title is looked for near the beginning only, so that a long text takes no longer", () => {
  const began = performance.now();
  expect(titleOf(`${"`".repeat(1_000_000)}\n# Far down`)).not.toBe("Far down");
  expect(titleOf(`${"\n".repeat(900_000)}# Far down`)).toBeNull();
  expect(titleOf(`[${"](".repeat(500_000)}`)).toEqual(null);
  expect(performance.now() - began).toBeLessThan(500);
});
