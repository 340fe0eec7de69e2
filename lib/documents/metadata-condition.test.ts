import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { metadataFilter, type MetadataCondition, type MetadataFilter } from "#lib/contract/filters.ts";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { conditionsOf, scopeOf } from "./where.ts";

/** A value of metadata, and what the grammar compares of it. */
interface Leaf {
  readonly json: string;
  /** undefined = it has no text: nothing equals it */
  readonly text?: string;
  /** of lists */
  readonly elements?: readonly string[];
}

type Stored = Readonly<Record<string, Leaf>>;

const words = [
  "",
  "sales",
  "Sales",
  "ale",
  "5",
  "5.0",
  "-3.25",
  "true",
  "null",
  "100%",
  "a_b",
  `x" or '1'='1`,
  "\\",
  "é",
];
const keys = ["a", "b", "c.d", "e-f", "__proto__"];

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words).map((text) => ({ json: JSON.stringify(text), text })) },
  // Numbers as they are written, which is how their text is compared.
  {
    weight: 4,
    arbitrary: fc
      .constantFrom("5", "5.0", "5.00", "-3.25", "0", "70", "12345678901234567890", "12345678901234567891")
      .map((json) => ({ json, text: json })),
  },
  { weight: 2, arbitrary: fc.boolean().map((value) => ({ json: `${value}`, text: `${value}` })) },
  { weight: 1, arbitrary: fc.constant({ json: "null" }) },
  {
    weight: 3,
    arbitrary: fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((elements) => {
      const text = `[${elements.map((element) => JSON.stringify(element)).join(", ")}]`;
      return { json: text, text, elements };
    }),
  },
);
const stored: fc.Arbitrary<Stored> = fc.dictionary(fc.constantFrom(...keys), leaf, { noNullPrototype: false });

const values = [
  ...words,
  "5.00",
  "70",
  "12345678901234567890",
  "1e3",
  "false",
  '["sales"]',
  '["Sales", "5"]',
  "[]",
  "{}",
  "[",
];
const condition = fc.record(
  {
    key: fc.constantFrom(...keys),
    value: fc.constantFrom(...values),
    filterType: fc.constantFrom("metadata", "array_contains", "string_contains"),
    negate: fc.constantFrom(true, false, "true", "false"),
    ignoreCase: fc.constantFrom(true, false, "true", "false"),
  },
  { requiredKeys: ["key", "value"] },
);
const numeric = fc.record(
  {
    key: fc.constantFrom(...keys),
    value: fc.constantFrom("5", "5.000", "-3.25", "0", "69.5", "12345678901234567890"),
    filterType: fc.constant("numeric"),
    numericOperator: fc.constantFrom(">", "<", ">=", "<=", "="),
    negate: fc.boolean(),
  },
  { requiredKeys: ["key", "value", "filterType"] },
);
const { filter } = fc.letrec<{ filter: object; part: object }>((tie) => ({
  filter: fc
    .tuple(fc.constantFrom("AND", "OR"), fc.array(tie("part"), { minLength: 1, maxLength: 4 }))
    .map(([name, parts]) => ({ [name]: parts })),
  part: fc.oneof({ maxDepth: 5, depthSize: "small" }, condition, numeric, tie("filter")),
}));

/** The grammar in plain words, to hold against what the database makes of it. */
function matches(metadata: Stored, asked: MetadataFilter): boolean {
  if ("all" in asked) return asked.all.every((part) => matches(metadata, part));
  if ("any" in asked) return asked.any.some((part) => matches(metadata, part));
  const held = Object.hasOwn(metadata, asked.key) ? metadata[asked.key] : undefined;
  if (asked.type === "numeric") return comparesAs(held?.text, asked);
  const fold = (text: string) => (asked.ignoreCase ? text.toLowerCase() : text);
  const wanted = fold(asked.value);
  const is = {
    metadata: () => held?.text !== undefined && fold(held.text) === wanted,
    string_contains: () => held?.text !== undefined && fold(held.text).includes(wanted),
    array_contains: () => held?.elements?.some((element) => fold(element) === wanted) === true,
  }[asked.type]();
  return is !== asked.negate;
}

function comparesAs(text: string | undefined, { value, operator, negate }: MetadataCondition): boolean {
  if (text === undefined || !/^-?\d+(\.\d+)?$/.test(text)) return false;
  // whole hundredths, so that nothing is rounded
  const exact = (number: string) => {
    const [whole = "", part = ""] = number.split(".");
    return BigInt(`${whole}${part.slice(0, 2).padEnd(2, "0")}`);
  };
  const [a, b] = [exact(text), exact(value)];
  const is = { ">": a > b, "<": a < b, ">=": a >= b, "<=": a <= b, "=": a === b }[operator];
  return is !== negate;
}

