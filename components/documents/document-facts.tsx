import Link from "next/link";
import type { ReactNode } from "react";
import type { ConnectionView, DocumentView } from "#lib/contract/views.ts";
import { bytes, counted, inert } from "#lib/client/format.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { Card } from "#components/ui/card.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { Tags } from "#components/ui/tags.tsx";
import { LocalTime } from "#components/ui/time.tsx";

interface DocumentFactsProps {
  readonly document: DocumentView;
  readonly connection: ConnectionView | null;
}

export function DocumentFacts({ document, connection }: DocumentFactsProps) {
  const metadata = Object.entries(document.metadata);
  return (
    <div className="space-y-4">
      <Card className="p-4 sm:p-5">
        <h2 className="mb-3 text-base font-semibold">Facts</h2>
        <dl className="space-y-2.5 text-sm">
          {connection ? (
            <Fact label="Connection">
              <ProviderIcon provider={connection.provider} className="me-1.5 inline size-4" />
              <Link href={`/connections/${connection.id}`} className="text-accent-ink underline underline-offset-2">
                {inert(connection.name)}
              </Link>
            </Fact>
          ) : (
            <Fact label="Source">
              {document.added ? (document.file ? "Uploaded" : "Added") : "Kept from a deleted connection"}
            </Fact>
          )}
          {document.customId && document.added ? (
            <Fact label="Custom id">
              <span className="font-mono text-[0.8125rem] break-all">{inert(document.customId)}</span>
            </Fact>
          ) : null}
          {document.status === "done" || document.chunks > 0 ? (
            <Fact label="Found in search by">{counted(document.chunks, ["chunk", "chunks"])}</Fact>
          ) : null}
          {document.containerTags.length ? (
            <Fact label="Container tags">
              <Tags tags={document.containerTags} max={20} />
            </Fact>
          ) : null}
          {document.filepath ? (
            <Fact label="Path">
              <span className="font-mono text-[0.8125rem] break-all" dir="auto">
                {inert(document.filepath)}
              </span>
            </Fact>
          ) : null}
          <Fact label="Type">
            {document.type}
            {document.mime ? <span className="text-muted"> ({document.mime})</span> : null}
          </Fact>
          {document.bytes === null ? null : (
            <Fact label={document.added ? "Size" : "Size at the source"}>{bytes(document.bytes)}</Fact>
          )}
          {document.sourceUpdatedAt ? (
            <Fact label="Changed at the source">
              <LocalTime at={document.sourceUpdatedAt} />
            </Fact>
          ) : null}
          <Fact label="Updated here">
            <LocalTime at={document.updatedAt} />
          </Fact>
          <Fact label="First stored">
            <LocalTime at={document.createdAt} />
          </Fact>
          <Fact label="Id">
            <span className="flex items-center gap-1">
              <code className="min-w-0 font-mono text-2xs break-all">{document.id}</code>
              <CopyButton text={document.id} what="document id" className="-my-1.5" />
            </span>
          </Fact>
        </dl>
      </Card>
      {metadata.length ? (
        <Card className="p-4 sm:p-5">
          <h2 className="mb-3 text-base font-semibold">Metadata</h2>
          <dl className="space-y-2.5 text-sm">
            {metadata.map(([name, value]) => (
              <Fact key={name} label={name}>
                <span className="break-all">{inert(String(value))}</span>
              </Fact>
            ))}
          </dl>
        </Card>
      ) : null}
    </div>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
