"use client";

import { Ban, Check, Clock } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import type { KeyView } from "#lib/contract/views.ts";
import { inert } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Badge } from "#components/ui/badge.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { RelativeTime } from "#components/ui/time.tsx";

interface KeyListProps {
  readonly keys: readonly KeyView[];
  readonly revoke: (input: { id: string }) => Promise<ActionResult<unknown>>;
  /** the server's clock, so that "expired" is decided once */
  readonly now: string;
}

export function KeyList({ keys, revoke, now }: KeyListProps) {
  const [asking, setAsking] = useState<KeyView>();
  return (
    <>
      <ul className="overflow-hidden rounded-card border border-line bg-surface">
        {keys.map((key) => (
          <KeyRow key={key.id} view={key} now={now} onRevoke={() => setAsking(key)} />
        ))}
      </ul>
      {asking ? <RevokeDialog view={asking} revoke={revoke} onClose={() => setAsking(undefined)} /> : null}
    </>
  );
}

function KeyRow({
  view,
  now,
  onRevoke,
}: {
  readonly view: KeyView;
  readonly now: string;
  readonly onRevoke: () => void;
}) {
  const expired = view.expiresAt !== null && view.expiresAt <= now;
  const dead = view.revokedAt !== null || expired;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3.5 last:border-0">
      <div className="min-w-0 flex-1 basis-56">
        <p className="truncate font-medium">{inert(view.name)}</p>
        <p className="text-sm text-muted">
          <span className="font-mono text-[0.8125rem]">…{view.suffix}</span> · created{" "}
          <RelativeTime at={view.createdAt} />
        </p>
      </div>
      <p className="text-sm text-muted sm:w-44">
        {view.lastUsedAt ? (
          <>
            Last used <RelativeTime at={view.lastUsedAt} />
          </>
        ) : (
          "Never used"
        )}
        {view.expiresAt && !dead ? (
          <>
            <br />
            Expires <RelativeTime at={view.expiresAt} />
          </>
        ) : null}
      </p>
      <div className="flex items-center gap-2 sm:w-44 sm:justify-end">
        {view.revokedAt ? (
          <Badge tone="quiet" icon={Ban}>
            Revoked
          </Badge>
        ) : expired ? (
          <Badge tone="warn" icon={Clock}>
            Expired
          </Badge>
        ) : (
          <Badge tone="good" icon={Check}>
            Active
          </Badge>
        )}
        {dead ? null : (
          <Button
            size="small"
            tone="danger-quiet"
            aria-haspopup="dialog"
            aria-label={`Revoke ${inert(view.name)}`}
            onClick={onRevoke}
          >
            Revoke
          </Button>
        )}
      </div>
    </li>
  );
}

interface RevokeDialogProps {
  readonly view: KeyView;
  readonly revoke: KeyListProps["revoke"];
  readonly onClose: () => void;
}

function RevokeDialog({ view, revoke, onClose }: RevokeDialogProps) {
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
  });
  return (
    <Dialog
      open
      onClose={onClose}
      dismissible={!revoking.isPending}
      title={`Revoke “${inert(view.name)}”?`}
      description="Programs that use it are refused at once. This cannot be undone; create a new key for them first."
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
