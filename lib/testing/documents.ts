import { createHash } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import type { TestOrganization } from "./organization.ts";

/** Stores documents as a sync would have, one second apart, the last one newest. Returns their ids. */
export async function addDocuments(
  { organizationId }: Pick<TestOrganization, "organizationId">,
  connectionId: string,
  titles: readonly string[],
  fields: { readonly containerTags?: readonly string[]; readonly deletedAt?: Date } = {},
): Promise<readonly string[]> {
  const start = Date.now() - titles.length * 1_000;
  const rows = titles.map((title, i) => ({ id: newId(), title, at: new Date(start + i * 1_000) }));
  await prisma().document.createMany({
    data: rows.map(({ id, title, at }) => ({
      id,
      organizationId,
      connectionId,
      provider: "s3",
      key: new Uint8Array(Buffer.from(title)),
      customId: `s3://docs/${title}`,
      title,
      filepath: title,
      containerTags: [...(fields.containerTags ?? [])],
      deletedAt: fields.deletedAt ?? null,
      contentHash: new Uint8Array(createHash("sha256").update(`# ${title}`).digest()),
      createdAt: at,
      updatedAt: at,
    })),
  });
  await prisma().content.createMany({
    data: rows.map(({ id, title }) => ({ documentId: id, organizationId, text: `# ${title}` })),
  });
  if (!fields.deletedAt)
    await prisma().connection.updateMany({
      where: { id: connectionId, organizationId },
      data: { documentCount: { increment: rows.length } },
    });
  return rows.map(({ id }) => id);
}
