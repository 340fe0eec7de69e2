import { beforeAll, expect, test } from "vitest";
import { changelogs, policies } from "#lib/search/testing/mixed.ts";
import { addTexts } from "#lib/search/testing/searchable.ts";
import { testApi } from "#lib/testing/api.ts";

const api = testApi();

beforeAll(async () => {
  await addTexts(api.acme.organizationId, [...policies, ...changelogs(60)]);
});

test.each([
  ["how many vacation days do employees get?", "Vacation policy"],
  ["vaccation polcy", "Vacation policy"],
  ["Wie viele Urlaubstage habe ich?", "Urlaub"],
  ["Combien de jours de congés ai-je ?", "Congés"],
  ["有給休暇は何日ありますか", "休暇"],
])("both searches of the official client answer without any setting: %s", async (q, title) => {
  const documents = await api.client.search.documents({ q });
  expect(documents.results[0]?.title).toBe(title);
  expect(documents.results[0]?.score).toBeGreaterThanOrEqual(0.6);
  const chunks = await api.client.search.memories({ q, include: { documents: true } });
  expect(chunks.results).toHaveLength(1);
  expect(chunks.results[0]?.documents?.[0]?.title).toBe(title);
});

test("a question that nothing answers finds no chunk that is good enough", async () => {
  expect((await api.client.search.memories({ q: "How many moons does the planet Jupiter have?" })).results).toEqual([]);
});
