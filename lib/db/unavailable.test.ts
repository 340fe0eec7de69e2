import { beforeAll, expect, test } from "vitest";
import { testDatabase } from "#lib/testing/database.ts";
import { pool, prisma } from "./client.ts";
import { isUnavailable } from "./unavailable.ts";

beforeAll(async () => {
  await testDatabase();
});

const caught = (work: Promise<unknown>) => work.then(() => undefined).catch((error: unknown) => error);

test("a connection the server cuts is the database's trouble, through Prisma and the pool alike", async () => {
  const viaPrisma = await caught(prisma().$queryRaw`select pg_terminate_backend(pg_backend_pid())`);
  const viaPool = await caught(pool().query("select pg_terminate_backend(pg_backend_pid())"));
  const inTransaction = await caught(
    prisma().$transaction(async (tx) => {
      await tx.$executeRaw`select pg_terminate_backend(pg_backend_pid())`;
      await tx.organization.findFirst();
    }),
  );
  for (const error of [viaPrisma, viaPool, inTransaction]) expect([error, isUnavailable(error)]).toEqual([error, true]);
});

test("a query that takes too long is not-now as well", async () => {
  const canceled = await caught(pool().query("set statement_timeout = 20; select pg_sleep(1)"));
  expect(isUnavailable(canceled)).toBe(true);
});

test("bugs and violated constraints are not the database's trouble", async () => {
  const data = { id: "a", slug: "a", name: "a" };
  await prisma().organization.create({ data });
  const errors = [
    await caught(prisma().organization.create({ data })),
    await caught(pool().query("select nonsense")),
    await caught(prisma().$queryRaw`select nonsense`),
    await caught(prisma().organization.create({ data: { ...data, id: "b\0", slug: "b" } })),
    new Error("something else"),
    undefined,
    "ECONNREFUSED",
  ];
  expect(errors.map(isUnavailable)).toEqual(errors.map(() => false));
});
