import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import { wordsFor } from "#lib/contract/invalid.ts";
import { addedDocument } from "#lib/contract/operations/documents.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { fromPrisma } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { storeAll, wantedOf, type Added, type DocumentFields, type Remember, type Stored, type Wanted } from "./add.ts";
import { namedTags, tagsFor } from "./container.ts";
import { sourceOf } from "./source.ts";

export interface AddDocumentsInput extends DocumentFields {
  /** texts, or objects as for a single document; nothing of them was checked */
  readonly documents: readonly (string | Readonly<Record<string, unknown>>)[];
}

export interface AddedDocuments {
  /** one for each document, in the same order */
  readonly results: readonly (Added | Refused)[];
  readonly success: number;
  readonly failed: number;
}

interface Refused {
  readonly id: "";
  readonly status: "error";
  readonly error: string;
  readonly details?: string;
}

/**
 * Adds many documents in one transaction. One that cannot be added is reported in its place and holds up no other.
 * @throws AppError forbidden if the fields for all of them name a container that is not the caller's
 */
export async function addDocuments(
  principal: Principal,
  input: AddDocumentsInput,
  remember?: Remember<AddedDocuments>,
): Promise<AddedDocuments> {
  requireWriter(principal);
  const { documents, ...shared } = input;
  tagsFor(principal, namedTags(shared));
  const read = documents.map((document) => readOne(principal, document, shared));
  const wanted = read.filter((one): one is Wanted => !("error" in one));
  await prepareQueue();
  return inTransaction(async (tx) => {
    const stored = await storeAll(fromPrisma(tx), principal, wanted);
    const places = stored[Symbol.iterator]();
    const results = read.map((one) => ("error" in one ? one : resultOf(next(places))));
    const done = stored.flatMap((one) => (one instanceof AppError ? [] : [one]));
    const batch = { results, success: done.length, failed: results.length - done.length };
    const count = (kind: string) => done.filter(({ outcome }) => outcome === kind).length;
    if (done.some(({ outcome }) => outcome !== "same"))
      await record(tx, principal, "document.add", `organization:${principal.organizationId}`, {
        added: count("new"),
        changed: count("changed"),
        refused: batch.failed,
      });
    await remember?.(tx, batch);
    return batch;
  });
}

function resultOf(stored: Stored | AppError): Added | Refused {
  return stored instanceof AppError ? refused(stored.message, stored.details) : stored.added;
}

function next<One>(stored: Iterator<One>): One {
  const step = stored.next();
  if (step.done) throw new Error("an added document has no result");
  return step.value;
}

function readOne(
  principal: Principal,
  document: AddDocumentsInput["documents"][number],
  shared: DocumentFields,
): Wanted | Refused {
  const parsed = addedDocument.safeParse(typeof document === "string" ? { content: document } : document, {
    error: wordsFor,
  });
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 5)
      .map(({ path, message }) => `${path.map(String).join(".").slice(0, 200) || "document"}: ${message}`);
    return refused("The document is not valid.", problems.join("; "));
  }
  const fields = parsed.data;
  const tags = namedTags(fields) ?? namedTags(shared);
  try {
    return wantedOf(
      principal,
      {
        customId: fields.customId,
        containerTags: tags,
        metadata: fields.metadata ?? shared.metadata,
        filepath: fields.filepath ?? shared.filepath,
        taskType: fields.taskType ?? shared.taskType,
        documentDate: fields.documentDate ?? shared.documentDate,
      },
      sourceOf(fields.content),
    );
  } catch (error) {
    if (error instanceof AppError) return refused(error.message, error.details);
    throw error;
  }
}

function refused(error: string, details: string | undefined): Refused {
  return { id: "", status: "error", error, ...(details === undefined ? {} : { details }) };
}
