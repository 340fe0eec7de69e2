"use client";

import Link from "next/link";
import type { DocumentsAsked } from "#lib/contract/console-operations.ts";
import type { DocumentRowPage } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { counted, inert } from "#lib/client/format.ts";
import { documentPace, isProcessing } from "#lib/client/live-document.ts";
import { query } from "#lib/client/params.ts";
import { useLive } from "#lib/client/use-live.ts";
import { ButtonLink } from "#components/ui/button.tsx";
import { DocumentList } from "./document-list.tsx";

interface LiveDocumentsProps {
  readonly initial: DocumentRowPage;
  /** what the page was asked for, its own connection included */
  readonly asked: DocumentsAsked;
  /** where the list lives, and the parameters of its address without the place */
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
  readonly sources: boolean;
}

/** One page of documents, kept fresh while something on it is being processed. */
export function LiveDocuments({ initial, asked, path, filters, sources }: LiveDocumentsProps) {
  const { data: page, reconnecting } = useLive<DocumentRowPage>({
    name: `documents${query(asked)}`,
    ask: (signal) => consoleApi.call("GET /api/console/documents", { query: asked, signal }),
    initial,
    every: ({ items }) => documentPace(items.some(isProcessing)),
  });
  const to = (place: Record<string, string>) => `${path}${query({ ...filters, ...place })}`;
  const filtered = Object.values(filters).some((value) => value !== undefined);
  return (
    <>
      {reconnecting ? (
        <p role="status" className="mb-2 text-sm text-warn">
          Reconnecting…
        </p>
      ) : null}
      {page.items.length ? (
        <>
          {page.best === null ? null : (
            <p role="status" className="mb-2 text-sm text-muted">
              {page.items.length < page.best
                ? `${counted(page.items.length, ["document", "documents"])}, best first.`
                : `The ${page.best} that fit best.`}
            </p>
          )}
          <DocumentList rows={page.items} sources={sources} />
        </>
      ) : (
        <p className="rounded-card border border-dashed border-line px-4 py-10 text-center text-muted" role="status">
          {filters["q"]
            ? `Nothing found for “${inert(filters["q"])}”`
            : filtered
              ? "No document fits"
              : "No more documents"}
          {filtered && filters["q"] && Object.values(filters).filter(Boolean).length > 1 ? " with these filters" : ""}.{" "}
          <Link href={path} className="text-accent-ink underline underline-offset-2">
            Show all
          </Link>
        </p>
      )}
      {page.next || page.previous ? (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
          {page.previous ? <ButtonLink href={to({ before: page.previous })}>Newer</ButtonLink> : <span />}
          {page.next ? <ButtonLink href={to({ after: page.next })}>Older</ButtonLink> : null}
        </nav>
      ) : null}
    </>
  );
}
