import { Plus } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { ConnectionList } from "#components/connections/connection-list.tsx";
import { FirstRun } from "#components/overview/first-run.tsx";
import { Figures } from "#components/overview/figures.tsx";
import { WorkerNotice } from "#components/overview/worker-notice.tsx";
import { LiveRuns } from "#components/runs/live-runs.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { Section } from "#components/ui/card.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { listConnections, listProviders } from "#lib/connections/service.ts";
import { countDocuments } from "#lib/documents/service.ts";
import { countKeys } from "#lib/keys/service.ts";
import { workerState } from "#lib/runs/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { connectionActions } from "./connections/action-sets.ts";
import { runRows } from "./runs/run-rows.ts";

export const metadata: Metadata = { title: "Overview" };

const trouble = new Set(["needs_reconnect", "needs_selection", "failing", "attention"]);

export default async function OverviewPage() {
  const principal = await requirePrincipal();
  const [connections, documents, workers] = await Promise.all([
    listConnections(principal),
    countDocuments(principal, {}),
    workerState(),
  ]);
  const notice = <WorkerNotice workers={workers} />;
  if (connections.length === 0) {
    const [providers, keys] = await Promise.all([listProviders(principal), countKeys(principal)]);
    return (
      <>
        {notice}
        <FirstRun providers={providers} hasKey={keys.kept > 0} documents={documents} />
      </>
    );
  }
  const runs = await runRows(principal, { limit: 6 });
  const troubled = connections.filter((connection) => trouble.has(connection.status));
  const calm = connections.filter((connection) => !trouble.has(connection.status));
  return (
    <>
      {notice}
      <PageHeader
        title="Overview"
        actions={
          <ButtonLink href="/connections/new" tone="primary" icon={<Plus aria-hidden className="size-4" />}>
            New connection
          </ButtonLink>
        }
      />
      <div className="space-y-10">
        <Figures connections={connections} documents={documents} />
        {troubled.length ? (
          <Section id="attention" title="Needs you" note="These do not get fresh by themselves.">
            <ConnectionList initial={connections} sync={connectionActions.sync} only={troubled.map(({ id }) => id)} />
          </Section>
        ) : null}
        {calm.length ? (
          <Section
            id="connections"
            title={troubled.length ? "In order" : "Connections"}
            action={<More href="/connections">All connections</More>}
          >
            <ConnectionList
              initial={connections}
              sync={connectionActions.sync}
              only={calm.slice(0, 6).map(({ id }) => id)}
            />
          </Section>
        ) : null}
        {runs.items.length ? (
          <Section id="runs" title="Recent runs" action={<More href="/runs">All runs</More>}>
            <LiveRuns initial={runs} live />
          </Section>
        ) : null}
      </div>
    </>
  );
}

function More({ href, children }: { readonly href: string; readonly children: string }) {
  return (
    <Link href={href} className="py-1 text-sm font-medium text-accent-ink hover:underline">
      {children}
    </Link>
  );
}
