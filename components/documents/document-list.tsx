import { FileText } from "lucide-react";
import Link from "next/link";
import type { DocumentRow } from "#lib/contract/views.ts";
import { bytes, inert } from "#lib/client/format.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { cx } from "#components/ui/cx.ts";
import { Tags } from "#components/ui/tags.tsx";
import { RelativeTime } from "#components/ui/time.tsx";
import { DocumentStatusBadge } from "./document-status.tsx";

interface DocumentListProps {
  readonly rows: readonly DocumentRow[];
  /** left out where all of them are of one connection */
  readonly sources: boolean;
}

/** Documents; each row leads to its document, and its source to the connection. */
export function DocumentList({ rows, sources }: DocumentListProps) {
  return (
    <ul className="overflow-hidden rounded-card border border-line bg-surface">
      {rows.map((row) => (
        <Row key={row.id} row={row} sources={sources} />
      ))}
    </ul>
  );
}

interface DocumentRowProps {
  readonly row: DocumentRow;
  readonly sources: boolean;
}

function Row({ row, sources }: DocumentRowProps) {
  const { id, title, where, status, failure, provider, snippet, containerTags } = row;
  return (
    <li className="relative flex flex-wrap items-start gap-x-4 gap-y-1.5 border-b border-line px-4 py-3 last:border-0 hover:bg-hover/60 sm:flex-nowrap">
      {provider ? (
        <ProviderIcon provider={provider} className="mt-0.5 hidden size-5 sm:block" />
      ) : (
        <FileText aria-hidden className="mt-0.5 hidden size-5 shrink-0 text-muted sm:block" strokeWidth={1.6} />
      )}
      <div className="min-w-0 flex-1 basis-64">
        <Link
          href={`/documents/${id}`}
          prefetch={false}
          dir="auto"
          className="block truncate font-medium after:absolute after:inset-0"
        >
          {inert(title)}
        </Link>
        {snippet ? (
          <p className="line-clamp-2 text-sm break-words text-muted" dir="auto">
            {snippet.map((part, i) =>
              i % 2 === 1 ? (
                <mark key={i} className="rounded-sm bg-accent-soft text-accent-ink">
                  {inert(part)}
                </mark>
              ) : (
                // spaces at the ends of a part belong to it
                <span key={i}>{inert(`|${part}|`).slice(1, -1)}</span>
              ),
            )}
          </p>
        ) : null}
        {failure ? (
          <p className={cx("line-clamp-2 text-sm break-words", status === "failed" ? "text-bad" : "text-muted")}>
            {inert(failure)}
          </p>
        ) : null}
        <Origin row={row} where={snippet ? null : where} sources={sources} />
      </div>
      <DocumentStatusBadge status={status} />
      {containerTags.length ? (
        <div className="max-w-full sm:max-w-56">
          <Tags tags={containerTags} max={2} />
        </div>
      ) : null}
      <p className="shrink-0 text-sm text-muted tabular-nums sm:w-32 sm:text-end">
        {row.bytes === null ? null : (
          <>
            {bytes(row.bytes)}
            <span className="sm:hidden"> · </span>
            <br className="hidden sm:block" />
          </>
        )}
        <RelativeTime at={row.updatedAt} />
      </p>
    </li>
  );
}

/** Where it is at its source, and which source that is, in one line as far as there is room. */
function Origin({ row, where, sources }: DocumentRowProps & { readonly where: string | null }) {
  const { connection, added } = row;
  if (!where && !sources) return null;
  return (
    <p className="flex min-w-0 flex-wrap gap-x-3 text-sm text-muted">
      {where ? (
        <span className="max-w-full truncate" dir="auto">
          {inert(where)}
        </span>
      ) : null}
      {!sources ? null : connection ? (
        <Link
          href={`/connections/${connection.id}`}
          prefetch={false}
          className="relative max-w-full truncate leading-6 underline decoration-line-strong underline-offset-2 hover:text-ink"
        >
          {inert(connection.name)}
        </Link>
      ) : (
        <span>{added ? "Added" : "Kept from a deleted connection"}</span>
      )}
    </p>
  );
}
