import fc from "fast-check";
import { expect, test } from "vitest";
import { snippetOf } from "./snippet.ts";

const around = (text: string, word: string) => {
  const start = text.indexOf(word);
  return snippetOf(text, [{ start, end: start + word.length }]);
};

test("a short text is shown whole, in one line, its matches apart", () => {
  expect(around("Invoices\nare  paid monthly.", "paid")).toEqual(["Invoices are ", "paid", " monthly."]);
  expect(snippetOf("no match", [])).toEqual(["no match"]);
});

test("marks of Markdown at the beginning of lines are left out", () => {
  expect(around("## Fees\n\n- paid # monthly\n> always", "paid")).toEqual(["Fees ", "paid", " # monthly always"]);
});

test("a long one is cut around its first match, between words", () => {
  const [head = "", hit, tail = ""] = around(`${"lorem ipsum ".repeat(40)}needle${" dolor sit".repeat(40)}`, "needle");
  expect(hit).toBe("needle");
  expect(head).toMatch(/^… (ipsum|lorem) /);
  expect(tail).toMatch(/ (dolor|sit) …$/);
  expect((head + tail).length).toBeLessThan(260);
});

test("whatever the text, odd parts are what was marked and no character is torn", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(20), (words, at, length) => {
      const characters = [...words];
      const start = characters.slice(0, at % characters.length).join("").length;
      const end =
        start + characters.slice(at % characters.length, (at % characters.length) + length + 1).join("").length;
      const parts = snippetOf(words, [{ start, end }]);
      expect(parts.join("").isWellFormed()).toBe(true);
      if (parts.length > 1) expect(parts[1]).toBe(words.slice(start, end).replaceAll(/\s+/g, " "));
      expect(parts.length % 2).toBe(1);
    }),
  );
});
