import { record } from "#lib/audit/record.ts";
import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import { containerOf, type Principal } from "#lib/contract/principal.ts";
import type { DocumentStatus } from "#lib/contract/views.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { fromPrisma, type Queryable } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { descriptionOf, hasAlready, type Added, type DocumentFields, type Remember } from "./add.ts";
import { namedTags, tagsFor } from "./container.ts";
import { documentIdOf, documentNotFound } from "./reference.ts";
import { sourceOf } from "./source.ts";
import { changeDocuments, documentsIn, lockSlots, slotText, type Change } from "./store.ts";

export interface UpdateDocumentInput extends DocumentFields {
  /** a text, or the address of a page or file */
  readonly content?: string | undefined;
}

/**
 * Changes what is named; everything else stays. By id or customId; `containerTag` says of which container's document.
 * @throws AppError not_found; invalid_request for a customId that is taken, or for what a connection decides;
 *   forbidden for a tag outside of the caller's container
 */
export async function updateDocument(
  principal: Principal,
  reference: string,
  input: UpdateDocumentInput,
  remember?: Remember<Added>,
  containerTag?: string,
): Promise<Added> {
  requireWriter(principal);
  const source = input.content === undefined ? undefined : sourceOf(input.content);
  const tags = changedTags(principal, input);
  const id = await documentIdOf(principal, reference, containerTag);
  await prepareQueue();
  return inTransaction(async (tx) => {
    const client = fromPrisma(tx);
    const change: Change = { id, ...descriptionOf(input), customId: input.customId ?? undefined, tags };
    // Names before rows, as adding does: the other order would have the two wait for each other.
    await lockNames(client, principal.organizationId, change);
    const now = await lockDocument(client, principal.organizationId, id);
    const container = containerOf(principal);
    // Deleted, or taken out of the caller's container, since it was looked for.
    if (!now || (container !== undefined && !now.tags.includes(container))) throw documentNotFound();
    if (now.connectionId !== null) requireOwn(input);
    if (now.added) await requireFreeSlot(client, principal, now, change);
    const stays = source === undefined || hasAlready(now, source);
    await changeDocuments(client, principal.organizationId, [stays ? change : { ...change, source }]);
    const updated: Added = { id, status: stays ? now.status : "queued" };
    const fields = Object.entries({ ...change, content: stays ? undefined : input.content })
      .filter(([name, value]) => name !== "id" && value !== undefined)
      .map(([name]) => name);
    if (fields.length > 0) await record(tx, principal, "document.update", `document:${id}`, { fields });
    await remember?.(tx, updated);
    return updated;
  });
}

/** A key for one container may name it, which changes nothing: its documents are in it, and where else is not its matter. */
function changedTags(principal: Principal, input: UpdateDocumentInput): readonly string[] | undefined {
  const named = namedTags(input);
  if (named === undefined) return undefined;
  const tags = tagsFor(principal, named);
  return containerOf(principal) === undefined ? tags : undefined;
}

/** The customId it will have: the new one, or the one it has where only its tags change. */
async function lockNames(client: Queryable, organizationId: string, { id, customId, tags }: Change): Promise<void> {
  if (customId === undefined && tags === undefined) return;
  const { rows } = await client.query("select custom_id from documents where organization_id = $1 and id = $2", [
    organizationId,
    id,
  ]);
  const name = customId ?? (rows as unknown as { custom_id: string | null }[])[0]?.custom_id ?? undefined;
  if (name !== undefined) await lockSlots(client, organizationId, [{ customId: name, tags: [] }]);
}

interface Locked {
  readonly id: string;
  readonly connectionId: string | null;
  readonly customId: string | null;
  readonly tags: readonly string[];
  readonly status: DocumentStatus;
  readonly mark: string | null;
  readonly added: boolean;
}

async function lockDocument(client: Queryable, organizationId: string, id: string): Promise<Locked | undefined> {
  const { rows } = await client.query(
    `select id, connection_id as "connectionId", custom_id as "customId", container_tags as tags, status::text as status,
       version as mark, added
     from documents where organization_id = $1 and id = $2 and deleted_at is null for update`,
    [organizationId, id],
  );
  return (rows as unknown as Locked[])[0];
}

const bySource = "comes from its source: change it there, and the next sync brings it";
const byConnection = "is set by its connection: change it in the connection's settings";

/** What a sync would overwrite is refused rather than kept until then. @throws AppError invalid_request */
function requireOwn(input: UpdateDocumentInput): void {
  const reasons: readonly (readonly [keyof UpdateDocumentInput, string])[] = [
    ["content", bySource],
    ["customId", bySource],
    ["filepath", bySource],
    ["documentDate", bySource],
    ["metadata", byConnection],
    ["containerTag", byConnection],
    ["containerTags", byConnection],
  ];
  const fields: FieldProblem[] = reasons
    .filter(([path]) => input[path] !== undefined && input[path] !== null)
    .map(([path, message]) => ({ path, message }));
  if (fields.length > 0) throw new AppError("invalid_request", "A connection keeps this document in sync.", { fields });
}

/** @throws AppError invalid_request if another document has the customId in these containers */
async function requireFreeSlot(client: Queryable, principal: Principal, now: Locked, change: Change): Promise<void> {
  if (change.customId === undefined && change.tags === undefined) return;
  const customId = change.customId ?? now.customId;
  if (customId === null) return;
  const slot = { customId, tags: change.tags ?? now.tags };
  const holder = (await documentsIn(client, principal.organizationId, [slot])).get(slotText(slot));
  if (holder && holder.id !== now.id)
    throw new AppError("invalid_request", "The request is not valid.", {
      fields: [{ path: "customId", message: "is taken by another document with the same tags" }],
    });
}
