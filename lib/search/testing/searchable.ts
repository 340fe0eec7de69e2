import { createHash } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { indexOrganization } from "../index-organization.ts";
import { forgetLanguages } from "../languages.ts";

export interface Text {
  readonly title?: string;
  readonly text: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly provider?: string;
  readonly connectionId?: string;
  readonly type?: string;
  readonly filepath?: string;
  readonly customId?: string;
  readonly updatedAt?: Date;
}

/** Documents stored and indexed, as they are once a worker has seen them. Their ids, in order. */
export async function addTexts(organizationId: string, texts: readonly Text[]): Promise<readonly string[]> {
  const rows = texts.map((text) => ({ id: newId(), ...text }));
  await prisma().document.createMany({
    data: rows.map((row) => ({
      id: row.id,
      organizationId,
      added: row.connectionId === undefined,
      connectionId: row.connectionId ?? null,
      key: row.connectionId === undefined ? null : new Uint8Array(Buffer.from(row.id)),
      provider: row.provider ?? null,
      title: row.title ?? null,
      type: row.type ?? "text",
      status: "indexing",
      filepath: row.filepath ?? null,
      customId: row.customId ?? null,
      containerTags: [...(row.tags ?? [])],
      metadata: { ...row.metadata },
      contentHash: new Uint8Array(createHash("sha256").update(row.text).digest()),
      ...(row.updatedAt ? { updatedAt: row.updatedAt } : {}),
    })),
  });
  await prisma().content.createMany({
    data: rows.map((row) => ({ documentId: row.id, organizationId, text: row.text })),
  });
  await prisma().indexTask.createMany({ data: rows.map((row) => ({ documentId: row.id, organizationId })) });
  await indexTexts(organizationId);
  return rows.map(({ id }) => id);
}

/** Everything that waits is indexed. */
export async function indexTexts(organizationId: string): Promise<void> {
  await indexOrganization(organizationId, new AbortController().signal);
  forgetLanguages();
}
