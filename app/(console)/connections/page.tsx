import { Plus } from "lucide-react";
import type { Metadata } from "next";
import { ConnectionList } from "#components/connections/connection-list.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { listConnections } from "#lib/connections/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { connectionActions } from "./action-sets.ts";

export const metadata: Metadata = { title: "Connections" };

export default async function ConnectionsPage() {
  const principal = await requirePrincipal();
  const connections = await listConnections(principal);
  const add = (
    <ButtonLink href="/connections/new" tone="primary" icon={<Plus aria-hidden className="size-4" />}>
      New connection
    </ButtonLink>
  );
  return (
    <>
      <PageHeader
        title="Connections"
        description="The sources that are kept in sync."
        actions={connections.length ? add : null}
      />
      {connections.length ? (
        <ConnectionList initial={connections} sync={connectionActions.sync} />
      ) : (
        <EmptyState title="Nothing is connected yet" action={add}>
          Connect a source once. Its documents are then read, tagged and kept fresh.
        </EmptyState>
      )}
    </>
  );
}
