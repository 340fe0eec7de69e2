"use client";

import { useRouter } from "next/navigation";
import { inert } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import type { KeyActions } from "./actions.ts";

interface RevokeKeyProps {
  readonly view: KeyView;
  readonly revoke: KeyActions["revoke"];
  readonly onClose: () => void;
}

export function RevokeKey({ view, revoke, onClose }: RevokeKeyProps) {
  const router = useRouter();
  const revoking = useAction(revoke, {
    onDone: () => {
      notify({
        tone: "good",
        title: `“${inert(view.name)}” was revoked`,
        detail: "Requests with it are refused from now on.",
      });
      onClose();
      router.refresh();
    },
    // it may be gone already, by another tab or person
    onRefused: () => router.refresh(),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!revoking.isPending}
      title={`Revoke “${inert(view.name)}”?`}
      description="Programs that use it are refused at once. This cannot be undone; to replace its secret without a gap, rotate it instead."
    >
      {revoking.error ? (
        <Banner tone="bad" role="alert" className="mb-4" title={revoking.error.message}>
          {revoking.error.fix}
        </Banner>
      ) : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="danger" busy={revoking.isPending} onClick={() => revoking.mutate({ id: view.id })}>
          Revoke key …{view.suffix}
        </Button>
      </div>
    </Dialog>
  );
}
