"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { count } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import type { ConnectionActions } from "./actions.ts";
import { useConnection } from "./connection-context.tsx";

interface ConnectionAlertsProps {
  readonly sync: ConnectionActions["sync"];
  readonly decideHeld: (input: { id: string; decision: "delete" | "keep" }) => Promise<ActionResult<unknown>>;
}

/** What stands between this connection and being fresh: cause, fix and the action that fixes it. */
export function ConnectionAlerts({ decideHeld }: ConnectionAlertsProps) {
  const { data: connection } = useConnection();
  const path = usePathname();
  const just = useSearchParams().get("just") === "connected";
  const edit = (
    <ButtonLink href={`/connections/${connection.id}/edit`} size="small">
      Edit settings
    </ButtonLink>
  );
  const broken = connection.status === "needs_reconnect" || connection.status === "failing";
  const elsewhere = path !== `/connections/${connection.id}`;
  return (
    <div className="mb-6 space-y-3 empty:hidden">
      {just && !broken && !elsewhere ? (
        <Banner tone="good" role="status" title="Connected">
          The first sync has started by itself. You can leave this page: it goes on without you.
        </Banner>
      ) : null}
      {broken ? (
        <Banner
          tone="bad"
          title={connection.status === "needs_reconnect" ? "It needs new credentials" : "The last sync failed"}
          actions={edit}
        >
          {connection.statusDetail ?? connection.lastRun?.error}
        </Banner>
      ) : null}
      {connection.heldDeletions > 0 ? <HeldDeletions decideHeld={decideHeld} /> : null}
      {connection.status === "attention" && connection.heldDeletions === 0 && connection.statusDetail ? (
        <Banner
          tone="warn"
          title="Needs attention"
          actions={
            connection.issueCount ? (
              <ButtonLink href={`/connections/${connection.id}/issues`} size="small">
                See issues
              </ButtonLink>
            ) : undefined
          }
        >
          {connection.statusDetail}
        </Banner>
      ) : null}
      {connection.state === "paused" ? (
        <Banner tone="info" title="Paused">
          Nothing is synced until you resume it. Its documents stay as they are.
        </Banner>
      ) : null}
    </div>
  );
}

function HeldDeletions({ decideHeld }: Pick<ConnectionAlertsProps, "decideHeld">) {
  const { data: connection } = useConnection();
  const held = connection.heldDeletions;
  const them = held === 1 ? "document" : "documents";
  const deciding = useAction(decideHeld, {
    onDone: (_value, asked) =>
      notify({
        tone: "good",
        title: asked.decision === "delete" ? `${count(held)} ${them} removed` : `${count(held)} ${them} kept`,
      }),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: message, detail: fix }),
  });
  const decision = deciding.isPending ? deciding.variables.decision : undefined;
  const decide = (what: "delete" | "keep") => {
    if (!decision) deciding.mutate({ id: connection.id, decision: what });
  };
  return (
    <Banner
      tone="warn"
      title={`${count(held)} ${them} wait for your decision`}
      actions={
        <>
          <Button size="small" busy={decision === "keep"} onClick={() => decide("keep")}>
            Keep them
          </Button>
          <Button size="small" tone="danger" busy={decision === "delete"} onClick={() => decide("delete")}>
            Remove {count(held)} {them}
          </Button>
        </>
      }
    >
      They were not found at the source any more. That is more than usual, so nothing was removed without asking.
    </Banner>
  );
}
