import { record } from "#lib/audit/record.ts";
import type { DocumentMetadata } from "#lib/contract/document-metadata.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { DocumentStatus } from "#lib/contract/views.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { fromPrisma, type Queryable } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { namedTags, tagsFor, type NamedTags } from "./container.ts";
import { placed } from "./slot.ts";
import { sameSource, sourceOf, type Source } from "./source.ts";
import {
  changeDocuments,
  documentsIn,
  insertDocuments,
  lockSlots,
  slotText,
  type Change,
  type Description,
  type Held,
  type NewDocument,
} from "./store.ts";

/**
 * Adding documents through the API. The same customId with the same tags, or with none named, is the same document: what
 * is named replaces what it had, and content that it has already is no work at all.
 */

export interface DocumentFields extends NamedTags {
  readonly customId?: string | null | undefined;
  readonly metadata?: DocumentMetadata | null | undefined;
  readonly filepath?: string | null | undefined;
  readonly taskType?: "memory" | "superrag" | null | undefined;
  /** when it was written: a date or a moment, ISO 8601 */
  readonly documentDate?: string | null | undefined;
}

export interface AddDocumentInput extends DocumentFields {
  /** a text, or the address of a page or file */
  readonly content: string;
}

export interface AddFileInput extends DocumentFields {
  /** stored already (lib/files/store.ts) */
  readonly fileId: string;
  /** as the file was called, for the title and its type */
  readonly name: string;
  readonly mime: string | null;
  readonly remember?: Remember<Added> | undefined;
}

export interface Added {
  readonly id: string;
  /** `queued`, or what it is already when there is nothing to do */
  readonly status: DocumentStatus;
}

/** Runs in the transaction of the effect. */
export type Remember<Result> = (tx: Prisma.TransactionClient, result: Result) => Promise<void>;

/** @throws AppError invalid_request, forbidden */
export async function addDocument(
  principal: Principal,
  input: AddDocumentInput,
  remember?: Remember<Added>,
): Promise<Added> {
  requireWriter(principal);
  const wanted = wantedOf(principal, input, sourceOf(input.content));
  return addOne(principal, wanted, remember);
}

/** A file that was uploaded; its text is had later, like that of an address. @throws AppError forbidden */
export async function addFile(principal: Principal, input: AddFileInput): Promise<Added> {
  requireWriter(principal);
  // Refused before anything is locked.
  tagsFor(principal, namedTags(input));
  await prepareQueue();
  return inTransaction(async (tx) => {
    const source = await fileSource(fromPrisma(tx), principal, input);
    const added = await addIn(tx, principal, wantedOf(principal, input, source));
    await input.remember?.(tx, added);
    return added;
  });
}

/** The stored bytes say whether it is the same file. The row is locked, so that it is not tidied away meanwhile. */
async function fileSource(client: Queryable, principal: Principal, input: AddFileInput): Promise<Source> {
  const { rows } = await client.query(
    `select encode(sha256, 'hex') as hash, bytes::text as bytes from files
      where organization_id = $1 and id = $2 and sha256 is not null for share`,
    [principal.organizationId, input.fileId],
  );
  const [file] = rows as unknown as { hash: string; bytes: string }[];
  if (!file) throw new AppError("invalid_request", "The file is not there any more.", { details: "Upload it again." });
  return {
    kind: "file",
    mark: `file:${file.hash}`,
    title: input.name,
    fileId: input.fileId,
    mime: input.mime,
    bytes: Number(file.bytes),
  };
}

export interface Wanted extends Description {
  readonly customId: string | undefined;
  /** undefined = none were named */
  readonly tags: readonly string[] | undefined;
  readonly source: Source;
}

/** @throws AppError forbidden for a tag outside of the caller's container */
export function wantedOf(principal: Principal, fields: DocumentFields, source: Source): Wanted {
  const named = namedTags(fields);
  return {
    ...descriptionOf(fields),
    customId: fields.customId ?? undefined,
    tags: named === undefined ? undefined : tagsFor(principal, named),
    source,
  };
}

