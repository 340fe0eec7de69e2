import { AppError } from "#lib/contract/errors.ts";
import { idPattern } from "#lib/contract/ids.ts";
import { decodeKeyset, encodeKeyset } from "#lib/contract/keyset.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { DocumentListItem, DocumentView, KeysetPage } from "#lib/contract/views.ts";
import { inTurn } from "#lib/db/turns.ts";
import * as count from "./count.ts";
import { decodeListCursor, encodeListCursor } from "./cursor.ts";
import { narrowed } from "./narrow.ts";
import * as repo from "./repo.ts";
import type { Order } from "./repo.ts";
import { conditionsOf, removalsOf, scopeOf, whereOf, type DocumentFilter } from "./where.ts";

/** Reading documents. Tombstones and documents of connections being deleted with them are never seen. */

export type { DocumentFilter } from "./where.ts";

export interface BrowseDocumentsInput extends DocumentFilter, Partial<Order> {
  /** `next` of the page before */
  readonly after?: string;
  /** `previous` of the page after; `after` wins */
  readonly before?: string;
  /** 1 to 200; the default is 50 */
  readonly limit?: number;
}

export interface ListDocumentsInput extends DocumentFilter, Order {
  /** from 1 */
  readonly page: number;
  /** `nextCursor` of the page before; it wins over `page` */
  readonly cursor?: string;
  /** 1 to 1,100 */
  readonly limit: number;
}

export interface DocumentPage {
  readonly items: readonly DocumentListItem[];
  readonly page: number;
  readonly limit: number;
  readonly totalItems: number;
  readonly totalPages: number;
  /** opaque; null = that was the last page */
  readonly nextCursor: string | null;
}

export interface BrowsedPage extends KeysetPage<DocumentListItem> {
  /** opaque; null = this is the first page */
  readonly previous: string | null;
}

/** For the console: by keyset, so that page 1,000 is as quick as page 1 and rows never repeat while a sync runs. */
export async function browseDocuments(principal: Principal, input: BrowseDocumentsInput): Promise<BrowsedPage> {
  return inTurn(principal.organizationId, () => browse(principal, input));
}

async function browse(principal: Principal, input: BrowseDocumentsInput): Promise<BrowsedPage> {
  const limit = Math.min(Math.max(Math.trunc(input.limit ?? 50), 1), 200);
  const order: Order = { sort: input.sort ?? "createdAt", order: input.order ?? "desc" };
  const after = input.after === undefined ? undefined : decodeKeyset(input.after);
  const before = after || input.before === undefined ? undefined : decodeKeyset(input.before);
  const scope = scopeOf(principal);
  const where = await conditionsOf(scope, await narrowed(scope, input));
  const place = after ?? before;
  const rows = await repo.pageAfter(where, before ? turned(order) : order, limit + 1, place);
  const more = rows.length > limit;
  const items = before ? rows.slice(0, limit).toReversed() : rows.slice(0, limit);
  const [first, last] = [items.at(0), items.at(-1)];
  return {
    items,
    next: (before ? items.length > 0 : more) && last ? keysetOf(last, order) : null,
    previous: (before ? more : after !== undefined) && first ? keysetOf(first, order) : null,
  };
}

const turned = ({ sort, order }: Order): Order => ({ sort, order: order === "desc" ? "asc" : "desc" });

/** How many documents match; exact. */
export async function countDocuments(principal: Principal, filter: DocumentFilter): Promise<number> {
  return count.countDocuments(scopeOf(principal), filter);
}

/**
 * For the API: by page number, or on from a cursor, which is as quick at the millionth document as at the first. What a
 * cursor says of the whole was counted when the listing began. A page past the end is empty.
 * @throws AppError invalid_request for a cursor that is not ours
 */
export async function listDocuments(principal: Principal, input: ListDocumentsInput): Promise<DocumentPage> {
  return inTurn(principal.organizationId, () => list(principal, input));
}

async function list(principal: Principal, input: ListDocumentsInput): Promise<DocumentPage> {
  const { limit, sort } = input;
  const order: Order = { sort, order: input.order };
  const scope = scopeOf(principal);
  const after = input.cursor === undefined ? undefined : decodeListCursor(input.cursor, order);
  const removals = await removalsOf(scope.organizationId);
  const where = whereOf(scope, await narrowed(scope, input), removals);
  const page = after ? after.page + 1 : input.page;
  const start = (page - 1) * limit;
  // Counted first: a page past the end then costs nothing more, and one near it is reached from there.
  const totalItems = after ? after.totalItems : await count.countDocuments(scope, input, removals);
  const rows = after
    ? await repo.pageAfter(where, order, limit + 1, after)
    : await repo.pageAt(where, order, { start, end: start + limit + 1, total: totalItems });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    page,
    limit,
    totalItems,
    totalPages: Math.ceil(totalItems / limit),
    nextCursor:
      rows.length > limit && last
        ? encodeListCursor({ at: keysetTime(last, order), id: last.id, page, totalItems }, order)
        : null,
  };
}

/** Texts held at once; a longer one comes alone. */
const contentBatchBytes = 4_000_000;

/** The documents of a page with their texts, in batches: a page of long documents may be gigabytes. */
export async function* withContents(
  principal: Principal,
  items: readonly DocumentListItem[],
): AsyncGenerator<readonly (DocumentListItem & { content: string | null })[], void, void> {
  const { organizationId } = principal;
  const sizes = await repo.contentSizes(
    organizationId,
    items.map((item) => item.id),
  );
  let batch: DocumentListItem[] = [];
  let bytes = 0;
  const read = async () => {
    const texts = await repo.contentsOf(
      organizationId,
      batch.map((item) => item.id),
    );
    return batch.map((item) => ({ ...item, content: texts.get(item.id) ?? null }));
  };
  for (const item of items) {
    const size = sizes.get(item.id) ?? 0;
    if (batch.length > 0 && bytes + size > contentBatchBytes) {
      yield await read();
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) yield await read();
}

/** @throws AppError not_found */
export async function getDocument(principal: Principal, documentId: string): Promise<DocumentView> {
  const document = idPattern.test(documentId) ? await repo.findDocument(scopeOf(principal), documentId) : undefined;
  if (!document) throw new AppError("not_found", "Document not found");
  return document;
}

/** All documents of a provider with all of the tags, newest first, in batches: there may be a million. */
export async function* providerDocuments(
  principal: Principal,
  provider: string,
  containerTags: readonly string[],
): AsyncGenerator<readonly DocumentListItem[], void, void> {
  const order: Order = { sort: "createdAt", order: "desc" };
  const scope = scopeOf(principal);
  const batch = 1_000;
  let after: repo.Place | undefined;
  for (;;) {
    const where = await conditionsOf(scope, await narrowed(scope, { provider, containerTags }));
    const rows = await repo.pageAfter(where, order, batch, after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < batch) return;
    after = { at: keysetTime(last, order), id: last.id };
  }
}

function keysetOf(item: DocumentListItem, order: Order): string {
  return encodeKeyset({ at: keysetTime(item, order), id: item.id });
}

function keysetTime(item: DocumentListItem, order: Order): string {
  return order.sort === "updatedAt" ? item.updatedAt : item.createdAt;
}
