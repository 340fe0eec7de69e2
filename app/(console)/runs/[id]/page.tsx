import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { ItemList } from "#components/runs/item-list.tsx";
import { LiveRunPage } from "#components/runs/live-run-page.tsx";
import { RunTimes } from "#components/runs/run-panel.tsx";
import { askedBy, verdictLooks, verdicts } from "#components/runs/run-words.ts";
import { ButtonLink } from "#components/ui/button.tsx";
import { Card, Section } from "#components/ui/card.tsx";
import { LinkTabs } from "#components/ui/link-tabs.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { count, inert, utc } from "#lib/client/format.ts";
import { one, query, type SearchParams } from "#lib/client/params.ts";
import { getConnection } from "#lib/connections/service.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { RunVerdict } from "#lib/contract/views.ts";
import { getRun, listRunItems } from "#lib/runs/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { cancel, retryFailed } from "./actions.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

const find = cache(async (id: string) => {
  const principal = await requirePrincipal();
  try {
    const run = await getRun(principal, id);
    return { principal, run, connection: await getConnection(principal, run.connectionId) };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { run, connection } = await find((await params).id);
  return { title: `Run of ${utc(run.queuedAt)} · ${inert(connection.name)}` };
}

/** "same" is only counted, never listed. */
const listed = verdicts.filter((verdict) => verdict !== "same");

export default async function RunPage({ params, searchParams }: Props) {
  const { principal, run, connection } = await find((await params).id);
  const asked = await searchParams;
  const wanted = one(asked["verdict"]);
  const verdict: RunVerdict | undefined = listed.find((name) => name === wanted);
  const after = one(asked["after"]);
  const items = await listRunItems(principal, run.id, { verdict, after, limit: 50 });
  const path = `/runs/${run.id}`;
  return (
    <>
      <PageHeader
        crumbs={[
          { href: "/connections", label: "Connections" },
          { href: `/connections/${connection.id}`, label: inert(connection.name) },
          { href: `/connections/${connection.id}/runs`, label: "Runs" },
        ]}
        title="Sync run"
        description={`${inert(connection.name)} · started ${run.trigger === "cron" ? "by the schedule" : askedBy(run).toLowerCase()}`}
      />
      <div className="space-y-8">
        <LiveRunPage initial={run} noun={connection.noun} cancel={cancel} retryFailed={retryFailed} />
        <Card className="p-4 sm:p-5">
          <RunTimes run={run} />
          {run.attempts > 1 ? (
            <p className="mt-3 text-sm text-muted">
              Taken up {count(run.attempts)} times: after a worker stopped or made room, the next one went on from the
              last checkpoint.
            </p>
          ) : null}
        </Card>
        <Section id="items" title="Items" note="What this run decided. Items that had not changed are only counted.">
          <LinkTabs
            label="Verdict"
            tabs={[
              { href: path, label: "All", current: verdict === undefined },
              ...listed.map((name) => ({
                href: `${path}?verdict=${name}`,
                label: verdictLooks[name].words,
                count: count(run.counts[name]),
                current: verdict === name,
              })),
            ]}
          />
          <ItemList items={items.items} empty={nothing(verdict, verdict ? run.counts[verdict] : 0)} />
          {items.next || after ? (
            <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
              {after ? <ButtonLink href={`${path}${query({ verdict })}`}>Back to the first</ButtonLink> : <span />}
              {items.next ? (
                <ButtonLink href={`${path}${query({ verdict, after: items.next })}`}>More</ButtonLink>
              ) : null}
            </nav>
          ) : null}
        </Section>
      </div>
    </>
  );
}

/** Skips and failures that only repeat earlier ones are counted; an older run does not know any more which they were. */
function nothing(verdict: RunVerdict | undefined, counted: number): string {
  if (!verdict) return "Nothing was new, changed, removed, skipped or failed.";
  if (counted === 0) return `No ${verdict} items.`;
  return `${count(counted)} ${verdict} as in earlier runs. What still is stands under the connection's issues.`;
}