/** The protocol lets null stand for what is not named. */
export function descriptionOf(fields: DocumentFields): Description {
  return {
    metadata: fields.metadata ?? undefined,
    filepath: fields.filepath ?? undefined,
    taskType: fields.taskType ?? undefined,
    documentDate: fields.documentDate ?? undefined,
  };
}

async function addOne(principal: Principal, wanted: Wanted, remember: Remember<Added> | undefined): Promise<Added> {
  await prepareQueue();
  return inTransaction(async (tx) => {
    const added = await addIn(tx, principal, wanted);
    await remember?.(tx, added);
    return added;
  });
}

async function addIn(tx: Prisma.TransactionClient, principal: Principal, wanted: Wanted): Promise<Added> {
  const [result] = await storeAll(fromPrisma(tx), principal, [wanted]);
  if (!result) throw new Error("an added document has no result");
  if (result instanceof AppError) throw result;
  const { added, outcome, tags } = result;
  if (outcome !== "same")
    await record(tx, principal, outcome === "new" ? "document.add" : "document.update", `document:${added.id}`, {
      kind: wanted.source.kind,
      containerTags: [...tags],
      ...(wanted.customId === undefined ? {} : { customId: wanted.customId }),
    });
  return added;
}

export interface Stored {
  readonly added: Added;
  readonly outcome: "new" | "changed" | "same";
  /** those it has now */
  readonly tags: readonly string[];
}

/**
 * Stores what is wanted in a few statements; of several for one customId in one container the last one counts. An error
 * stands in the place of one whose container has to be named.
 */
export async function storeAll(
  client: Queryable,
  principal: Principal,
  wanted: readonly Wanted[],
): Promise<readonly (Stored | AppError)[]> {
  const { organizationId } = principal;
  const names = wanted.flatMap(({ customId }) => (customId === undefined ? [] : [{ customId, tags: [] }]));
  await lockSlots(client, organizationId, names);
  const all = await placed(client, principal, wanted);
  const slots = all.flatMap((one) =>
    one instanceof AppError || one.customId === undefined ? [] : [{ customId: one.customId, tags: one.tags }],
  );
  const held = await documentsIn(client, organizationId, slots);
  const last = new Map<string, Exclude<(typeof all)[number], AppError>>();
  const keyed = all.map((one, i) => {
    if (one instanceof AppError) return one;
    const key = one.customId === undefined ? `#${i}` : slotText({ customId: one.customId, tags: one.tags });
    last.set(key, one);
    return key;
  });
  const inserts: NewDocument[] = [];
  const changes: Change[] = [];
  const results = new Map<string, Stored>();
  for (const [key, one] of last) {
    const now = held.get(key);
    if (!now) {
      const id = newId();
      inserts.push({ ...one, id });
      results.set(key, { added: { id, status: "queued" }, outcome: "new", tags: one.tags });
      continue;
    }
    const { customId: _customId, tags: _tags, source, ...described } = one;
    const stays = hasAlready(now, source);
    const named = Object.values(described).some((value) => value !== undefined);
    if (!stays || named) changes.push({ id: now.id, ...described, ...(stays ? {} : { source }) });
    results.set(key, {
      added: { id: now.id, status: stays ? now.status : "queued" },
      outcome: stays && !named ? "same" : "changed",
      tags: now.tags,
    });
  }
  await insertDocuments(client, organizationId, inserts);
  await changeDocuments(client, organizationId, changes);
  return keyed.flatMap((key): readonly (Stored | AppError)[] => {
    if (key instanceof AppError) return [key];
    const result = results.get(key);
    return result ? [result] : [];
  });
}

/**
 * Whether there is nothing to do for this source. What failed is tried again, and a page is fetched again once it has
 * been: it may have changed since.
 */
export function hasAlready({ mark, status }: Pick<Held, "mark" | "status">, source: Source): boolean {
  if (status === "failed" || !sameSource(mark, source)) return false;
  return source.kind !== "page" || status === "queued" || status === "extracting";
}
