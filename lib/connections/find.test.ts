import { beforeAll, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { requireConnection, viewOf } from "./find.ts";

let acme: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
});

test("a sync that ends while a view is being made is seen with the documents it ended with", async () => {
  const { organizationId, principal } = acme;
  const connectionId = newId();
  const updatedAt = new Date(Date.now() - 60_000);
  await prisma().connection.create({
    data: { id: connectionId, organizationId, provider: "s3", containerTags: [], documentCount: 4, updatedAt },
  });
  const inTheMiddle = await requireConnection(principal, connectionId);
  const completedAt = new Date();
  await prisma().connection.update({
    where: { id: connectionId },
    data: { documentCount: 1, lastSyncedAt: completedAt, updatedAt: completedAt },
  });
  await prisma().syncRun.create({
    data: { id: newId(), organizationId, connectionId, trigger: "manual", status: "completed", completedAt },
  });
  expect(await viewOf(principal, inTheMiddle)).toMatchObject({ status: "synced", documentCount: 1 });
});
