import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { DocumentMarkdown } from "#components/documents/document-markdown.tsx";
import { quickPart } from "./quick-markdown.ts";

const length = 50_000;
const fill = (piece: string) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

test.each([
  ["quotations in quotations", ">"],
  ["lists in lists", "+ "],
  ["numbered lists in lists", "1. "],
  ["brackets", "["],
  ["pictures", "!["],
  ["emphasis that never ends", "*a_ "],
  ["emphasis that never ends, in lines", "*a_ *a_ *a_\n"],
  ["strong emphasis", "a**b"],
  ["struck text", "~a~~b"],
  ["ticks", "`a ``b "],
  ["angle brackets", "<"],
  ["links", "[a]("],
  ["footnotes", "[^a]: x\n"],
  ["table rows", "|a|b|\n|-|-|\n|c|d|\n"],
  ["items", "- x\n"],
  ["items ever deeper", Array.from({ length: 300 }, (_, i) => `${" ".repeat(2 * i)}- x\n`).join("")],
  ["addresses", "a@b.c "],
])("a page of nothing but %s keeps nobody waiting", (_what, piece) => {
  const begun = performance.now();
  renderToStaticMarkup(createElement(DocumentMarkdown, { text: quickPart(fill(piece)) }));
  // Hundreds of milliseconds on an idle machine; minutes, or the end of the stack, for the whole text.
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test("a text as people write them is shown whole, and a longer one up to the end of a line", () => {
  const usual = [
    "# A heading\n\nSome *words* with a [link](https://example.com), `code` and **more**.\n",
    "- one\n  - two\n    - three\n\n> A quotation\n\n| a | b |\n| - | - |\n| 1 | 2 |\n",
    "```ts\nconst a = b[0] * c[1];\n```\n\n",
  ].join("\n");
  const text = usual.repeat(100);
  expect(quickPart(text)).toBe(text);
  const table = `| a | b |\n| - | - |\n${"| one | two |\n".repeat(10_000)}`;
  const part = quickPart(table);
  expect(table.startsWith(part) && part.endsWith("|\n")).toBe(true);
  expect(part.length).toBeGreaterThan(15_000);
  expect(quickPart(`first\n${">".repeat(100)}\nlast`)).toBe("first\n");
  expect(quickPart("")).toBe("");
});