let acme: TestOrganization;
let documents: readonly { readonly id: string; readonly metadata: Stored }[];

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  documents = fc.sample(stored, { numRuns: 300, seed: 20 }).map((metadata) => ({ id: newId(), metadata }));
  await pool().query(
    `insert into documents (id, organization_id, container_tags, metadata)
     select v.id, $1, '{}', v.metadata from unnest($2::text[], $3::jsonb[]) as v(id, metadata)`,
    [
      acme.organizationId,
      documents.map(({ id }) => id),
      documents.map(
        ({ metadata }) =>
          `{${Object.entries(metadata)
            .map(([key, { json }]) => `${JSON.stringify(key)}:${json}`)
            .join(",")}}`,
      ),
    ],
  );
  await onlyIndex("documents_metadata");
});

/** A small table is read by whatever is cheapest: here nothing else is left. */
async function onlyIndex(name: string): Promise<void> {
  const { rows } = await pool().query<{ index: string }>(
    `select indexrelid::regclass::text as index from pg_index
      where indrelid = 'documents'::regclass and not indisprimary and indexrelid <> $1::regclass`,
    [name],
  );
  for (const { index } of rows) await pool().query(`drop index ${index}`);
}

async function found(metadata: MetadataFilter, settings: readonly string[] = []): Promise<readonly string[]> {
  const where = await conditionsOf(scopeOf(acme.principal), { metadata });
  const client = await pool().connect();
  try {
    await client.query("begin");
    for (const setting of settings) await client.query(`set local ${setting}`);
    const { rows } = await client.query<{ id: string }>(`select d.id from documents d where ${where}`, where.values);
    return rows.map(({ id }) => id).sort();
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const byTable = ["enable_indexscan = off", "enable_bitmapscan = off"];
const byIndex = ["enable_seqscan = off", "enable_indexscan = off"];

describe("conditions on metadata", () => {
  test("find what the grammar says, whatever the filter, with the index and without (A16)", async () => {
    await fc.assert(
      fc.asyncProperty(filter, async (asked) => {
        const parsed = metadataFilter.parse(asked);
        const expected = documents.filter(({ metadata }) => matches(metadata, parsed)).map(({ id }) => id);
        expect(await found(parsed, byTable)).toEqual(expected.sort());
        expect(await found(parsed, byIndex)).toEqual(expected.sort());
      }),
      { numRuns: 150 },
    );
  });

  test("are data, never SQL", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 }).filter((value) => !value.includes("\0"));
    const nasty = fc.oneof(
      text,
      fc.constantFrom("'; drop table documents; --", "$1", "?", "\\'", '"', "{}", '{"a":1}', "\\u0000", "😀", "1e400"),
    );
    const type = fc.constantFrom("metadata", "array_contains", "string_contains");
    await fc.assert(
      fc.asyncProperty(nasty, type, fc.boolean(), async (value, filterType, ignoreCase) => {
        fc.pre(value.isWellFormed());
        const parsed = metadataFilter.parse({ AND: [{ key: "a", value, filterType, ignoreCase }] });
        const expected = documents.filter(({ metadata }) => matches(metadata, parsed)).map(({ id }) => id);
        expect(await found(parsed)).toEqual(expected.sort());
      }),
      { numRuns: 100 },
    );
    for (const key of ["a' or true --", "a b", "", "a".repeat(65)])
      expect(metadataFilter.safeParse({ AND: [{ key, value: "x" }] }).success).toBe(false);
  });

  test("that ask for a value are answered by the index; those it cannot know are not", async () => {
    const planOf = async (asked: object) => {
      const where = await conditionsOf(scopeOf(acme.principal), { metadata: metadataFilter.parse({ AND: [asked] }) });
      const client = await pool().connect();
      try {
        await client.query("begin");
        for (const setting of byIndex) await client.query(`set local ${setting}`);
        const { rows } = await client.query<{ "QUERY PLAN": string }>(
          `explain select d.id from documents d where ${where}`,
          where.values,
        );
        return rows.map((row) => row["QUERY PLAN"]).join("\n");
      } finally {
        await client.query("rollback");
        client.release();
      }
    };
    for (const value of ["sales", "5", "true"]) {
      expect(await planOf({ key: "a", value })).toContain("documents_metadata");
      expect(await planOf({ key: "a", value, filterType: "array_contains" })).toContain("documents_metadata");
      expect(await planOf({ key: "a", value, negate: true })).not.toContain("documents_metadata");
      expect(await planOf({ key: "a", value, ignoreCase: true })).not.toContain("documents_metadata");
    }
  });

  test("may be as many and as deep as the grammar allows", async () => {
    const one = { key: "a", value: "sales" };
    const deep = Array.from({ length: 7 }).reduce<object>((inner) => ({ OR: [inner, one] }), { AND: [one] });
    const many = { OR: Array.from({ length: 200 }, (_, i) => ({ ...one, value: `v${i}`, negate: i % 2 === 0 })) };
    for (const asked of [deep, many]) {
      const parsed = metadataFilter.parse(asked);
      const expected = documents.filter(({ metadata }) => matches(metadata, parsed)).map(({ id }) => id);
      expect(await found(parsed)).toEqual(expected.sort());
    }
  });
});
