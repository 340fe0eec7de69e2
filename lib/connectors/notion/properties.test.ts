import { expect, test } from "vitest";
import { rich } from "./fake/blocks.ts";
import { idFor } from "./fake/ids.ts";
import { metadataOf, propertyTable, titleOf } from "./properties.ts";
import { pageSchema, type Page } from "./shapes.ts";
import { useNotion } from "./testing/bench.ts";

const notion = useNotion();
const person = (name: string) => ({
  object: "user",
  id: idFor(name),
  type: "person",
  name,
  avatar_url: null,
  person: {},
});
const option = (name: string) => ({ id: name, name, color: "blue" });

/** One property of every kind (PageObjectResponse of the official client). */
const everything: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Notes: { id: "1", type: "rich_text", rich_text: [rich("Two "), rich("parts", { bold: true })] },
  Count: { id: "2", type: "number", number: 42.5 },
  Zero: { id: "2z", type: "number", number: 0 },
  Kind: { id: "3", type: "select", select: option("Tower") },
  State: { id: "4", type: "status", status: option("Lit") },
  Tags: { id: "5", type: "multi_select", multi_select: [option("sea"), option("night")] },
  Day: { id: "6", type: "date", date: { start: "2026-01-02", end: null, time_zone: null } },
  Days: { id: "7", type: "date", date: { start: "2026-01-02", end: "2026-02-03", time_zone: null } },
  Keepers: { id: "8", type: "people", people: [person("Ada"), person("Grace"), { object: "user", id: "x" }] },
  Files: {
    id: "9",
    type: "files",
    files: [{ name: "a.pdf", type: "file", file: { url: "https://x", expiry_time: "" } }],
  },
  Open: { id: "10", type: "checkbox", checkbox: false },
  Site: { id: "11", type: "url", url: "https://example.com/tower" },
  Mail: { id: "12", type: "email", email: "tower@example.com" },
  Phone: { id: "13", type: "phone_number", phone_number: "+49 1" },
  Age: { id: "14", type: "formula", formula: { type: "number", number: 150 } },
  Old: { id: "15", type: "formula", formula: { type: "boolean", boolean: true } },
  Since: { id: "16", type: "formula", formula: { type: "date", date: { start: "1872-01-01", end: null } } },
  Ships: { id: "17", type: "relation", relation: [{ id: "a" }, { id: "b" }], has_more: false },
  Many: { id: "17m", type: "relation", relation: [{ id: "a" }], has_more: true },
  Sum: { id: "18", type: "rollup", rollup: { type: "number", number: 7, function: "sum" } },
  Names: {
    id: "19",
    type: "rollup",
    rollup: {
      type: "array",
      function: "show_original",
      array: [
        { type: "title", title: [rich("One")] },
        { type: "number", number: 2 },
      ],
    },
  },
  Made: { id: "20", type: "created_time", created_time: "2026-01-01T00:00:00.000Z" },
  By: { id: "21", type: "created_by", created_by: person("Ada") },
  Edited: { id: "22", type: "last_edited_time", last_edited_time: "2026-01-01T00:00:00.000Z" },
  Number: { id: "23", type: "unique_id", unique_id: { prefix: "T", number: 12 } },
  Verified: { id: "24", type: "verification", verification: { state: "verified", date: null, verified_by: null } },
  Where: { id: "25", type: "place", place: { lat: 1, lon: 2, name: "Rock", address: "North Sea" } },
  Nothing: { id: "26", type: "number", number: null },
  Empty: { id: "27", type: "rich_text", rich_text: [] },
  Press: { id: "28", type: "button", button: {} },
  Later: { id: "29", type: "telepathy", telepathy: { thought: 1 } },
  Odd: { id: "30", type: "select", select: "not an option" },
};

