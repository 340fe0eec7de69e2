import type { Metadata } from "next";
import { DocumentFilters } from "#components/documents/document-filters.tsx";
import { LiveDocuments } from "#components/documents/live-documents.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { documentsAskedBy, filtersOf } from "#lib/client/document-address.ts";
import { inert } from "#lib/client/format.ts";
import type { SearchParams } from "#lib/client/params.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { documentRows } from "../../../../documents/document-rows.ts";
import { findConnection } from "../../../find-connection.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Documents · ${inert((await findConnection((await params).id)).name)}` };
}

export default async function ConnectionDocumentsPage({ params, searchParams }: Props) {
  const given = await documentsAskedBy(searchParams);
  const connection = await findConnection((await params).id);
  const path = `/connections/${connection.id}/documents`;
  const filters = { ...filtersOf(given), provider: undefined, connection: undefined };
  const asked = { ...given, provider: undefined, connection: connection.id };
  const page = await documentRows(await requirePrincipal(), asked);
  const everything = Object.values({ ...filters, after: given.after, before: given.before }).every((value) => !value);
  if (page.items.length === 0 && everything) {
    return (
      <EmptyState title="No documents yet">
        {connection.issueCount > 0
          ? "Everything that was found so far could not be stored. The Issues tab says why."
          : "They appear here as soon as a sync has stored them."}
      </EmptyState>
    );
  }
  return (
    <>
      <DocumentFilters path={path} values={filters} />
      <LiveDocuments initial={page} asked={asked} path={path} filters={filters} sources={false} />
    </>
  );
}
