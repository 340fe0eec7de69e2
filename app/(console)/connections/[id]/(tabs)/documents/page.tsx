import type { Metadata } from "next";
import { DocumentList } from "#components/documents/document-list.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { inert } from "#lib/client/format.ts";
import { one, type SearchParams } from "#lib/client/params.ts";
import { browseDocuments } from "#lib/documents/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { findConnection } from "../../../find-connection.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Documents · ${inert((await findConnection((await params).id)).name)}` };
}

export default async function ConnectionDocumentsPage({ params, searchParams }: Props) {
  const asked = await searchParams;
  const search = one(asked["q"]);
  const after = one(asked["after"]);
  const connection = await findConnection((await params).id);
  const path = `/connections/${connection.id}/documents`;
  const principal = await requirePrincipal();
  const page = await browseDocuments(principal, { connectionId: connection.id, query: search, after, limit: 50 });
  if (page.items.length === 0 && !search && !after) {
    return (
      <EmptyState title="No documents yet">
        {connection.issueCount > 0
          ? "Everything that was found so far could not be stored. The Issues tab says why."
          : "They appear here as soon as a sync has stored them."}
      </EmptyState>
    );
  }
  return <DocumentList page={page} path={path} search={search} after={after} />;
}
