import { newId } from "#lib/contract/ids.ts";
import { pool, prisma } from "#lib/db/client.ts";

/** Documents as indexing leaves them, for tests of what comes after it. */

/** A new document with these chunks; its id. */
export async function chunked(
  organizationId: string,
  texts: readonly string[],
  fields: { readonly title?: string; readonly containerTags?: readonly string[]; readonly metadata?: object } = {},
): Promise<string> {
  const id = newId();
  await prisma().document.create({
    data: {
      id,
      organizationId,
      title: fields.title ?? null,
      containerTags: [...(fields.containerTags ?? [])],
      metadata: { ...fields.metadata },
      added: true,
    },
  });
  await rechunk(organizationId, id, texts);
  return id;
}

/** Its chunks are these now. */
export async function rechunk(organizationId: string, documentId: string, texts: readonly string[]): Promise<void> {
  await pool().query("delete from chunks where document_id = $1", [documentId]);
  await pool().query(
    `insert into chunks (document_id, position, organization_id, start, stop, heading, text, tags, vector)
     select $1, i - 1, $2, 0, length(text), '', text, '{}', ''::tsvector
       from unnest($3::text[]) with ordinality as t(text, i)`,
    [documentId, organizationId, texts],
  );
}
