import { expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { planSearch } from "./plan.ts";
import { inOneSearch } from "./session.ts";
import { addTexts } from "./testing/searchable.ts";

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
