import type { Principal } from "#lib/contract/principal.ts";
import type { DocumentListItem, DocumentStatus, DocumentView, KeysetPage } from "#lib/contract/views.ts";

/** Reading documents. Tombstones and documents of connections being deleted are never seen. */

export interface DocumentFilter {
  readonly connectionId?: string;
  readonly provider?: string;
  /** documents that have all of these; empty = no filter */
  readonly containerTags?: readonly string[];
  readonly status?: DocumentStatus;
  /** part of the title or path, any case */
  readonly query?: string;
  /** exact, or everything below it when it ends with "/" */
  readonly filepath?: string;
}

export interface BrowseDocumentsInput extends DocumentFilter {
  /** `next` of the page before */
  readonly after?: string;
  /** 1 to 200; the default is 50 */
  readonly limit?: number;
  readonly sort?: "createdAt" | "updatedAt";
  readonly order?: "asc" | "desc";
}

export interface ListDocumentsInput extends DocumentFilter {
  /** from 1 */
  readonly page: number;
  /** 1 to 1,100 */
  readonly limit: number;
  readonly sort: "createdAt" | "updatedAt";
  readonly order: "asc" | "desc";
  readonly includeContent?: boolean;
}

export interface DocumentPage {
  readonly items: readonly (DocumentListItem & { readonly content?: string | null })[];
  readonly page: number;
  readonly limit: number;
  readonly totalItems: number;
  readonly totalPages: number;
}

function todo(): never {
  throw new Error("being built");
}

/** For the console: by keyset, so that page 1,000 is as quick as page 1 and rows never repeat while a sync runs. */
export async function browseDocuments(
  _principal: Principal,
  _input: BrowseDocumentsInput,
): Promise<KeysetPage<DocumentListItem>> {
  return todo();
}
/** How many documents match; exact. */
export async function countDocuments(_principal: Principal, _filter: DocumentFilter): Promise<number> {
  return todo();
}
/** For the API: by page number. */
export async function listDocuments(_principal: Principal, _input: ListDocumentsInput): Promise<DocumentPage> {
  return todo();
}
/** @throws AppError not_found */
export async function getDocument(_principal: Principal, _documentId: string): Promise<DocumentView> {
  return todo();
}
/** All documents of a provider with all of the tags, newest first. */
export async function listProviderDocuments(
  _principal: Principal,
  _provider: string,
  _containerTags: readonly string[],
): Promise<readonly DocumentListItem[]> {
  return todo();
}
