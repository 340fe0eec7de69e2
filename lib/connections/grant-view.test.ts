import { beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { grantOf } from "./grant-view.ts";

let acme: TestOrganization;
let globex: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  [acme, globex] = [await testOrganization("Acme"), await testOrganization("Globex")];
});

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().grant.deleteMany({});
});

async function connected(grant: object) {
  const [id, grantId] = [newId(), newId()];
  const { organizationId } = acme;
  await prisma().grant.create({
    data: { id: grantId, organizationId, provider: "onedrive", clientId: "c", tokens: "x", ...grant },
  });
  await prisma().connection.create({ data: { id, organizationId, provider: "onedrive", grantId } });
  return id;
}

test("what was granted is known by its short name and by its whole address; what is missing is told apart", async () => {
  const whole = await connected({ scopes: ["https://graph.microsoft.com/Files.Read", "user.read"] });
  expect(await grantOf(acme.principal, whole)).toMatchObject({ refused: [] });
  const narrow = await connected({ scopes: ["User.Read"], refreshable: false });
  const view = await grantOf(acme.principal, narrow);
  expect(view?.refused).toHaveLength(2);
  expect(view?.allowed).toHaveLength(1);
  expect(view?.refused.some((words) => /files/i.test(words))).toBe(true);
  const unsaid = await connected({ scopes: [] });
  expect((await grantOf(acme.principal, unsaid))?.refused).toEqual([]);
});

test("a grant that is over allows nothing, and nobody else's is shown", async () => {
  const over = await connected({ scopes: [], deadAt: new Date() });
  expect(await grantOf(acme.principal, over)).toBeNull();
  const ours = await connected({ scopes: [] });
  await expect(grantOf(globex.principal, ours)).rejects.toMatchObject({ code: "not_found" });
  await prisma().grant.updateMany({ data: { organizationId: globex.organizationId } });
  expect(await grantOf(acme.principal, ours)).toBeNull();
});
