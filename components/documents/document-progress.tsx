"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import type { DocumentRow } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { inert } from "#lib/client/format.ts";
import { documentPace, isProcessing } from "#lib/client/live-document.ts";
import { announce } from "#lib/client/notices.ts";
import { useLive } from "#lib/client/use-live.ts";
import { Banner } from "#components/ui/banner.tsx";

interface DocumentProgressProps {
  readonly initial: DocumentRow;
  /** it was found before, and is found by what it said then */
  readonly stored: boolean;
}

const steps: Partial<Record<DocumentRow["status"], string>> = {
  queued: "It waits for its turn.",
  extracting: "Its text is being read.",
  chunking: "Its text is being prepared.",
  embedding: "It is being indexed.",
  indexing: "It is being indexed.",
};

/** What is still done with a document, or why that failed; nothing when all is well. */
export function DocumentProgress({ initial, stored }: DocumentProgressProps) {
  // What rests changes by a sync or by somebody, and then the next look shows it.
  if (isProcessing(initial)) return <Following initial={initial} stored={stored} />;
  return <Outcome document={initial} stored={stored} />;
}

function Following({ initial, stored }: DocumentProgressProps) {
  const router = useRouter();
  const { data: document } = useLive<DocumentRow>({
    name: `documents/${initial.id}`,
    ask: (signal) => consoleApi.call("GET /api/console/documents/{id}", { params: { id: initial.id }, signal }),
    initial,
    every: (answer) => documentPace(isProcessing(answer)),
  });
  const processing = isProcessing(document);
  const last = useRef(document.status);
  useEffect(() => {
    if (last.current === document.status) return;
    last.current = document.status;
    if (!processing) announce(document.status === "failed" ? "The document failed." : "The document can be found now.");
    router.refresh();
  }, [document.status, processing, router]);
  return <Outcome document={document} stored={stored} />;
}

function Outcome({ document, stored }: { readonly document: DocumentRow; readonly stored: boolean }) {
  if (document.status === "failed")
    return (
      <Banner tone="bad" title="This document could not be processed" className="mb-5">
        {document.failure ? inert(document.failure) : "The reason is not known."}
        {stored ? " What is shown is its earlier text, which can still be found." : ""}
      </Banner>
    );
  if (!isProcessing(document)) return null;
  return (
    <Banner tone="info" title="Being processed" role="status" className="mb-5">
      {document.failure ? inert(document.failure) : steps[document.status]}{" "}
      {stored ? "Until then its earlier text can be found." : "It can be found when that is done."}
    </Banner>
  );
}
