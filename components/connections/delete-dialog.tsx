"use client";

import { useRouter } from "next/navigation";
import { useRef } from "react";
import { useWatch } from "react-hook-form";
import type { ConnectionView } from "#lib/contract/views.ts";
import { count, counted } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import { documentsChoice } from "#lib/contract/console-forms.ts";
import { over, useAction } from "#lib/client/use-action.ts";
import { useZodForm } from "#lib/client/use-zod-form.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Choice } from "#components/ui/choice.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { ConnectionActions } from "./actions.ts";

interface DeleteDialogProps {
  readonly connection: ConnectionView;
  readonly actions: ConnectionActions;
  /** stops following the connection; the result goes on */
  readonly hold: () => () => void;
  readonly onClose: () => void;
}

/** Says what stops and what stays; the button says what it will do; afterwards there is a way back. */
export function DeleteDialog({ connection, actions, hold, onClose }: DeleteDialogProps) {
  const router = useRouter();
  const form = useZodForm(documentsChoice, { documents: "keep" });
  const withDocuments = useWatch({ control: form.control, name: "documents" }) === "delete";
  const documents = connection.documentCount;
  const many = counted(documents, ["document", "documents"]);
  const nameOf = `“${connection.name}”`;
  const goOn = useRef<() => void>(undefined);

  const restoring = useAction(actions.restore, {
    onDone: () => {
      notify({ tone: "good", title: `${nameOf} is back`, detail: documents ? `With its ${many}.` : undefined });
      router.push(`/connections/${connection.id}`);
    },
    onRefused: ({ message, fix }) =>
      notify({ tone: "bad", title: `${nameOf} could not be restored`, detail: `${message} ${fix ?? ""}` }),
  });
  const removing = useAction(actions.remove, {
    onStart: () => {
      goOn.current = hold();
    },
    onDone: ({ undoUntil }, { deleteDocuments }) => {
      const left = undoUntil ? timeUntil(undoUntil) : 0;
      router.push("/connections");
      notify({
        tone: "good",
        title: `${nameOf} was deleted`,
        detail: deleteDocuments ? `${many} deleted with it.` : documents ? `${many} kept.` : undefined,
        stay: Math.min(Math.max(left - 1_000, 8_000), 20_000),
        ...(left > 2_000 && { action: { label: "Undo", run: () => restoring.mutate({ id: connection.id }) } }),
      });
    },
    onRefused: () => goOn.current?.(),
  });
  const busy = removing.isPending || removing.isSuccess;
  const remove = form.handleSubmit((chosen) =>
    over(removing.mutateAsync({ id: connection.id, deleteDocuments: chosen.documents === "delete" })),
  );

  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!busy}
      title={`Delete ${nameOf}?`}
      description={`Syncing stops at once${connection.secrets.some(({ set }) => set) ? " and the stored credentials go" : ""}. Nothing changes at the source.`}
    >
      {removing.error ? (
        <Banner tone="bad" role="alert" className="mb-4" title={removing.error.message}>
          {removing.error.fix}
        </Banner>
      ) : null}
      <form
        onSubmit={(event) => {
          if (busy || form.formState.isSubmitting) event.preventDefault();
          else void remove(event);
        }}
        noValidate
      >
        {documents ? (
          <fieldset className="space-y-2">
            <legend className="mb-2 text-sm font-medium">What about its {many}?</legend>
            <Choice
              type="radio"
              {...form.register("documents")}
              value="keep"
              title={documents === 1 ? "Keep it" : `Keep all ${count(documents)}`}
              text={
                documents === 1
                  ? "It stays readable and is no longer updated."
                  : "They stay readable and are no longer updated."
              }
            />
            <Choice
              type="radio"
              {...form.register("documents")}
              value="delete"
              title={documents === 1 ? "Delete it too" : `Delete all ${count(documents)} too`}
              text={
                documents === 1
                  ? "It leaves the API and the console at once."
                  : "They leave the API and the console at once."
              }
            />
          </fieldset>
        ) : (
          <p className="text-muted">It has no documents.</p>
        )}
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="danger" type="submit" busy={busy}>
            {documents === 0
              ? "Delete connection"
              : withDocuments
                ? `Delete connection and ${many}`
                : `Delete connection, keep ${many}`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const timeUntil = (at: string): number => Date.parse(at) - Date.now();
