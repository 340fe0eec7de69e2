import { Download, ExternalLink } from "lucide-react";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache } from "react";
import { DeleteDocument } from "#components/documents/delete-document.tsx";
import { DocumentFacts } from "#components/documents/document-facts.tsx";
import { DocumentMarkdown } from "#components/documents/document-markdown.tsx";
import { DocumentProgress } from "#components/documents/document-progress.tsx";
import { Card } from "#components/ui/card.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { buttonClass } from "#components/ui/button.tsx";
import { LinkTabs } from "#components/ui/link-tabs.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { inert, safeUrl } from "#lib/client/format.ts";
import { one, type SearchParams } from "#lib/client/params.ts";
import { quickPart } from "#lib/client/quick-markdown.ts";
import { getConnection } from "#lib/connections/service.ts";
import { AppError } from "#lib/contract/errors.ts";
import { mayWrite } from "#lib/contract/principal.ts";
import { getDocument } from "#lib/documents/service.ts";
import { requirePrincipal } from "#lib/server/session.ts";
import { deleteFromConsole } from "../actions.ts";
import { rowsOf } from "../document-rows.ts";

interface Props {
  readonly params: Promise<{ readonly id: string }>;
  readonly searchParams: SearchParams;
}

const find = cache(async (id: string) => {
  const principal = await requirePrincipal();
  try {
    const document = await getDocument(principal, id);
    const connection = document.connectionId
      ? await getConnection(principal, document.connectionId).catch(() => null)
      : null;
    const [row] = await rowsOf(principal, [document]);
    if (!row) notFound();
    const writes = mayWrite(principal);
    return {
      document,
      connection,
      row,
      writes,
      title: inert(document.title ?? "") || inert(document.filepath ?? "") || "Untitled",
    };
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { title, connection } = await find((await params).id);
  const short = title.length > 80 ? `${title.slice(0, 80)}…` : title;
  return { title: connection ? `${short} · ${inert(connection.name)}` : short };
}

/** Longer texts are shown in part: a browser does not enjoy ten megabytes of paragraphs, nor the server making them. */
const previewChars = 50_000;
const markdownChars = 200_000;

export default async function DocumentPage({ params, searchParams }: Props) {
  const { document, connection, row, writes, title } = await find((await params).id);
  // A text file is no Markdown: its lines would run together.
  const plain = document.mime === "text/plain";
  const raw = plain || one((await searchParams)["view"]) === "markdown";
  const content = document.content ?? "";
  const preview = raw ? "" : quickPart(content.slice(0, previewChars));
  const shown = preview || content.slice(0, markdownChars);
  const source = safeUrl(document.url);
  const path = `/documents/${document.id}`;
  return (
    <>
      <PageHeader
        crumbs={
          connection
            ? [
                { href: "/connections", label: "Connections" },
                { href: `/connections/${connection.id}`, label: inert(connection.name) },
                { href: `/connections/${connection.id}/documents`, label: "Documents" },
              ]
            : [{ href: "/documents", label: "Documents" }]
        }
        title={
          <span dir="auto" className="line-clamp-3">
            {title}
          </span>
        }
        actions={
          <>
            {source ? (
              <a href={source} target="_blank" rel="noopener noreferrer nofollow" className={buttonClass("secondary")}>
                <ExternalLink aria-hidden className="size-4" />
                Open the source<span className="sr-only"> in a new tab</span>
              </a>
            ) : null}
            {document.file ? (
              <a href={`${path}/file`} className={buttonClass("secondary")}>
                <Download aria-hidden className="size-4" />
                Download the file
              </a>
            ) : null}
            {writes ? (
              <DeleteDocument
                id={document.id}
                title={title}
                connection={connection && inert(connection.name)}
                away={connection ? `/connections/${connection.id}/documents` : "/documents"}
                remove={deleteFromConsole}
              />
            ) : null}
          </>
        }
      />
      <DocumentProgress initial={row} stored={content !== ""} />
      <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="min-w-0">
          {plain ? null : (
            <div className="relative">
              <LinkTabs
                label="View"
                tabs={[
                  { href: path, label: "Preview", current: !raw },
                  { href: `${path}?view=markdown`, label: "Markdown", current: raw },
                ]}
              />
            </div>
          )}
          <Card className="overflow-hidden">
            {content === "" ? (
              <p className="px-5 py-10 text-center text-muted">
                {document.status === "done" ? "It has no text." : "There is no text yet."}
              </p>
            ) : preview === "" ? (
              <>
                <div className="flex justify-end border-b border-line p-2">
                  <CopyButton text={content} what={plain ? "Text" : "Markdown"} label="Copy" />
                </div>
                <pre
                  tabIndex={0}
                  role="group"
                  aria-label={plain ? "Text of this document" : "Markdown of this document"}
                  className="max-h-[75vh] overflow-auto p-5 font-mono text-[0.8125rem] leading-relaxed break-words whitespace-pre-wrap focus-visible:-outline-offset-2"
                >
                  {shown}
                </pre>
              </>
            ) : (
              <article className="p-5 sm:p-7">
                <DocumentMarkdown text={shown} />
              </article>
            )}
            {content.length > shown.length ? (
              <p className="border-t border-line px-5 py-4 text-sm text-muted">
                This is the beginning. The whole text is in the API: GET /v3/documents/{document.id}
              </p>
            ) : null}
          </Card>
        </div>
        <DocumentFacts document={document} connection={connection} />
      </div>
    </>
  );
}
