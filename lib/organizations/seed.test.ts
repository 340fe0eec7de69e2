import { beforeAll, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { listDocuments } from "#lib/documents/service.ts";
import { authenticateKey } from "#lib/keys/authenticate.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { otherSuffix, seed, type Scenario } from "./seed.ts";

const key = "sm_seed_0123456789abcdef";

beforeAll(() => testDatabase());

async function run(scenario: Scenario, apiKey = key): Promise<void> {
  const client = await pool().connect();
  try {
    await seed(client, scenario, apiKey);
  } finally {
    client.release();
  }
}

test("two organizations have known keys, and only the first one has the documents; twice is once", async () => {
  for (let time = 0; time < 2; time++) await run("large");
  const acme = await authenticateKey(key);
  const globex = await authenticateKey(key + otherSuffix);
  expect(acme?.organizationId).not.toBe(globex?.organizationId);
  if (!acme || !globex) throw new Error("a seeded key is not accepted");
  const page = { page: 1, limit: 5, sort: "createdAt", order: "desc" } as const;
  expect((await listDocuments(acme, page)).totalItems).toBe(10_000);
  expect((await listDocuments(globex, page)).totalItems).toBe(0);
});

test("something that is no key is refused and leaves nothing", async () => {
  await expect(run("tenants", "sm_short")).rejects.toThrow("--api-key=sm_");
});
