import type { Metadata } from "next";
import { LiveRuns } from "#components/runs/live-runs.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { one, query, type SearchParams } from "#lib/client/params.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { runRows } from "./run-rows.ts";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({ searchParams }: { readonly searchParams: SearchParams }) {
  const after = one((await searchParams)["after"]);
  const principal = await requirePrincipal();
  const page = await runRows(principal, { after });
  return (
    <>
      <PageHeader title="Runs" description="Every sync of every connection, newest first." />
      {page.items.length ? (
        <LiveRuns initial={page} live={after === undefined} />
      ) : (
        <EmptyState
          title={after ? "No older runs" : "No runs yet"}
          action={
            after ? (
              <ButtonLink href="/runs">Back to the newest</ButtonLink>
            ) : (
              <ButtonLink href="/connections/new" tone="primary">
                Connect a source
              </ButtonLink>
            )
          }
        >
          {after ? "This is the end of the list." : "The first one starts by itself when you connect a source."}
        </EmptyState>
      )}
      {page.next || after ? (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
          {after ? <ButtonLink href="/runs">Back to the newest</ButtonLink> : <span />}
          {page.next ? <ButtonLink href={`/runs${query({ after: page.next })}`}>Older</ButtonLink> : null}
        </nav>
      ) : null}
    </>
  );
}
