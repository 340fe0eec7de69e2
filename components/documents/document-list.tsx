import { FileText, Search } from "lucide-react";
import Link from "next/link";
import type { DocumentListItem, DocumentStatus, KeysetPage } from "#lib/contract/views.ts";
import { bytes, inert } from "#lib/client/format.ts";
import { query } from "#lib/client/params.ts";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import { controlClass } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";
import { Tags } from "#components/ui/tags.tsx";
import { RelativeTime } from "#components/ui/time.tsx";

interface DocumentListProps {
  readonly page: KeysetPage<DocumentListItem>;
  /** where the list lives; search and page are its parameters */
  readonly path: string;
  readonly search: string | undefined;
  readonly after: string | undefined;
}

/** Documents, newest first, a page at a time; search and page live in the address. */
export function DocumentList({ page, path, search, after }: DocumentListProps) {
  return (
    <>
      <form action={path} role="search" className="mb-4 flex max-w-md gap-2">
        <div className="relative min-w-0 flex-1">
          <Search aria-hidden className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4 text-muted" />
          <input
            key={search}
            type="search"
            name="q"
            aria-label="Search documents by title or path"
            placeholder="Title or path…"
            defaultValue={search}
            className={cx(controlClass, "ps-9")}
          />
        </div>
        <Button type="submit">Search</Button>
      </form>
      {page.items.length ? (
        <ul className="overflow-hidden rounded-card border border-line bg-surface">
          {page.items.map((document) => (
            <DocumentRow key={document.id} document={document} />
          ))}
        </ul>
      ) : (
        <p className="rounded-card border border-dashed border-line px-4 py-10 text-center text-muted" role="status">
          {search ? (
            <>
              No title or path contains “{inert(search)}”.{" "}
              <Link href={path} className="text-accent-ink underline underline-offset-2">
                Show all
              </Link>
            </>
          ) : (
            "No more documents."
          )}
        </p>
      )}
      {page.next || after ? (
        <nav aria-label="Pages" className="mt-4 flex flex-wrap justify-between gap-2">
          {after ? <ButtonLink href={`${path}${query({ q: search })}`}>Back to the newest</ButtonLink> : <span />}
          {page.next ? <ButtonLink href={`${path}${query({ q: search, after: page.next })}`}>Older</ButtonLink> : null}
        </nav>
      ) : null}
    </>
  );
}

const stateWords: Partial<Record<DocumentStatus, string>> = {
  queued: "Queued",
  extracting: "Reading",
  chunking: "Preparing",
  embedding: "Preparing",
  indexing: "Preparing",
  failed: "Failed",
  unknown: "Unknown",
};

function DocumentRow({ document }: { readonly document: DocumentListItem }) {
  const title = inert(document.title ?? "") || inert(document.filepath ?? document.url ?? "") || "Untitled";
  const where = inert(document.filepath ?? document.url ?? document.customId ?? "");
  const state = stateWords[document.status];
  return (
    <li className="relative flex flex-wrap items-center gap-x-4 gap-y-1.5 border-b border-line px-4 py-3 last:border-0 hover:bg-hover/60 sm:flex-nowrap">
      <FileText aria-hidden className="hidden size-5 shrink-0 text-muted sm:block" strokeWidth={1.6} />
      <div className="min-w-0 flex-1 basis-64">
        <Link
          href={`/documents/${document.id}`}
          prefetch={false}
          dir="auto"
          className="block truncate font-medium after:absolute after:inset-0"
        >
          {title}
        </Link>
        {where && where !== title ? (
          <p className="truncate text-sm text-muted" dir="auto">
            {where}
          </p>
        ) : null}
      </div>
      {state ? <span className="text-sm text-warn">{state}</span> : null}
      {document.containerTags.length ? (
        <div className="max-w-full sm:max-w-56">
          <Tags tags={document.containerTags} max={2} />
        </div>
      ) : null}
      <p className="shrink-0 text-sm text-muted tabular-nums sm:w-32 sm:text-end">
        {document.bytes === null ? null : (
          <>
            {bytes(document.bytes)}
            <span className="sm:hidden"> · </span>
            <br className="hidden sm:block" />
          </>
        )}
        <RelativeTime at={document.updatedAt} />
      </p>
    </li>
  );
}
