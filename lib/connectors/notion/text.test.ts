import { describe, expect, test } from "vitest";
import {
  bookmark,
  bullet,
  callout,
  code,
  columns,
  divider,
  done,
  embed,
  equation,
  external,
  heading,
  numbered,
  paragraph,
  quote,
  rich,
  strange,
  synced,
  table,
  todo,
  toggle,
  uploaded,
  type FakeBlock,
} from "./fake/blocks.ts";
import { useNotion } from "./testing/bench.ts";

const notion = useNotion();

/** Each kind of block, and what of it has to be in the text, however that is read. */
const kinds: readonly (readonly [what: string, block: FakeBlock, expected: string])[] = [
  ["a paragraph", paragraph("Plain words."), "Plain words."],
  [
    "bold, italic, struck out, code and links",
    paragraph([
      rich("bold", { bold: true }),
      rich(" and "),
      rich("italic", { italic: true }),
      rich(", "),
      rich("gone", { strikethrough: true }),
      rich(", "),
      rich("x = 1", { code: true }),
      rich(", "),
      rich("a link", { href: "https://example.com/a" }),
    ]),
    "**bold** and *italic*, ~~gone~~, `x = 1`, [a link](https://example.com/a)",
  ],
  ["a heading", heading(1, "First"), "# First"],
  ["a small heading", heading(4, "Fourth"), "#### Fourth"],
  ["a heading that folds", heading(2, "Folded", paragraph("Inside.")), "## Folded\n\nInside."],
  [
    "code with its language, as it was written",
    code("typescript", 'const a = "<br>";\n\treturn {a};'),
    '```typescript\nconst a = "<br>";\n\treturn {a};\n```',
  ],
  ["a quote with lines inside", quote("Said.", paragraph("Said, too.")), "> Said.\n>\n> Said, too."],
  ["a callout", callout("Take care.", bullet("twice")), "Take care.\n>\n> - twice"],
  ["a toggle", toggle("More", paragraph("Hidden words.")), "**More**\n\nHidden words."],
  [
    "nested lists",
    bullet("one", bullet("one and a half", bullet("and more")), numbered("first")),
    "- one\n  - one and a half\n    - and more",
  ],
  ["to-dos", todo("open", done("closed")), "- [ ] open\n  - [x] closed"],
  [
    "a table, with bars in its cells",
    table(["Name", "Size"], ["a|b", "2"], ["c", ""]),
    "| Name | Size |\n| --- | --- |\n| a\\|b | 2 |\n| c | |",
  ],
  ["a divider", divider, "---"],
  ["an equation", equation("e = mc^2"), "$$\ne = mc^2\n$$"],
  [
    "a picture kept elsewhere",
    external("image", "https://example.com/p.png", "A tower"),
    "![A tower](https://example.com/p.png)",
  ],
  [
    "a file kept elsewhere",
    external("file", "https://example.com/f.zip", "All files"),
    "[All files](https://example.com/f.zip)",
  ],
  ["a bookmark", bookmark("https://example.com/read", "Read this"), "[Read this](https://example.com/read)"],
  ["an embed", embed("https://example.com/board"), "https://example.com/board"],
  ["columns", columns([paragraph("Left.")], [paragraph("Right.")]), "Left.\n\nRight."],
  ["a synced block", synced(paragraph("Everywhere the same.")), "Everywhere the same."],
];

