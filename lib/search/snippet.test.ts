import * as fc from "fast-check";
import { expect, test } from "vitest";
import { plainOf } from "./plain-text.ts";
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

test.each([
  ["The [guide](http://acme.example/guide_(old)) says **build** first.", "build", "The guide says build first."],
  ["Run `npm run build`:\n\n```sh\nnpm run build\n```\n", "npm", "Run npm run build: npm run build"],
  ['![A *map*](map.png "title") and [notes][1], [x] left', "map", "A map and notes, [x] left"],
  ["| Name | Cost |\n| --- | :-: |\n| Jar | 4 |", "Jar", "Name Cost Jar 4"],
  [
    "**Note:** snake_case, 3*4 and a_b stay; ~~old~~ _new_ \\*",
    "case",
    "Note: snake_case, 3*4 and a_b stay; old new *",
  ],
  ["- [x] done<br>with <b>bold</b> <!-- hidden -->\n---\n1. one", "bold", "donewith bold one"],
])("a reader sees no Markdown: %s", (markdown, word, expected) => {
  const parts = around(markdown, word);
  expect(parts.join("").trim()).toBe(expected);
  expect(parts[1]).toBe(word);
});

test("a match inside of an address is not marked, the others are", () => {
  const text = "See [the guide](http://acme.example/fees) on fees.";
  const at = [text.indexOf("fees"), text.lastIndexOf("fees")];
  expect(
    snippetOf(
      text,
      at.map((start) => ({ start, end: start + 4 })),
    ),
  ).toEqual(["See the guide on ", "fees", "."]);
});

test("a text made to be slow to read is not", () => {
  for (const part of ["](", "[", "]((", "<a ", "<!--", "- ", "-", "| ", "`", "*", "_", "[a]", "  ", "](a(b)"]) {
    const started = performance.now();
    snippetOf(`${part.repeat(8_192 / part.length)}x`, []);
    expect(performance.now() - started, part).toBeLessThan(500);
  }
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
      const plain = plainOf(words, [{ start, end }]);
      const [hit] = plain.highlights;
      expect(parts.join("").isWellFormed()).toBe(true);
      if (parts.length > 1) expect(parts[1]).toBe(plain.text.slice(hit?.start, hit?.end).replaceAll(/\s+/g, " "));
      expect(parts.length % 2).toBe(1);
    }),
  );
});
