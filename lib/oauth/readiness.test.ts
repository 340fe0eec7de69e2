import { beforeAll, beforeEach, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { stubConnector } from "#lib/testing/stub-connector.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { readinessIn } from "./readiness.ts";

let acme: TestOrganization;
let globex: TestOrganization;
const drive = stubOAuthConnector();
const bucket = stubConnector().connector;

beforeAll(async () => {
  await testDatabase();
  [acme, globex] = [await testOrganization("Acme"), await testOrganization("Globex")];
});

beforeEach(async () => {
  setEnvForTests({ GOOGLE_CLIENT_ID: undefined, GOOGLE_CLIENT_SECRET: undefined });
  await prisma().oAuthApp.deleteMany({});
});

const ready = async ({ organizationId }: TestOrganization) => (await readinessIn(organizationId))(drive);

test("a provider without OAuth needs nothing", async () => {
  expect((await readinessIn(acme.organizationId))(bucket)).toBe(true);
});

test("an organization's own app is its own alone, and counts when it is whole and switched on", async () => {
  const key = { organizationId: acme.organizationId, provider: drive.id };
  // Its secret is not opened: a lost sealing key does not take the provider off the list.
  await prisma().oAuthApp.create({ data: { ...key, clientId: "own", clientSecret: "v1.gone.n.c.t" } });
  expect([await ready(acme), await ready(globex)]).toEqual([true, false]);
  for (const lack of [{ enabled: false }, { clientSecret: "" }, { clientId: "" }]) {
    await prisma().oAuthApp.updateMany({ data: { clientId: "own", clientSecret: "x", enabled: true, ...lack } });
    expect(await ready(acme)).toBe(false);
  }
});

test("the operator's app is everybody's, once both of its variables are set", async () => {
  setEnvForTests({ GOOGLE_CLIENT_ID: "operators" });
  expect(await ready(acme)).toBe(false);
  setEnvForTests({ GOOGLE_CLIENT_SECRET: "secret" });
  expect([await ready(acme), await ready(globex)]).toEqual([true, true]);
});
