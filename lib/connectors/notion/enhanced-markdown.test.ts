import { describe, expect, test } from "vitest";
import { plainMarkdown } from "./enhanced-markdown.ts";

const text = (enhanced: string) => plainMarkdown(enhanced).markdown;
const address = "https://www.notion.so/Plan-0123456789abcdef0123456789abcdef";

describe("Notion's own Markdown becomes plain Markdown", () => {
  test.each([
    ["one block per line", "One.\nTwo.", "One.\n\nTwo."],
    ["colours go", 'Red {color="red"}\n# Big {toggle="true" color="blue_bg"}', "Red\n\n# Big"],
    ["braces of the text stay", "f(x) = \\{x\\}\nset {a}", "f(x) = \\{x\\}\n\nset {a}"],
    ["tabs nest lists", "- a\n\t- b\n\t\t1. c", "- a\n  - b\n    1. c"],
    ["words inside a list item", "- a\n\tMore of a.", "- a\n\n  More of a."],
    ["what is inside a paragraph follows it", "Top\n\tInside", "Top\n\nInside"],
    [
      "toggles",
      '<details color="gray">\n<summary>More</summary>\n\tInside\n</details>\nAfter',
      "**More**\n\nInside\n\nAfter",
    ],
    [
      "callouts",
      '<callout icon="💡" color="gray">\n\tCareful.\n\t- twice\n</callout>',
      "> 💡\n>\n> Careful.\n>\n> - twice",
    ],
    ["callouts between fences", '::: callout {icon="💡"}\nCareful.\n:::', "> 💡\n\nCareful."],
    ["quotes of several lines", "> One<br>Two", "> One\n> Two"],
    [
      "a table",
      '<table header-row="true">\n\t<tr>\n\t\t<td>A</td>\n\t\t<td>B|C</td>\n\t</tr>\n\t<tr><td>1<br>2</td><td/></tr>\n</table>',
      "| A | B\\|C |\n| --- | --- |\n| 1 2 |  |",
    ],
    [
      "a table without a head",
      "<table>\n<tr><td>A</td></tr>\n<tr><td>B</td></tr>\n</table>",
      "|  |\n| --- |\n| A |\n| B |",
    ],
    [
      "code is left alone",
      '```html\n<span color="red">&lt;</span> {color="x"}\n```',
      '```html\n<span color="red">&lt;</span> {color="x"}\n```',
    ],
    ["code in a list", "- a\n\t```\n\tx\n\t```\n- b", "- a\n\n  ```\n  x\n  ```\n\n- b"],
    ["code within a line is left alone", "`<br>` and <br>", "`<br>` and"],
    ["equations", "$$\na\\_b\n$$", "$$\na\\_b\n$$"],
    ["spans", 'A <span underline="true">b</span> <span color="red">c</span>', "A b c"],
    ["people", '<mention-user url="user://1">Ada</mention-user> and <mention-user url="user://2"/>', "Ada and"],
    ["pages that are mentioned", `<mention-page url="${address}">Plan</mention-page>`, `[Plan](${address})`],
    [
      "dates",
      '<mention-date start="2026-01-01" end="2026-02-01"/> <mention-date start="2026-03-01" startTime="09:00"/>',
      "2026-01-01 → 2026-02-01 2026-03-01 09:00",
    ],
    ["pictures", "![A [b\\]](https://example.com/a.png)", "![A [b\\]](https://example.com/a.png)"],
    [
      "pictures that will be gone",
      "![Tower](https://prod-files-secure.s3.us-west-2.amazonaws.com/a/b.png?X-Amz-Expires=3600)",
      "Image: Tower",
    ],
    ["links that will be gone", "[Doc](https://x.example.com/a?Signature=abc&Expires=1)", "Doc"],
    [
      "files",
      '<file src="https://example.com/a.zip">All</file>\n<pdf src="file://x">Paper</pdf>',
      "[All](https://example.com/a.zip)\n\nPDF: Paper",
    ],
    ["what was not rendered", '<unknown url="https://www.notion.so/x#1" alt="button"/>\nAfter', "After"],
    ["empty blocks and tables of contents", "A\n<empty-block/>\n<table_of_contents/>\nB", "A\n\nB"],
    [
      "columns and synced blocks",
      '<columns>\n\t<column>\n\t\tL\n\t</column>\n</columns>\n<synced_block url="x">\n\tS\n</synced_block>',
      "L\n\nS",
    ],
    ["escaped tags are text", "\\<br\\> \\<page\\>", "\\<br\\> \\<page\\>"],
    ["nothing", "", ""],
  ])("%s", (_, enhanced, plain) => expect(text(enhanced)).toBe(plain));

  test("pages and databases that stand in it are told", () => {
    const { markdown, pages, databases } = plainMarkdown(
      `<page url="${address}" icon="📄">Plan \\<A\\></page>\n<database url="https://www.notion.so/${"a".repeat(32)}?v=${"b".repeat(32)}" inline="true">Tasks</database>`,
    );
    expect(pages).toEqual([{ id: "01234567-89ab-cdef-0123-456789abcdef", title: "Plan \\<A\\>" }]);
    expect(databases).toEqual([{ id: "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", title: "Tasks" }]);
    expect(markdown).toContain(`[Plan \\<A\\>](${address})`);
  });

  test.each([
    ["pictures", "![".repeat(200_000)],
    ["links", "[a](".repeat(200_000)],
    ["tags", "<page ".repeat(200_000)],
    ["mentions", '<mention-user url="'.repeat(100_000)],
    ["back ticks of every length", Array.from({ length: 1_000 }, (_, n) => `${"`".repeat(n)} `).join("")],
    ["spaces and a brace", `${" ".repeat(500_000)}{}`],
    ["attributes", `x {${' a="b"'.repeat(100_000)}`],
    ["tabs", "\t".repeat(100_000)],
    ["unclosed code", `\`\`\`\n${"x\n".repeat(200_000)}`],
    ["an unclosed table", `<table>\n${"<tr><td>a</td></tr>\n".repeat(50_000)}`],
    ["backslashes", "\\".repeat(500_000)],
  ])("hostile texts take no longer than long ones: %s", (_, enhanced) => {
    const began = performance.now();
    text(enhanced);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