describe.each([
  ["by the Markdown endpoint", false],
  ["block by block where there is no such endpoint", true],
])("%s", (_, noMarkdown) => {
  test("every kind of block becomes Markdown", async () => {
    const it = await notion();
    it.fake.quirks.noMarkdown = noMarkdown;
    for (const [what, block] of kinds)
      it.fake.workspace.page(what, what, { blocks: [paragraph("Before."), block, paragraph("After.")] });
    await it.sync();
    const texts = await it.stored(...kinds.map(([what]) => what));
    for (const [index, [what, , expected]] of kinds.entries()) {
      const text = (texts[index]?.text ?? "").replaceAll("> 💡 ", "> ").replaceAll("|  |", "| |");
      expect(text, what).toContain(expected);
      expect(text, what).toMatch(/^Before\.\n\n[\s\S]*\n\nAfter\.$/);
    }
  });

  test("addresses of uploaded files, good for an hour, are not kept; their words are", async () => {
    const it = await notion();
    it.fake.quirks.noMarkdown = noMarkdown;
    it.fake.workspace.page("files", "Files", {
      blocks: [
        paragraph("See:"),
        uploaded("image", "tower.png", "The tower at night"),
        uploaded("file", "roster.pdf", "Duty roster"),
        uploaded("video", "storm.mp4"),
      ],
    });
    await it.sync();
    const [files] = await it.stored("files");
    expect(files?.text).toContain("Image: The tower at night");
    expect(files?.text).toContain("Duty roster");
    expect(files?.text).not.toMatch(/amazonaws|X-Amz|prod-files/);
    // Every reply has other addresses: the text must not change with them.
    it.fake.workspace.edit("files", {});
    expect(await it.sync()).toMatchObject({ changed: 0, same: 1 });
  });

  test("blocks nobody has heard of do not hide the others", async () => {
    const it = await notion();
    it.fake.quirks.noMarkdown = noMarkdown;
    it.fake.workspace.page("odd", "Odd", {
      blocks: [paragraph("Before."), strange("hologram", "Words in a hologram."), paragraph("After.")],
    });
    await it.sync();
    const [odd] = await it.stored("odd");
    expect(odd?.text).toBe("Before.\n\nWords in a hologram.\n\nAfter.");
  });
});

test("a page that Markdown cuts off is completed by asking for what is missing (C12)", async () => {
  const it = await notion();
  it.fake.quirks.mostBlocks = 5;
  const blocks = Array.from({ length: 12 }, (_, n) => bullet(`Line ${n}`, paragraph(`Inside ${n}`)));
  it.fake.workspace.page("long", "Long", { blocks });
  await it.sync();
  const [long] = await it.stored("long");
  const lines = long?.text.split("\n").filter((line) => line.includes("Line"));
  expect(lines).toEqual(Array.from({ length: 12 }, (_, n) => `- Line ${n}`));
  for (let n = 0; n < 12; n++) expect(long?.text).toContain(`Inside ${n}`);
  expect(long?.text).not.toContain("unknown");
});

test("what a page holds that is not shared is left out, and the rest is stored (C12)", async () => {
  const it = await notion();
  const { workspace } = it.fake;
  workspace.page("parent", "Parent", { text: "Before the secret." });
  workspace.page("secret", "Secret plans", { parent: "parent", access: "unshared", text: "Nobody may read this." });
  await it.sync();
  const [parent, secret] = await it.stored("parent", "secret");
  expect(parent?.text).toBe("Before the secret.");
  expect(secret).toBeUndefined();
});

test("a page longer than a page may be is stored as far as that, and the run says so", async () => {
  const it = await notion({ tuning: { requests: 3 } });
  it.fake.quirks.noMarkdown = true;
  it.fake.workspace.page("endless", "Endless", {
    blocks: Array.from({ length: 450 }, (_, n) => paragraph(`Line ${n}.`)),
  });
  const run = await it.sync();
  const [endless] = await it.stored("endless");
  expect(endless?.text).toContain("Line 0.");
  expect(endless?.text).not.toContain("Line 449.");
  expect(run.notes.join(" ")).toContain("“Endless” is longer than a page may be");
});

test("deeply nested blocks end somewhere", async () => {
  const it = await notion();
  it.fake.quirks.noMarkdown = true;
  let nested = paragraph("The bottom.");
  for (let level = 0; level < 40; level++) nested = bullet(`Level ${level}`, nested);
  it.fake.workspace.page("deep", "Deep", { blocks: [nested] });
  await it.sync();
  const [deep] = await it.stored("deep");
  expect(deep?.text).toContain("Level 39");
  expect(deep?.text).not.toContain("The bottom.");
});
