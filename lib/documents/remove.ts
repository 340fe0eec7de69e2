import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { fromPrisma } from "#lib/db/tx.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import type { Remember } from "./add.ts";
import { documentIdOf, documentNotFound, findDocuments, severalHaveIt } from "./reference.ts";
import { tombstone } from "./tombstone.ts";
import { conditionsOf, scopeOf } from "./where.ts";

/** Documents deleted in one transaction, and in one request. */
const batchSize = 1_000;
const mostAtOnce = 50_000;

/** By id or customId. @throws AppError not_found, invalid_request */
export async function removeDocument(
  principal: Principal,
  reference: string,
  remember?: Remember<null>,
  containerTag?: string,
): Promise<void> {
  requireWriter(principal);
  const id = await documentIdOf(principal, reference, containerTag);
  await inTransaction(async (tx) => {
    const gone = await tombstone(fromPrisma(tx), scopeOf(principal), [id]);
    // Somebody else deleted it in between.
    if (gone.length === 0) throw documentNotFound();
    await record(tx, principal, "document.delete", `document:${id}`);
    await remember?.(tx, null);
  });
}

export interface RemoveDocumentsInput {
  /** ids or customIds */
  readonly ids?: readonly string[] | undefined;
  /** all documents that have all of these */
  readonly containerTags?: readonly string[] | undefined;
  /** all documents there, or below it when it ends with a slash */
  readonly filepath?: string | undefined;
}

export interface RemovedDocuments {
  readonly success: boolean;
  readonly deletedCount: number;
  readonly errors?: readonly { readonly id: string; readonly error: string }[];
  readonly containerTags?: readonly string[];
}

/** Exactly one of the three ways must be named. @throws AppError invalid_request */
export async function removeDocuments(
  principal: Principal,
  input: RemoveDocumentsInput,
  remember?: Remember<RemovedDocuments>,
): Promise<RemovedDocuments> {
  requireWriter(principal);
  const named = Object.values(input).filter((value) => value !== undefined);
  if (named.length !== 1)
    throw new AppError("invalid_request", "The request is not valid.", {
      fields: [{ path: "body", message: "must name ids, containerTags or filepath: exactly one of them" }],
    });
  return input.ids === undefined
    ? removeMatching(principal, input, remember)
    : removeNamed(principal, input.ids, remember);
}

async function removeNamed(
  principal: Principal,
  references: readonly string[],
  remember: Remember<RemovedDocuments> | undefined,
): Promise<RemovedDocuments> {
  const meant = await findDocuments(principal, references);
  const ids = [...new Set(meant.flatMap((one) => (one.kind === "one" ? [one.id] : [])))];
  return inTransaction(async (tx) => {
    const gone = new Set(await tombstone(fromPrisma(tx), scopeOf(principal), ids));
    const errors = references.flatMap((id, i) => {
      const one = meant[i];
      if (one?.kind === "several") return [{ id, error: severalHaveIt }];
      return one?.kind === "one" && gone.has(one.id) ? [] : [{ id, error: "Document not found" }];
    });
    const removed = {
      success: gone.size > 0 || errors.length === 0,
      deletedCount: gone.size,
      ...(errors.length === 0 ? {} : { errors }),
    };
    if (gone.size > 0)
      await record(tx, principal, "document.delete", `organization:${principal.organizationId}`, {
        count: gone.size,
        ids: [...gone],
      });
    await remember?.(tx, removed);
    return removed;
  });
}

/**
 * In batches, each a transaction with its own line in the audit log: however many there are, nobody waits for one long
 * lock. What is more than one request deletes is said, not left out silently.
 */
async function removeMatching(
  principal: Principal,
  { containerTags, filepath }: RemoveDocumentsInput,
  remember: Remember<RemovedDocuments> | undefined,
): Promise<RemovedDocuments> {
  const named = {
    ...(containerTags === undefined ? {} : { containerTags }),
    ...(filepath === undefined ? {} : { filepath }),
  };
  let deletedCount = 0;
  for (;;) {
    const where = await conditionsOf(scopeOf(principal), named);
    const { rows } = await pool().query<{ id: string }>(
      `select d.id from documents d where ${where} limit ${where.value(batchSize)}`,
      where.values,
    );
    const last = rows.length < batchSize;
    const removed = await inTransaction(async (tx) => {
      const gone = await tombstone(
        fromPrisma(tx),
        scopeOf(principal),
        rows.map((row) => row.id),
      );
      if (gone.length > 0)
        await record(tx, principal, "document.delete", `organization:${principal.organizationId}`, {
          count: gone.length,
          ...named,
        });
      const total = deletedCount + gone.length;
      const result: RemovedDocuments = {
        success: last,
        deletedCount: total,
        ...(last ? {} : { errors: [{ id: "", error: "There are more. Send the request again." }] }),
        ...(containerTags === undefined ? {} : { containerTags }),
      };
      const ends = last || total >= mostAtOnce;
      if (ends) await remember?.(tx, result);
      return { result, ends };
    });
    deletedCount = removed.result.deletedCount;
    if (removed.ends) return removed.result;
  }
}
