import {
  assert,
  array,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  string,
  tuple,
  type Arbitrary,
} from "fast-check";
import { expect, test } from "vitest";
import { charactersPerToken, chunkText, type TextChunk } from "./chunk.ts";

const tokens = 64;
const limit = tokens * charactersPerToken;
const chunks = (text: string, of = tokens): readonly TextChunk[] => chunkText(text, { tokens: of });
const texts = (text: string): string[] => chunks(text).map((chunk) => chunk.text);
const sentence = "The committee decided about the invoices of the branch. ";

/** What must hold for any text whatever. */
function holds(text: string, of: number): void {
  const max = Math.max(64, of) * charactersPerToken;
  let at = 0;
  for (const chunk of chunks(text, of)) {
    expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
    expect(chunk.start).toBeGreaterThanOrEqual(at);
    expect(text.slice(at, chunk.start).trim()).toBe("");
    expect(chunk.end - chunk.start).toBeLessThanOrEqual(max);
    expect(chunk.text.trim()).not.toBe("");
    expect(inside(text, chunk.start) || inside(text, chunk.end)).toBe(false);
    at = chunk.end;
  }
  expect(text.slice(at).trim()).toBe("");
}

/** Is there a pair of surrogates around this offset? */
const inside = (text: string, at: number): boolean =>
  /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));

const line: Arbitrary<string> = oneof(
  tuple(integer({ min: 1, max: 7 }), string({ maxLength: 40 })).map(([level, said]) => `${"#".repeat(level)} ${said}`),
  constantFrom("```", "````js", "~~~", "    code", "> ```", "> quoted", "---", "===", "", "", " ", "\t", "\r"),
  tuple(constantFrom("- ", "* ", "  + ", "12. ", "3) "), string({ maxLength: 80 })).map(([mark, said]) => mark + said),
  array(string({ maxLength: 12 }), { maxLength: 5 }).map((cells) => `| ${cells.join(" | ")} |`),
  constantFrom("| --- | :-: |", "a | b", "--- | ---", "|"),
  nat(40).map((n) => sentence.repeat(n)),
  string({ unit: "grapheme", maxLength: 600 }),
  string({ unit: "binary", maxLength: 600 }),
  nat(900).map((n) => "x".repeat(n)),
  nat(90).map((n) => "👩‍👩‍👧‍👦".repeat(n)),
  nat(300).map((n) => "漢字。".repeat(n)),
);
const markdown = array(line, { maxLength: 60 }).map((lines) => lines.join("\n"));

test("no text is lost, doubled, moved, or cut inside of a character, whatever it is", () => {
  assert(
    property(oneof(markdown, string({ unit: "binary", maxLength: 3_000 })), integer({ min: 1, max: 300 }), holds),
    { numRuns: 400 },
  );
});

