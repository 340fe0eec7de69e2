import type { Prisma } from "./generated/client.ts";

/**
 * The database's time, plus so many seconds. Whatever later decides (due, expired, too late) is written and compared by
 * this one clock: those of the machines around it may differ.
 */
export async function databaseTime(db: Pick<Prisma.TransactionClient, "$queryRaw">, seconds = 0): Promise<Date> {
  const [row] = await db.$queryRaw<{ at: Date }[]>`select now() + ${seconds}::float8 * interval '1 second' as at`;
  if (!row) throw new Error("the database did not say what time it is");
  return row.at;
}
