import { beforeAll, expect, test } from "vitest";
import { pool, prisma } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import { hashKey } from "#lib/keys/hash.ts";
import { testDatabase } from "./database.ts";
import { testOrganization } from "./organization.ts";

beforeAll(async () => {
  await testDatabase({ LEASE_S: "11" });
});

test("a test file gets a migrated database and configuration of its own", async () => {
  expect(env().LEASE_S).toBe(11);
  const { apiKey, organizationId } = await testOrganization();
  const found = await prisma().apiKey.findUnique({ where: { hash: new Uint8Array(hashKey(apiKey)) } });
  expect(found?.organizationId).toBe(organizationId);
  const { rows } = await pool().query("show fsync");
  expect(rows).toEqual([{ fsync: "off" }]);
});
