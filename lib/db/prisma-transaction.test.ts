import { beforeAll, expect, test } from "vitest";
import { testDatabase } from "../testing/database.ts";
import { testOrganization } from "../testing/organization.ts";
import { prisma } from "./client.ts";
import { inTransaction } from "./prisma-transaction.ts";

beforeAll(async () => {
  await testDatabase();
});

test("D04 two transactions that lock each other out both come through, raw statements or not", async () => {
  const ids = [(await testOrganization()).organizationId, (await testOrganization()).organizationId];
  let tries = 0;
  for (const raw of [true, false]) {
    let [arrived, release] = [0, () => {}];
    const both = new Promise<void>((resolve) => (release = resolve));
    const rename = ([first = "", second = ""]: readonly string[], name: string) =>
      inTransaction(async (tx) => {
        tries++;
        for (const id of [first, second]) {
          if (raw) await tx.$executeRaw`update organizations set name = name || ${name} where id = ${id}`;
          else await tx.organization.update({ where: { id }, data: { name: { set: name } } });
          // Each holds one row before either asks for the other.
          if (++arrived === 2) release();
          await both;
        }
        return name;
      });
    expect(await Promise.all([rename(ids, "a"), rename(ids.toReversed(), "b")])).toEqual(["a", "b"]);
  }
  expect(tries).toBeGreaterThanOrEqual(6);
});

test("a fault of the work itself is not tried again, and nothing of it stays", async () => {
  const { organizationId: id } = await testOrganization("Before");
  let tries = 0;
  const failing = inTransaction(async (tx) => {
    tries++;
    await tx.organization.update({ where: { id }, data: { name: "After" } });
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect([tries, (await prisma().organization.findUnique({ where: { id } }))?.name]).toEqual([1, "Before"]);
});
