import type { Metadata } from "next";
import { RunList } from "#components/runs/run-list.tsx";
import { ButtonLink } from "#components/ui/button.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { inert } from "#lib/client/format.ts";
import { one, query, type SearchParams } from "#lib/client/params.ts";
import { listRuns } from "#lib/runs/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { findConnection } from "../../../find-connection.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Runs · ${inert((await findConnection((await params).id)).name)}` };
}

export default async function ConnectionRunsPage({ params, searchParams }: Props) {
  const connection = await findConnection((await params).id);
  const after = one((await searchParams)["after"]);
  const path = `/connections/${connection.id}/runs`;
  const principal = await requirePrincipal();
  const page = await listRuns(principal, { connectionId: connection.id, after, limit: 30 });
  return (
    <>
      {page.items.length ? (
        <RunList rows={page.items.map((run) => ({ run }))} />
      ) : (
        <EmptyState title={after ? "No older runs" : "No runs yet"}>
          {after ? "This is the end of the list." : "The first one starts by itself, or with Sync now."}
        </EmptyState>
      )}
      {page.next || after ? (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
          {after ? <ButtonLink href={path}>Back to the newest</ButtonLink> : <span />}
          {page.next ? <ButtonLink href={`${path}${query({ after: page.next })}`}>Older</ButtonLink> : null}
        </nav>
      ) : null}
    </>
  );
}
