import type { Metadata } from "next";
import { AccountCard } from "#components/connections/account-card.tsx";
import { ConnectionFacts } from "#components/connections/connection-facts.tsx";
import { LiveRun } from "#components/connections/live-run.tsx";
import { RunList } from "#components/runs/run-list.tsx";
import { Section } from "#components/ui/card.tsx";
import { inert } from "#lib/client/format.ts";
import { grantOf } from "#lib/connections/grant-view.ts";
import { listProviders } from "#lib/connections/service.ts";
import { listRuns } from "#lib/runs/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { connectionActions } from "../../action-sets.ts";
import { findConnection } from "../../find-connection.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: inert((await findConnection((await params).id)).name) };
}

export default async function ConnectionPage({ params }: Props) {
  const connection = await findConnection((await params).id);
  const principal = await requirePrincipal();
  const [runs, provider, grant] = await Promise.all([
    listRuns(principal, { connectionId: connection.id, limit: 6 }),
    listProviders(principal).then((all) => all.find(({ id }) => id === connection.provider)),
    grantOf(principal, connection.id),
  ]);
  const labels = Object.fromEntries(provider?.fields.map(({ name, label }) => [name, label]) ?? []);
  const options = Object.fromEntries(provider?.fields.map((field) => [field.name, field.options]) ?? []);
  const earlier = runs.items.filter((run) => run.id !== connection.lastRun?.id).slice(0, 5);
  return (
    <div className="grid items-start gap-8 xl:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="min-w-0 space-y-8">
        <LiveRun />
        {earlier.length ? (
          <Section id="earlier" title="Earlier runs">
            <RunList rows={earlier.map((run) => ({ run }))} />
          </Section>
        ) : null}
      </div>
      <div className="space-y-4">
        {connection.reconnects ? <AccountCard grant={grant} actions={connectionActions} /> : null}
        <ConnectionFacts labels={labels} options={options} />
      </div>
    </div>
  );
}
