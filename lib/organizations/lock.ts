import type { Prisma } from "#lib/db/generated/client.ts";

/** Until the transaction ends nobody else changes this organization's settings: what is read is still so when it is written. */
export async function lockOrganization(tx: Prisma.TransactionClient, organizationId: string): Promise<void> {
  await tx.$queryRaw`select 1 from organizations where id = ${organizationId} for no key update`;
}
