import { expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { partOf, sampleOf } from "./sample.ts";
import { inOneSearch } from "./session.ts";
import { addTexts } from "./testing/searchable.ts";

await testDatabase();

test("a part has the share that was asked for, and never nothing", () => {
  expect(partOf(0.5).split(" | ")).toHaveLength(8);
  expect(partOf(1).split(" | ")).toHaveLength(16);
  expect(partOf(0.05).split(" | ")).toHaveLength(13);
  expect(partOf(0.000_001)).toBe("'b:00'");
});

test("every document is in exactly one of the parts, with all of its chunks; a long one in many", async () => {
  const { organizationId } = await testOrganization();
  const texts = Array.from({ length: 40 }, (_, i) => ({ text: `Sentence ${i} of a longer text. `.repeat(100) }));
  await addTexts(organizationId, texts);
  const { rows } = await pool().query<{ document: string; chunks: string; found: string; parts: string }>(
    `select document_id as document, count(*) as chunks, count(*) filter (where vector @@ $2::tsquery) as found,
              count(distinct (select array_agg(lexeme order by lexeme) from unnest(vector) where lexeme ~ '^[sb]:')) as parts
         from chunks where organization_id = $1 group by document_id`,
    [organizationId, partOf(1)],
  );
  expect(rows).toHaveLength(40);
  for (const row of rows) {
    expect(Number(row.chunks)).toBeGreaterThan(1);
    expect(row.found).toBe(row.chunks);
    expect(row.parts).toBe("1");
  }
  const [long = ""] = await addTexts(organizationId, [{ text: "A sentence of a long text. ".repeat(6_000) }]);
  const spread = await pool().query<{ parts: number }>(
    `select count(distinct (select array_agg(lexeme) from unnest(vector) where lexeme ~ '^b:'))::int as parts
       from chunks where document_id = $1`,
    [long],
  );
  expect(spread.rows[0]?.parts).toBeGreaterThan(3);
});

test("what has few matches is looked at as a whole", async () => {
  const { organizationId } = await testOrganization();
  await addTexts(organizationId, [{ text: "A text about marmalade and the people who make it." }]);
  const space = { scope: { organizationId, container: undefined }, filter: {}, removals: new Map(), alone: false };
  const sample = await inOneSearch((client) => sampleOf(client, space, "'marmalad'", 1_000_000));
  expect(sample).toBeUndefined();
});
