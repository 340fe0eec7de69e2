import { beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { searchChunks, searchDocuments } from "./search.ts";
import { changelogs, policies } from "./testing/mixed.ts";
import { addTexts } from "./testing/searchable.ts";

await testDatabase();

/** What /v3/search and /v4/search say when nothing but `q` is sent, as title and score. */
async function ask({ principal }: TestOrganization, q: string) {
  const documents = await searchDocuments(principal, {
    q,
    limit: 10,
    filter: {},
    chunkThreshold: 0,
    onlyMatchingChunks: true,
  });
  const chunks = await searchChunks(principal, { q, limit: 10, filter: {}, threshold: 0.6, neighbours: false });
  return {
    documents: documents.results.map(({ document, score }) => ({ title: document.title, score })),
    chunks: chunks.results.map(({ document, chunk }) => ({ title: document.title, score: chunk.score })),
  };
}

const questions: readonly (readonly [string, string])[] = [
  ["how many vacation days do employees get?", "Vacation policy"],
  ["How many vacation days do I get?", "Vacation policy"],
  ["vaccation polcy", "Vacation policy"],
  ["Can I return an item after three weeks?", "Returns"],
  ["Wie viele Urlaubstage habe ich?", "Urlaub"],
  ["Kündigungsfrist in der Probezeit", "Kündigung"],
  ["Combien de jours de congés ai-je ?", "Congés"],
  ["équipe de sécurité", "Sécurité"],
  ["mot de passe", "Sécurité"],
  ["有給休暇は何日ありますか", "休暇"],
  ["AI policy", "Artificial intelligence"],
  ["When are my travel expenses reimbursed?", "Expenses"],
];

describe.each([
  ["a few texts in four languages", 0],
  ["the same among many in English", 150],
])("%s", (_, count) => {
  let acme: TestOrganization;
  beforeAll(async () => {
    acme = await testOrganization();
    await addTexts(acme.organizationId, [...policies, ...changelogs(count)]);
  });

  test.each(questions)("%s", async (q, title) => {
    const { documents, chunks } = await ask(acme, q);
    expect(documents[0]?.title).toBe(title);
    expect(documents[0]?.score).toBeGreaterThanOrEqual(0.6);
    expect(chunks[0]?.title).toBe(title);
    for (const other of documents.slice(1)) expect(other.score, String(other.title)).toBeLessThan(0.6);
    expect(chunks).toHaveLength(1);
  });

  test.each([
    "How many moons does the planet Jupiter have?",
    "How many zebras do people get in most days?",
    "Wie viele Monde hat der Jupiter?",
    "Combien de girafes ont les zoos ?",
    "how does photosynthesis get chlorophyll in a few days",
  ])("nothing is an answer to: %s", async (q) => {
    const { documents, chunks } = await ask(acme, q);
    expect(chunks).toEqual([]);
    for (const { title, score } of documents) expect(score, String(title)).toBeLessThan(0.55);
  });
});