test("code that fits into a chunk is never cut", () => {
  const block = record({
    before: markdown,
    code: array(
      string({ unit: "grapheme-ascii", maxLength: 30 }).map((code) => code.replaceAll(/[`\n]/g, "")),
      { maxLength: 6 },
    ),
    after: markdown,
  });
  assert(
    property(block, ({ before, code, after }) => {
      // Whatever was open before is closed by a heading only if it is no code itself.
      const fence = ["`````", ...code, "`````"].join("\n");
      const open = before.replaceAll(/[`~]/g, "");
      const text = `${open}\n\n${fence}\n\n${after}`;
      const at = open.length + 2;
      for (const { start, end } of chunks(text)) {
        for (const edge of [start, end]) expect(edge > at && edge < at + fence.length).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});

test("sections are chunks under their headings", () => {
  const text = `# Guide\n\n${sentence.repeat(3)}\n\n## Install *now*\n\n${sentence.repeat(3)}\n\n### On [Linux](https://example.com) ###\n\n${sentence.repeat(3)}\n\n## Use\n\n${sentence.repeat(3)}`;
  expect(chunks(text).map((chunk) => chunk.heading)).toEqual([
    "Guide",
    "Guide › Install now",
    "Guide › Install now › On Linux",
    "Guide › Use",
  ]);
});

test("a heading goes with what is below it", () => {
  const text = `${sentence.repeat(4)}\n\n# One\n\n## Two\n\n${sentence.repeat(12)}`;
  const [, second] = chunks(text);
  expect(second?.text.startsWith("# One\n\n## Two\n\nThe committee")).toBe(true);
  expect(second?.heading).toBe("One › Two");
});

test("tiny sections are joined with their neighbours, under the heading they share", () => {
  const text = `# All\n\n${["a", "b", "c", "d"].map((name) => `## ${name}\n\nShort.`).join("\n\n")}`;
  expect(chunks(text)).toEqual([{ start: 0, end: text.length, heading: "All", text }]);
});

test("underlined headings count; rules, front matter and marks in code do not", () => {
  const text = `---\ntitle: x\n---\n\nGuide\n=====\n\n${sentence.repeat(3)}\n\n\`\`\`sh\n# not a heading\n\`\`\`\n\n---\n\nUse\n---\n\n${sentence.repeat(3)}`;
  expect(new Set(chunks(text).map((chunk) => chunk.heading))).toEqual(new Set(["Guide", "Guide › Use"]));
});

test("long paragraphs are cut behind sentences", () => {
  for (const text of [
    sentence.repeat(60),
    "委員会は来週再び会合を開く。".repeat(60),
    "Is it so? Yes! (It is.) ".repeat(60),
  ]) {
    const found = texts(text);
    expect(found.length).toBeGreaterThan(2);
    for (const each of found) expect(each).toMatch(/[.!?。)]$/);
  }
});

test("abbreviations do not end sentences", () => {
  const text = `${"word ".repeat(40)}e.g. this ${"word ".repeat(60)}`;
  for (const each of texts(text)) expect(each).not.toMatch(/e\.g\.$/);
});

test("without sentences it is cut between words, without words between signs", () => {
  for (const each of texts("word ".repeat(500))) expect(each).toMatch(/^(word ?)+$/);
  const family = "👩‍👩‍👧‍👦";
  for (const each of texts(family.repeat(200))) expect(each.length % family.length).toBe(0);
  for (const each of texts("e\u0301".repeat(500))) expect(each.length % 2).toBe(0);
});

test("lists are cut between items, tables between rows", () => {
  for (const each of texts(
    Array.from({ length: 40 }, (_, i) => `- item ${i} with some words\n  and more`).join("\n"),
  )) {
    expect(each).toMatch(/^- item/);
    expect(each).toMatch(/and more$/);
  }
  const rows = Array.from({ length: 60 }, (_, i) => `| row ${i} | ${i * 7} |`);
  const table = ["# Prices", "", "| Name | Price |", "| --- | --- |", ...rows].join("\n");
  const found = chunks(table);
  expect(found.length).toBeGreaterThan(2);
  for (const { text } of found.slice(1)) expect(text).toMatch(/^\| row .*\|$/s);
  expect(found.map((chunk) => chunk.heading)).toEqual(["Prices", ...found.slice(1).map(() => "Prices › Name, Price")]);
});

test("a list or table that fits begins a chunk of its own rather than be cut", () => {
  const list = Array.from({ length: 6 }, (_, i) => `- item ${i} of some length`).join("\n");
  const found = texts(`${"Some words. ".repeat(14)}\n\n${list}`);
  expect(found.at(-1)).toBe(list);
});

test("code longer than a chunk is cut at line ends and keeps what it is indented by", () => {
  const code = Array.from({ length: 60 }, (_, i) => `    step(${i});`).join("\n");
  const found = texts(`\`\`\`js\n${code}\n\`\`\``);
  expect(found.length).toBeGreaterThan(2);
  for (const each of found.slice(1)) expect(each.startsWith("    step(")).toBe(true);
  for (const each of found.slice(0, -1)) expect(each.endsWith(";")).toBe(true);
});

test("no scrap is left at the end of a long paragraph", () => {
  for (let words = 100; words < 400; words += 7) {
    for (const each of texts("word ".repeat(words))) expect(each.length).toBeGreaterThan(limit / 5);
  }
});

const million = 1_000_000;
const hard: Readonly<Record<string, string>> = {
  "one line": "word ".repeat(2 * million),
  "one word": "x".repeat(10 * million),
  "a million headings": "# a\n".repeat(million),
  "nested headings": "# a\n## b\n### c\n#### d\n##### e\n###### f\n".repeat(million / 6),
  "a million backticks": "`".repeat(million),
  "open fences": "```\n".repeat(million),
  blanks: " ".repeat(10 * million),
  "blanks between": `a${" ".repeat(9_999)}`.repeat(1_000),
  "empty lines": "\n".repeat(10 * million),
  bars: "|".repeat(10 * million),
  rows: "|a|b|\n".repeat(million),
  quotations: "> ".repeat(5 * million),
  brackets: `# ${"[".repeat(10 * million)}`,
  families: "👩‍👩‍👧‍👦".repeat(900_000),
  "full stops": ". ".repeat(5 * million),
  accents: "e\u0301".repeat(5 * million),
};

test.each(Object.keys(hard))("takes time in proportion to the text: %s", (name) => {
  const text = hard[name] ?? "";
  const started = process.cpuUsage();
  const found = chunks(text, 256);
  const { user, system } = process.cpuUsage(started);
  // About 0.1 s when nothing else runs; anything that grows with the square would take minutes.
  expect((user + system) / 1e6).toBeLessThan(5);
  expect(found.length).toBeLessThanOrEqual(100_000);
});

test("a huge text is cut into larger chunks rather than too many", () => {
  expect(chunks("# a\n\nword\n\n".repeat(3 * million), 64).length).toBeLessThanOrEqual(100_000);
});
