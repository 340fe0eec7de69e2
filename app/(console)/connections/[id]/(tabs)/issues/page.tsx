import type { Metadata } from "next";
import Link from "next/link";
import { ItemList } from "#components/runs/item-list.tsx";
import { RetryFailed } from "#components/connections/retry-failed.tsx";
import { verdictLooks } from "#components/runs/run-words.ts";
import { cx } from "#components/ui/cx.ts";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { count, inert } from "#lib/client/format.ts";
import { one, query, type SearchParams } from "#lib/client/params.ts";
import { listIssues } from "#lib/runs/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { findConnection } from "../../../find-connection.ts";
import { retryFailed } from "../actions.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Issues · ${inert((await findConnection((await params).id)).name)}` };
}

/** As many as the service gives; more would help nobody. */
const most = 200;

export default async function ConnectionIssuesPage({ params, searchParams }: Props) {
  const connection = await findConnection((await params).id);
  const wanted = one((await searchParams)["verdict"]);
  const verdict = wanted === "failed" || wanted === "skipped" ? wanted : undefined;
  const path = `/connections/${connection.id}/issues`;
  const principal = await requirePrincipal();
  const issues = await listIssues(principal, connection.id, { verdict, limit: most });
  if (issues.length === 0 && !verdict) {
    return (
      <EmptyState title="No issues">
        Nothing was skipped and nothing failed. What is would stand here with its reason and the remedy.
      </EmptyState>
    );
  }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <nav aria-label="Kind of issue" className="flex flex-wrap gap-1">
          {([undefined, "failed", "skipped"] as const).map((kind) => (
            <Link
              key={kind ?? "all"}
              href={`${path}${query({ verdict: kind })}`}
              scroll={false}
              aria-current={kind === verdict ? "page" : undefined}
              className={cx(
                "inline-flex min-h-11 items-center rounded-control px-3 text-sm font-medium sm:min-h-8",
                kind === verdict ? "bg-accent-soft text-accent-ink" : "text-muted hover:bg-hover hover:text-ink",
              )}
            >
              {kind ? verdictLooks[kind].words : "All"}
            </Link>
          ))}
        </nav>
        {issues.some((issue) => issue.verdict === "failed") ? (
          <RetryFailed id={connection.id} retry={retryFailed} />
        ) : null}
      </div>
      <ItemList
        items={issues.map((issue) => ({ ...issue, id: issue.externalId, documentId: null }))}
        empty={verdict ? `Nothing ${verdict}.` : "No issues."}
      />
      {issues.length === most ? (
        <p className="mt-3 text-sm text-muted">
          These are the newest {count(most)} of {count(connection.issueCount)}. Each run lists its own.
        </p>
      ) : null}
    </>
  );
}
