"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { inert } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { Dialog } from "#components/ui/dialog.tsx";
import type { KeyActions } from "./actions.ts";
import { KeyForm } from "./key-form.tsx";

interface ChangeKeyProps {
  readonly view: KeyView;
  readonly update: KeyActions["update"];
  readonly onClose: () => void;
}

/** Name, scopes and limit of a key that is there; its secret stays. */
export function ChangeKey({ view, update, onClose }: ChangeKeyProps) {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!busy}
      title={`Change “${inert(view.name)}”`}
      description={
        view.containerTag === null
          ? "The key itself stays; what it may do changes with the next request."
          : `It stays a key for the container ${view.containerTag}; what it may do there changes with the next request.`
      }
    >
      <KeyForm
        of={view}
        save={({ name, scopes, rateMax, rateWindowMs }) =>
          update({ id: view.id, patch: { name, scopes, rateMax, rateWindowMs } })
        }
        label="Save"
        onBusy={setBusy}
        onDone={(changed) => {
          notify({ tone: "good", title: `“${inert(changed.name)}” was changed` });
          onClose();
          router.refresh();
        }}
        onCancel={onClose}
      />
    </Dialog>
  );
}
