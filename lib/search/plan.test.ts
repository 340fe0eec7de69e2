import { beforeAll, describe, expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { planSearch } from "./plan.ts";
import { inOneSearch } from "./session.ts";
import { changelogs, policies } from "./testing/mixed.ts";
import { addTexts } from "./testing/searchable.ts";
import { lexemesOf } from "./tsquery.ts";

await testDatabase();

test("of very many words the rarest are looked for, rarest first", async () => {
  const { organizationId } = await testOrganization();
  const common = Array.from({ length: 30 }, (_, i) => `common${"abcdefghij"[i % 10]}${"klm"[Math.floor(i / 10)]}`);
  const prose = `The people of this company write about many things. ${common.join(" and ")}.`;
  await addTexts(organizationId, [
    ...Array.from({ length: 40 }, () => ({ text: prose })),
    { text: "The people of this company once had a zebra in the garden." },
  ]);
  const { terms } = await inOneSearch((client) => planSearch(client, organizationId, [...common, "zebra"].join(" ")));
  expect(terms).toHaveLength(20);
  expect(terms[0]?.query).toContain("zebra");
});

describe("what words are worth", () => {
  let organizationId: string;
  beforeAll(async () => {
    ({ organizationId } = await testOrganization());
    await addTexts(organizationId, [...policies, ...changelogs(100)]);
  });
  const termsOf = async (q: string) =>
    (await inOneSearch((client) => planSearch(client, organizationId, q))).terms.map((term) => ({
      ...term,
      query: lexemesOf([term.query])[0],
    }));

  test("the rarest word says most, and what makes a sentence of the others hardly anything", async () => {
    const terms = await termsOf("How many vacation days do I get?");
    expect(terms.filter(({ optional }) => !optional).map(({ query }) => query)).toEqual(["vacat", "day"]);
    const [vacation, day, ...others] = terms.map(({ weight }) => weight);
    expect(vacation).toBeGreaterThan(5 * (day ?? 0));
    for (const other of others) expect(other).toBeLessThan((vacation ?? 0) / 4);
  });

  test("a stop word of any language that is there need not be found", async () => {
    for (const [q, wanted] of [
      ["équipe de sécurité", 2],
      ["mot de passe", 2],
      ["Kündigungsfrist in der Probezeit", 2],
      ["Wie viele Urlaubstage habe ich?", 1],
      ["AI policy", 2],
    ] as const)
      expect(
        (await termsOf(q)).filter(({ optional }) => !optional),
        q,
      ).toHaveLength(wanted);
  });

  test("in few words each is meant, and no word of a question is taken for a misspelt one", async () => {
    expect((await termsOf("get notes")).map(({ optional }) => optional)).toEqual([false, false]);
    for (const { exactness } of await termsOf("call quand")) expect(exactness).toBe(1);
  });
});
