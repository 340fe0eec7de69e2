import type { Metadata } from "next";
import { DocumentList } from "#components/documents/document-list.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { counted } from "#lib/client/format.ts";
import { one, type SearchParams } from "#lib/client/params.ts";
import { browseDocuments, countDocuments } from "#lib/documents/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";

export const metadata: Metadata = { title: "Documents" };

export default async function DocumentsPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const params = await searchParams;
  const search = one(params["q"]);
  const after = one(params["after"]);
  const principal = await requirePrincipal();
  const [page, total] = await Promise.all([
    browseDocuments(principal, { query: search, after, limit: 50 }),
    countDocuments(principal, {}),
  ]);
  return (
    <>
      <PageHeader
        title="Documents"
        description={`${counted(total, ["document", "documents"])} from all connections.`}
      />
      {total === 0 ? (
        <EmptyState
          title="No documents yet"
          action={
            <ButtonLink href="/connections/new" tone="primary">
              Connect a source
            </ButtonLink>
          }
        >
          They appear here as soon as the first sync has stored them.
        </EmptyState>
      ) : (
        <DocumentList page={page} path="/documents" search={search} after={after} />
      )}
    </>
  );
}
