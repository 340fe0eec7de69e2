"use client";

import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { notify } from "#lib/client/notices.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";

interface DeleteDocumentProps {
  readonly id: string;
  readonly title: string;
  /** what it is synced from; null for what was added */
  readonly connection: string | null;
  /** where to go afterwards */
  readonly away: string;
  readonly remove: (input: { id: string }) => Promise<ActionResult<unknown>>;
}

/** Asks once, and says what deleting means for this document. */
export function DeleteDocument({ id, title, connection, away, remove }: DeleteDocumentProps) {
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const removing = useAction(remove, {
    onDone: () => {
      router.push(away);
      router.refresh();
      notify({ tone: "good", title: "Document deleted", detail: title });
    },
  });
  const busy = removing.isPending || removing.isSuccess;
  return (
    <>
      <Button
        tone="danger-quiet"
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
        icon={<Trash2 aria-hidden className="size-4" />}
      >
        Delete
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        dismissible={!busy}
        title="Delete this document?"
        description={
          connection === null
            ? "Its text and its file leave the API and the console at once. This cannot be undone."
            : `It leaves the API and the console at once. Nothing changes at the source, and ${connection} does not bring it back.`
        }
      >
        {removing.error ? (
          <Banner tone="bad" role="alert" className="mb-4" title={removing.error.message}>
            {removing.error.fix}
          </Banner>
        ) : null}
        <p className="font-medium break-words" dir="auto">
          {title}
        </p>
        <div className="mt-6 flex justify-end gap-2">
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button tone="danger" busy={busy} onClick={() => removing.mutate({ id })}>
            Delete document
          </Button>
        </div>
      </Dialog>
    </>
  );
}