const expected = {
  Notes: "Two parts",
  Count: 42.5,
  Zero: 0,
  Kind: "Tower",
  State: "Lit",
  Tags: "sea, night",
  Day: "2026-01-02",
  Days: "2026-01-02 → 2026-02-03",
  Keepers: "Ada, Grace",
  Files: "a.pdf",
  Open: false,
  Site: "https://example.com/tower",
  Mail: "tower@example.com",
  Phone: "+49 1",
  Age: 150,
  Old: true,
  Since: "1872-01-01",
  Ships: 2,
  Many: "1+",
  Sum: 7,
  Names: "One, 2",
  Made: "2026-01-01T00:00:00.000Z",
  By: "Ada",
  Number: "T-12",
  Verified: "verified",
  Where: "Rock, North Sea",
};

test("a row's properties, of every kind, are the flat metadata of its document, with the database's name", async () => {
  const it = await notion();
  it.fake.workspace.database("towers", "Towers", { titleProperty: "Tower" });
  it.fake.workspace.page("north", "North rock", { source: "towers", properties: everything, text: "It is high." });
  await it.sync();
  const [north] = await it.stored("north");
  expect(north).toMatchObject({ title: "North rock", metadata: { ...expected, database: "Towers" } });
  expect(Object.keys(north?.metadata ?? {}).toSorted()).toEqual([...Object.keys(expected), "database"].toSorted());
});

test("a row's text begins with its properties, its title first", async () => {
  const it = await notion();
  it.fake.workspace.database("towers", "Towers", { titleProperty: "Tower" });
  it.fake.workspace.page("north", "North rock", { source: "towers", properties: everything, text: "It is high." });
  it.fake.workspace.page("bare", "Bare", { source: "towers" });
  await it.sync();
  const [north, bare] = await it.stored("north", "bare");
  expect(north?.text).toMatch(/^\| Property \| Value \|\n\| --- \| --- \|\n\| Tower \| North rock \|\n/);
  expect(north?.text).toContain("| Open | no |");
  expect(north?.text).toContain("| Site | [https://example.com/tower](https://example.com/tower) |");
  expect(north?.text).toMatch(/\n\nIt is high\.$/);
  expect(bare?.text).toBe("| Property | Value |\n| --- | --- |\n| Tower | Bare |");
});

test("a page that is no row has no metadata, and its own title", async () => {
  const it = await notion();
  it.fake.workspace.page("page", "A page", { text: "Words." });
  await it.sync();
  const [stored] = await it.stored("page");
  expect(stored).toMatchObject({ title: "A page", text: "Words." });
  expect(stored?.metadata).toEqual({});
});

const page = (more: object): Page => pageSchema.parse({ object: "page", id: "a", ...more });

test("titles that are missing, null, of parts or of 2 MB work (C16)", () => {
  expect(titleOf(page({}))).toBe("Untitled");
  expect(titleOf(page({ properties: null }))).toBe("Untitled");
  expect(titleOf(page({ properties: { x: { type: "title", title: null } } }))).toBe("Untitled");
  expect(titleOf(page({ properties: { x: { type: "title", title: [{ plain_text: null }] } } }))).toBe("Untitled");
  expect(titleOf(page({ properties: { x: { type: "title", title: [rich(" a\n"), rich("b ")] } } }))).toBe("a b");
  const long = titleOf(page({ properties: { x: { type: "title", title: [rich("x".repeat(2_000_000))] } } }));
  expect(long).toHaveLength(1_000);
});

test("names and values that are long, odd or many stay within bounds", () => {
  const properties = Object.fromEntries([
    ...Array.from({ length: 200 }, (_, n) => [`p${n}`, { type: "number", number: n }]),
    ["a".repeat(5_000), { type: "rich_text", rich_text: [rich("v".repeat(100_000))] }],
    ["__proto__x", { type: "number", number: 1 }],
    [" \u0000\n", { type: "number", number: 1 }],
  ]);
  const metadata = metadataOf(page({ properties }), "d".repeat(5_000));
  expect(Object.keys(metadata).length).toBeLessThanOrEqual(61);
  for (const [name, value] of Object.entries(metadata)) {
    expect(name.length).toBeLessThanOrEqual(100);
    expect(String(value).length).toBeLessThanOrEqual(1_000);
  }
  expect(propertyTable(page({ properties }))).toContain("v".repeat(100_000));
});
