"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import type { ConnectionView } from "#lib/contract/views.ts";
import { count, counted } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import { settle } from "#lib/client/result.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
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
  const [withDocuments, setWithDocuments] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<{ title: string; fix: string | undefined }>();
  const documents = connection.documentCount;
  const many = counted(documents, ["document", "documents"]);
  const nameOf = `“${connection.name}”`;

  const remove = async () => {
    setBusy(true);
    setProblem(undefined);
    const goOn = hold();
    const reply = await settle(actions.remove({ id: connection.id, deleteDocuments: withDocuments }));
    if (!reply.ok) {
      goOn();
      setBusy(false);
      setProblem({ title: reply.error, fix: reply.fix });
      return;
    }
    const { undoUntil } = reply.value;
    const left = undoUntil ? timeUntil(undoUntil) : 0;
    router.push("/connections");
    notify({
      tone: "good",
      title: `${nameOf} was deleted`,
      detail: withDocuments ? `${many} deleted with it.` : documents ? `${many} kept.` : undefined,
      stay: Math.min(Math.max(left - 1_000, 8_000), 20_000),
      ...(left > 2_000 ? { action: { label: "Undo", run: () => void undo() } } : {}),
    });
  };

  const undo = async () => {
    const reply = await settle(actions.restore({ id: connection.id }));
    if (reply.ok) {
      notify({ tone: "good", title: `${nameOf} is back`, detail: documents ? `With its ${many}.` : undefined });
      router.push(`/connections/${connection.id}`);
    } else {
      notify({ tone: "bad", title: `${nameOf} could not be restored`, detail: `${reply.error} ${reply.fix ?? ""}` });
    }
  };

  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!busy}
      title={`Delete ${nameOf}?`}
      description={`Syncing stops at once${connection.secrets.some(({ set }) => set) ? " and the stored credentials go" : ""}. Nothing changes at the source.`}
    >
      {problem ? (
        <Banner tone="bad" role="alert" className="mb-4" title={problem.title}>
          {problem.fix}
        </Banner>
      ) : null}
      {documents ? (
        <fieldset className="space-y-2">
          <legend className="mb-2 text-sm font-medium">What about its {many}?</legend>
          <Choice
            checked={!withDocuments}
            onChange={() => setWithDocuments(false)}
            title={documents === 1 ? "Keep it" : `Keep all ${count(documents)}`}
            text={
              documents === 1
                ? "It stays readable and is no longer updated."
                : "They stay readable and are no longer updated."
            }
          />
          <Choice
            checked={withDocuments}
            onChange={() => setWithDocuments(true)}
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
        <Button tone="danger" onClick={remove} busy={busy}>
          {documents === 0
            ? "Delete connection"
            : withDocuments
              ? `Delete connection and ${many}`
              : `Delete connection, keep ${many}`}
        </Button>
      </div>
    </Dialog>
  );
}

const timeUntil = (at: string): number => Date.parse(at) - Date.now();

interface ChoiceProps {
  readonly checked: boolean;
  readonly onChange: () => void;
  readonly title: string;
  readonly text: string;
}

function Choice({ checked, onChange, title, text }: ChoiceProps) {
  return (
    <label className="flex cursor-pointer gap-3 rounded-control border border-line p-3 hover:bg-hover has-checked:border-accent">
      <input
        type="radio"
        name="documents"
        checked={checked}
        onChange={onChange}
        className="mt-0.5 size-5 accent-accent"
      />
      <span>
        <span className="block text-sm font-medium">{title}</span>
        <span className="block text-sm text-muted">{text}</span>
      </span>
    </label>
  );
}
