import { describe, expect, it } from "vitest";
import { readPage } from "./html/page.ts";
import { mainMarkdown } from "./select.ts";
import type { Page } from "./types.ts";

const long = "This is a sentence about the subject of the page, long enough to count. ".repeat(4).trim();
const page = (html: string) => readPage(html, "https://e.com/p");

/** What a crawler knows after many pages: the hashes of these texts. */
function repeatedIn(html: string): (hash: number) => boolean {
  const { blocks } = page(html);
  const hashes = new Set<number>();
  for (let i = 2; i < blocks.length; i += 4) hashes.add(blocks[i] ?? 0);
  return (hash) => hashes.has(hash);
}

describe("mainMarkdown", () => {
  it("prefers the main element when it holds enough of the text", () => {
    expect(mainMarkdown(page(`<div>Ad</div><main><h1>T</h1><p>${long}</main><div>More ads</div>`))).toBe(
      `# T\n\n${long}`,
    );
    expect(mainMarkdown(page(`<main>Tiny</main><p>${long}<p>${long}`))).toContain(long);
  });

  it("drops what is marked as furniture, but not when that would leave nothing", () => {
    expect(mainMarkdown(page(`<nav><a href=a>A</a></nav><p>${long}<footer>F</footer>`))).toBe(long);
    expect(mainMarkdown(page(`<div class="nav menu"><p>${long}</div>`))).toBe(long);
  });

  it("rescues the title from a header", () => {
    expect(mainMarkdown(page(`<header><h1>Title</h1><p>Site</p></header><main><p>${long}</main>`))).toBe(
      `# Title\n\n${long}`,
    );
  });

  it("drops blocks the site repeats before and after the page's own content", () => {
    const frame = "<p>Our site<p>Products and more";
    const end = "<p>All rights reserved";
    const html = `${frame}<h1>T</h1><p>${long}${end}`;
    expect(mainMarkdown(page(html), repeatedIn(frame + end))).toBe(`# T\n\n${long}`);
  });

  it("never loses repeated headings, code and tables inside the content", () => {
    const html = `<h1>T</h1><p>${long}<h2>Example</h2><pre>npm install</pre><table><tr><th>a<th>b<tr><td>1<td>2</table><p>Returns:<p>${long} again`;
    const all = mainMarkdown(page(html));
    const repeated = repeatedIn(
      "<h2>Example</h2><pre>npm install</pre><table><tr><th>a<th>b<tr><td>1<td>2</table><p>Returns:",
    );
    expect(mainMarkdown(page(html), repeated)).toBe(all);
  });

  it("a heading whose section was dropped goes with it, others stay", () => {
    const links = '<ul><li><a href="/a">Alpha page</a><li><a href="/b">Beta page</a></ul>';
    const html = `<h1>T</h1><p>${long}<h2>Empty by the author</h2><h2>Text</h2><p>${long} 2<h2>Popular</h2>${links}`;
    expect(mainMarkdown(page(html), repeatedIn(links))).toBe(
      `# T\n\n${long}\n\n## Empty by the author\n\n## Text\n\n${long} 2`,
    );
  });

  it("a page that is wholly repeated is kept: it is a copy, not furniture", () => {
    const html = `<h1>T</h1><p>${long}`;
    expect(mainMarkdown(page(html), () => true)).toBe(`# T\n\n${long}`);
  });

  it("drops breadcrumbs and pagers at the edges only", () => {
    const html = `<p><a href="/">Home</a> » <a href="/d">Docs</a></p><h1>T</h1><p>${long}<p><a href="/x">A link in the text</a><p>${long} 2<p><a href="p">Previous</a> <a href="n">Next</a>`;
    expect(mainMarkdown(page(html))).toBe(`# T\n\n${long}\n\n[A link in the text](https://e.com/x)\n\n${long} 2`);
  });

  it("a kept item keeps the items it is nested in", () => {
    const html = `<p>${long}<ul><li>Group<ul><li>own item</ul></ul><p>${long} 2`;
    expect(mainMarkdown(page(html), repeatedIn("<ul><li>Group</ul>"))).toContain("- Group\n  - own item");
  });

  it("a boxed example in the content is not taken for a sidebar", () => {
    const html = `<main><h1>T</h1><p>${long}<aside class="sidebar"><p>Hello<pre>print()</pre></aside></main>`;
    expect(mainMarkdown(page(html))).toContain("print()");
  });

  it("an empty page gives an empty string", () => {
    const empty: Pick<Page, "markdown" | "blocks"> = { markdown: "", blocks: new Uint32Array() };
    expect(mainMarkdown(empty)).toBe("");
  });
});
