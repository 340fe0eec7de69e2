import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseQuery } from "./query.ts";

const word = (text: string) => [{ kind: "word", text }];

test("words, phrases, prefixes, what is left out, and alternatives are told apart", () => {
  expect(parseQuery('rotate "api keys" conf* -legacy -"old console" slack OR teams OR "ms teams"')).toEqual({
    clauses: [
      word("rotate"),
      [{ kind: "phrase", text: "api keys" }],
      [{ kind: "prefix", text: "conf" }],
      [
        { kind: "word", text: "slack" },
        { kind: "word", text: "teams" },
        { kind: "phrase", text: "ms teams" },
      ],
    ],
    excluded: [
      { kind: "word", text: "legacy" },
      { kind: "phrase", text: "old console" },
    ],
  });
});

test("typographic quotes are quotes, and one that is never closed is none", () => {
  expect(parseQuery("„zwei Wörter“").clauses).toEqual([[{ kind: "phrase", text: "zwei Wörter" }]]);
  expect(parseQuery("«deux mots»").clauses).toEqual([[{ kind: "phrase", text: "deux mots" }]]);
  expect(parseQuery('say "hello').clauses).toEqual([word("say"), word("hello")]);
});

test("operators that join nothing are left out, and hyphens inside of words leave nothing out", () => {
  expect(parseQuery("OR AND | & ( ) ! * - -- :* <-> 🙂").clauses).toEqual([]);
  expect(parseQuery("OR one OR").clauses).toEqual([word("one")]);
  expect(parseQuery("e-mail --verbose node.js").clauses).toEqual(["e", "mail", "verbose", "node", "js"].map(word));
  expect(parseQuery("a -").excluded).toEqual([]);
});

test("a script without spaces is taken apart in words; particles are left out", () => {
  const { clauses } = parseQuery("東京都の観光");
  expect(clauses.flat().map(({ text }) => text)).not.toContain("の");
  expect(clauses.length).toBeGreaterThan(1);
  expect(parseQuery("-東京都の観光").excluded).toHaveLength(1);
});

test("the same thing twice counts once, and a pasted page is cut short", () => {
  expect(parseQuery("key Key KEY").clauses).toHaveLength(1);
  const page = Array.from({ length: 400 }, (_, i) => `w${i}`).join(" ");
  expect(parseQuery(page).clauses).toHaveLength(64);
});

test("whatever is typed is read, and nothing of it is empty", () => {
  const typed = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 2_000 }),
    fc
      .array(
        fc.constantFrom(
          '"',
          "-",
          "*",
          "OR",
          "AND",
          " ",
          "|",
          "&",
          "!",
          "(",
          ")",
          ":",
          "<->",
          "'",
          "\\",
          "日本",
          "é",
          "a",
        ),
      )
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(typed, (q) => {
      const { clauses, excluded } = parseQuery(q);
      for (const atom of [...clauses.flat(), ...excluded]) {
        expect(atom.text).toMatch(/[\p{L}\p{N}]/u);
        expect(atom.text).not.toMatch(/["*\\'|&!():<>]/);
      }
    }),
  );
});
