import type { Metadata } from "next";
import Link from "next/link";
import { AddDocument } from "#components/documents/add-document.tsx";
import { DocumentFilters } from "#components/documents/document-filters.tsx";
import { LiveDocuments } from "#components/documents/live-documents.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { documentsAskedBy, filtersOf } from "#lib/client/document-address.ts";
import { count, counted, inert } from "#lib/client/format.ts";
import type { SearchParams } from "#lib/client/params.ts";
import { connectionNames, providerName } from "#lib/connections/names.ts";
import { mayWrite } from "#lib/contract/principal.ts";
import { countDocuments } from "#lib/documents/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { addFromConsole } from "./actions.ts";
import { documentRows } from "./document-rows.ts";

export const metadata: Metadata = { title: "Documents" };

export default async function DocumentsPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const asked = await documentsAskedBy(searchParams);
  const principal = await requirePrincipal();
  const [page, total, processing, failed, connections] = await Promise.all([
    documentRows(principal, asked),
    countDocuments(principal, {}),
    countDocuments(principal, { status: "processing" }),
    countDocuments(principal, { status: "failed" }),
    connectionNames(principal),
  ]);
  const filters = filtersOf(asked);
  const providers = [...new Set(connections.map(({ provider }) => provider))].map((provider) => ({
    value: provider,
    label: providerName(provider),
  }));
  const writes = mayWrite(principal);
  return (
    <>
      <PageHeader
        title="Documents"
        description={
          <>
            {counted(total, ["document", "documents"])} from connections, uploads and the API
            <State many={processing} status="processing" words="being processed" />
            <State many={failed} status="failed" words="failed" />.
          </>
        }
        actions={writes && total > 0 ? <AddDocument add={addFromConsole} /> : null}
      />
      {total === 0 ? (
        <EmptyState
          title="No documents yet"
          action={
            writes ? (
              <>
                <ButtonLink href="/connections/new" tone="primary">
                  Connect a source
                </ButtonLink>
                <AddDocument add={addFromConsole} />
              </>
            ) : null
          }
        >
          They appear here as soon as the first sync has stored them, or when one is added.
        </EmptyState>
      ) : (
        <>
          <DocumentFilters
            path="/documents"
            values={filters}
            providers={providers}
            connections={connections.map(({ id, name }) => ({ value: id, label: inert(name) }))}
          />
          <LiveDocuments initial={page} asked={asked} path="/documents" filters={filters} sources />
        </>
      )}
    </>
  );
}

/** Of the total, with the way to them; nothing for none. */
function State({ many, status, words }: { readonly many: number; readonly status: string; readonly words: string }) {
  if (many === 0) return null;
  return (
    <>
      {", "}
      <Link href={`/documents?status=${status}`} className="text-accent-ink underline underline-offset-2">
        {count(many)} {words}
      </Link>
    </>
  );
}
