import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { chunksWithAll, chunksWithAny } from "./candidates.ts";
import { planSearch } from "./plan.ts";
import { inOneSearch } from "./session.ts";
import type { SearchSpace } from "./space.ts";
import { addTexts } from "./testing/searchable.ts";

await testDatabase();

const prose = "Every page of this handbook mentions the marmalade, because the marmalade is what the company lives on.";

/** Documents of the chunks that were found when only `matches` of what matches are looked at. */
async function found(
  { organizationId }: TestOrganization,
  q: string,
  matches: number,
  space: Partial<SearchSpace> = {},
  stage = chunksWithAll,
): Promise<readonly string[]> {
  const whole = { scope: { organizationId, container: undefined }, filter: {}, removals: new Map(), alone: false };
  return inOneSearch(async (client) => {
    const plan = await planSearch(client, organizationId, q);
    const wanted = { chunks: 50, perDocument: 5, documents: 5, matches };
    const candidates = await stage(client, { ...whole, ...space }, plan, wanted);
    return candidates.map(({ documentId }) => documentId);
  });
}

test("of more matches than are ranked, those in titles are among the ranked ones", async () => {
  const acme = await testOrganization();
  await addTexts(
    acme.organizationId,
    Array.from({ length: 30 }, (_, i) => ({ title: `Page ${i}`, text: prose })),
  );
  const [titled = ""] = await addTexts(acme.organizationId, [{ title: "Marmalades", text: prose }]);
  expect(await found(acme, "marmalade", 5)).toContain(titled);
  expect(await found(acme, "marmal*", 5)).toContain(titled);
  expect(await found(acme, '"handbook mentions the marmalade"', 5)).toContain(titled);
});

test("a few long documents do not keep all others out", async () => {
  const acme = await testOrganization();
  const long = Array.from({ length: 320 }, () => prose.repeat(10)).join("\n\n");
  await addTexts(
    acme.organizationId,
    Array.from({ length: 12 }, (_, i) => ({ title: `Volume ${i}`, text: long })),
  );
  const documents = new Set(await found(acme, "marmalade", 200));
  expect(documents.size).toBeGreaterThan(2);
});

test("documents that cannot be seen never crowd out those that can", async () => {
  const acme = await testOrganization();
  const ids = await addTexts(
    acme.organizationId,
    Array.from({ length: 30 }, (_, i) => ({ title: `Page ${i}`, text: prose })),
  );
  const gone = ids.slice(0, 25);
  await prisma().document.updateMany({ where: { id: { in: [...gone] } }, data: { deletedAt: new Date() } });
  const seen = await found(acme, "marmalade", 5);
  expect(seen).toHaveLength(5);
  for (const id of seen) expect(gone).not.toContain(id);
});

test("an installation that takes itself for having one organization still keeps a second one's documents apart", async () => {
  const [acme, globex] = [await testOrganization("Acme"), await testOrganization("Globex")];
  const texts = Array.from({ length: 10 }, (_, i) => ({ title: `Marmalade ${i}`, text: prose }));
  await addTexts(globex.organizationId, texts);
  const own = await addTexts(acme.organizationId, texts.slice(0, 6));
  const seen = await found(acme, "marmalade", 5, { alone: true });
  expect(seen.length).toBeGreaterThanOrEqual(5);
  for (const id of seen) expect(own).toContain(id);
});

test("tags on chunks only narrow: the document's own decide", async () => {
  const acme = await testOrganization();
  const [moved = "", kept = ""] = await addTexts(acme.organizationId, [
    { text: prose, tags: ["a"] },
    { text: prose, tags: ["a"] },
  ]);
  await prisma().document.update({ where: { id: moved }, data: { containerTags: ["b"] } });
  expect(await found(acme, "marmalade", 100, { filter: { containerTags: ["a"] } })).toEqual([kept]);
});

test("among very many chunks with a common word, those with the rare one are not lost", async () => {
  const acme = await testOrganization();
  await addTexts(
    acme.organizationId,
    Array.from({ length: 30 }, (_, i) => ({ title: `Page ${i}`, text: prose })),
  );
  const [rare = ""] = await addTexts(acme.organizationId, [
    { text: "There is a zebra in the garden of this company." },
  ]);
  expect(await found(acme, "zebra marmalade", 5, {}, chunksWithAny)).toEqual([rare]);
  expect(await found(acme, "zebra marmalade", 100, {}, chunksWithAny)).toContain(rare);
});
