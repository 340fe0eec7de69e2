import { connectionNames } from "#lib/connections/names.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { DocumentsAsked } from "#lib/contract/console-operations.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { DocumentListItem, DocumentRow, DocumentRowPage } from "#lib/contract/views.ts";
import { browseDocuments, type DocumentFilter } from "#lib/documents/service.ts";
import { searchDocuments } from "#lib/search/search.ts";
import { snippetOf } from "#lib/search/snippet.ts";

/** Documents as the console lists them, with the names of where they come from. */

const perPage = 50;
/** What fits best; nobody reads more results than these, and better words find better ones. */
const bestMax = 50;

const statuses = { done: "done", failed: "failed", processing: "processing" } as const;

/** What the parameters of a documents page ask for; a status nobody knows asks for nothing. */
function filterOf({ provider, connection, status, tag, type }: DocumentsAsked): DocumentFilter {
  const known = Object.entries(statuses).find(([name]) => name === status)?.[1];
  return {
    ...(provider !== undefined && { provider }),
    ...(connection !== undefined && { connectionId: connection }),
    ...(known !== undefined && { status: known }),
    ...(tag !== undefined && { containerTags: [tag] }),
    ...(type !== undefined && { type }),
  };
}

export async function documentRows(principal: Principal, asked: DocumentsAsked): Promise<DocumentRowPage> {
  const filter = filterOf(asked);
  const { q, after, before } = asked;
  if (q === undefined) return listed(principal, { ...filter, after, before });
  // What is not done may not be indexed: titles and paths of the few there are will do.
  const found = asked.status === undefined || asked.status === "done" ? await searched(principal, q, filter) : [];
  if (found.length > 0) return { items: found, next: null, previous: null, best: bestMax };
  return listed(principal, { ...filter, query: q, after, before });
}

async function listed(
  principal: Principal,
  input: DocumentFilter & { readonly after?: string; readonly before?: string },
): Promise<DocumentRowPage> {
  const { items, next, previous } = await browseDocuments(principal, { ...input, limit: perPage });
  return { items: await rowsOf(principal, items), next, previous, best: null };
}

async function searched(principal: Principal, q: string, filter: DocumentFilter): Promise<readonly DocumentRow[]> {
  const { results } = await searchDocuments(principal, {
    q,
    filter,
    limit: bestMax,
    chunkThreshold: 0,
    onlyMatchingChunks: true,
  }).catch((error: unknown) => {
    // It took too long: titles are looked through instead.
    if (error instanceof AppError && error.code === "unavailable") return { results: [] };
    throw error;
  });
  if (results.length === 0) return [];
  const ids = results.map(({ document }) => document.id);
  const { items } = await browseDocuments(principal, { ids, limit: bestMax });
  const rows = new Map((await rowsOf(principal, items)).map((row) => [row.id, row]));
  return results.flatMap(({ document, chunks: [best] }) => {
    const row = rows.get(document.id);
    return row ? [{ ...row, snippet: best ? snippetOf(best.text, best.highlights) : null }] : [];
  });
}

export async function rowsOf(
  principal: Principal,
  items: readonly DocumentListItem[],
): Promise<readonly DocumentRow[]> {
  const ids = [...new Set(items.flatMap(({ connectionId }) => connectionId ?? []))];
  const names = ids.length > 0 ? await connectionNames(principal, ids) : [];
  const byId = new Map(names.map(({ id, name }) => [id, { id, name }]));
  return items.map((item) => {
    const title = item.title?.trim() || item.filepath || item.url || "Untitled";
    const where = item.filepath ?? item.url ?? item.customId;
    return {
      id: item.id,
      title,
      where: where === title ? null : where,
      type: item.type,
      status: item.status,
      failure: item.failure,
      provider: item.provider,
      connection: item.connectionId === null ? null : (byId.get(item.connectionId) ?? null),
      added: item.added,
      containerTags: item.containerTags,
      bytes: item.bytes,
      updatedAt: item.updatedAt,
      snippet: null,
    };
  });
}
