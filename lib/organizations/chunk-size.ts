import { record } from "#lib/audit/record.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { fromPrisma } from "#lib/db/tx.ts";
import { reindexOrganization } from "#lib/search/queue-indexing.ts";

/** How large the chunks of an organization's documents are. */

/** Tokens a chunk should have; null = the default. */
export async function readChunkSize(organizationId: string): Promise<number | null> {
  const row = await prisma().organization.findUnique({ where: { id: organizationId }, select: { chunkSize: true } });
  return row?.chunkSize ?? null;
}

/**
 * Another size means other chunks: every document is cut and indexed again by the workers, and is found by its old
 * chunks until then. In a transaction that holds the organization's lock.
 */
export async function changeChunkSize(
  tx: Prisma.TransactionClient,
  principal: Principal,
  chunkSize: number | null,
): Promise<void> {
  const { organizationId } = principal;
  const { count } = await tx.organization.updateMany({
    where: {
      id: organizationId,
      ...(chunkSize === null
        ? { chunkSize: { not: null } }
        : { OR: [{ chunkSize: null }, { chunkSize: { not: chunkSize } }] }),
    },
    data: { chunkSize },
  });
  if (count === 0) return;
  await reindexOrganization(fromPrisma(tx), organizationId);
  await record(tx, principal, "settings.update", `organization:${organizationId}`, { chunkSize });
}
