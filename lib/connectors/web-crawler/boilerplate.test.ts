import { describe, expect, test } from "vitest";
import { BlockFlag, type Page } from "#lib/extract/types.ts";
import { Boilerplate } from "./boilerplate.ts";

type Block = string | { readonly text: string; readonly flags: number };

/** A page made of blocks; equal text has an equal hash. */
function page(...blocks: Block[]): Pick<Page, "markdown" | "blocks"> {
  let markdown = "";
  const numbers: number[] = [];
  for (const block of blocks) {
    const { text, flags } = typeof block === "string" ? { text: block, flags: guess(block) } : block;
    if (markdown !== "") markdown += "\n\n";
    numbers.push(markdown.length, markdown.length + text.length, hash(text), flags);
    markdown += text;
  }
  return { markdown, blocks: Uint32Array.from(numbers) };
}

const guess = (text: string): number =>
  text.startsWith("#")
    ? BlockFlag.heading
    : text.startsWith("```")
      ? BlockFlag.code
      : text.startsWith("[")
        ? BlockFlag.links
        : 0;

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

const menu = "[Home](/) [Products](/products) [Imprint](/imprint)";
const footer = "© 2026 The Example Company, all rights reserved.";
const ordinary = (n: number) =>
  page(menu, `# Page ${n}`, "## Synopsis", `The own text of page ${n}, long enough to be a paragraph.`, footer);

function learned(pages: readonly Pick<Page, "markdown" | "blocks">[], path = (n: number) => `/p${n}`): Boilerplate {
  const boilerplate = new Boilerplate(null);
  pages.forEach((each, n) => boilerplate.observe(each, path(n)));
  boilerplate.settle();
  return boilerplate;
}

const some = Array.from({ length: 10 }, (_, n) => ordinary(n));

describe("what most pages share", () => {
  test("goes, and what is the page's own stays, headings that recur included", () => {
    const text = learned(some).clean(ordinary(3));
    expect(text).toBe("# Page 3\n\n## Synopsis\n\nThe own text of page 3, long enough to be a paragraph.");
  });

  test("goes from a page that was not in the sample", () => {
    expect(learned(some).clean(ordinary(99))).not.toContain("Imprint");
  });

  test("stays when it is only on a few pages", () => {
    const notice = "This chapter was written by the people of the second team.";
    const pages = [...some, page(menu, "# A", notice, footer), page(menu, "# B", notice, footer)];
    expect(learned(pages).clean(page(menu, "# A", notice, footer))).toContain(notice);
  });

  test("stays on sites too small to tell", () => {
    expect(learned(some.slice(0, 3)).clean(ordinary(1))).toContain(footer);
  });

  test("code that recurs in the middle of pages stays", () => {
    const code = "```\nnpm install example\n```";
    const pages = Array.from({ length: 8 }, (_, n) => page(menu, `# ${n}`, `First ${n}.`, code, `Then ${n}.`, footer));
    expect(learned(pages).clean(pages[2] ?? some[0] ?? page())).toContain("npm install");
  });

  test("a page that is nothing but repetition keeps its text", () => {
    expect(learned([...some]).clean(page(menu, footer))).not.toBe("");
  });
});

describe("the learned set", () => {
  test("survives in the cursor: a later run gives the same text", () => {
    const first = learned(some);
    const second = new Boilerplate(first.save());
    expect(second.settled).toBe(true);
    expect(second.clean(ordinary(5))).toBe(first.clean(ordinary(5)));
  });

  test("grows for the next run on clear evidence only, and never shrinks", () => {
    const later = new Boilerplate(learned(some).save());
    const banner = "We are hiring! Come and work with us in the new office.";
    const withBanner = (n: number) => page(menu, banner, `# New ${n}`, `Own text ${n} of this page.`, footer);
    for (let n = 0; n < 20; n++) later.observe(withBanner(n), `/n${n}`);
    expect(later.grown()).toBeUndefined();
    for (let n = 20; n < 40; n++) later.observe(withBanner(n), `/n${n}`);
    expect(later.clean(withBanner(1))).toContain(banner);
    const next = new Boilerplate(later.grown() ?? "");
    expect(next.clean(withBanner(1))).toBe("# New 1\n\nOwn text 1 of this page.");
    expect(next.clean(ordinary(1))).not.toContain("Imprint");
  });

  test("does not depend on the order of the sample", () => {
    expect(learned(some.toReversed()).save()).toBe(learned(some).save());
  });

  test("a folder's own furniture is found though the rest of the site has none", () => {
    const note = "[Objects](/api/o) [Constants](/api/c) [Functions](/api/f)";
    const reference = (n: number) => page(`# Function ${n}`, `It does ${n}.`, note);
    const rest = Array.from({ length: 100 }, (_, n) => page(`# Essay ${n}`, `All about ${n}.`));
    const api = Array.from({ length: 40 }, (_, n) => reference(n));
    const boilerplate = learned([...rest, ...api], (n) => (n < 100 ? `/essays/${n}` : `/api/f${n}.html`));
    expect(boilerplate.clean(reference(3))).toBe("# Function 3\n\nIt does 3.");
  });

  test("has a size limit, whatever the site does", () => {
    const wide = Array.from({ length: 6 }, (_page, n) =>
      page(`# ${n}`, ...Array.from({ length: 6_000 }, (_block, i) => `The same paragraph number ${i} on each page.`)),
    );
    const saved = learned(wide).save() ?? "";
    expect(saved.length).toBeLessThan(24_000);
    expect(new Boilerplate(saved).size).toBe(4_000);
  });

  test("of a site too small to tell is learned again by the next run", () => {
    expect(learned(some.slice(0, 2)).save()).toBeNull();
  });

  test("a damaged cursor is read as far as it goes", () => {
    expect(new Boilerplate("%%%").size).toBe(0);
  });
});
