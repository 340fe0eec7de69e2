"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { count, counted, inert } from "#lib/client/format.ts";
import { notify } from "#lib/client/notices.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import type { ConnectionActions } from "./actions.ts";
import { useConnection } from "./connection-context.tsx";
import { ReconnectLink } from "./reconnect-link.tsx";

interface ConnectionAlertsProps {
  readonly actions: ConnectionActions;
  readonly decideHeld: (input: { id: string; decision: "delete" | "keep" }) => Promise<ActionResult<unknown>>;
}

/** What stands between this connection and being fresh: cause, fix and the action that fixes it. */
export function ConnectionAlerts({ actions, decideHeld }: ConnectionAlertsProps) {
  const { data: connection } = useConnection();
  const path = usePathname();
  const just = useSearchParams().get("just");
  const edit = (
    <ButtonLink href={`/connections/${connection.id}/edit`} size="small">
      Edit settings
    </ButtonLink>
  );
  const broken = connection.status === "needs_reconnect" || connection.status === "failing";
  const elsewhere = path !== `/connections/${connection.id}`;
  return (
    <div className="mb-6 space-y-3 empty:hidden">
      {connection.status === "needs_selection" ? (
        <Banner
          tone="warn"
          title={just === "connected" && !elsewhere ? "Connected: one step is left" : "Nothing is chosen yet"}
        >
          Nothing is synced until you choose files or folders.
        </Banner>
      ) : just === "connected" && !broken && !elsewhere ? (
        <Banner tone="good" role="status" title="Connected">
          {connection.lastSyncedAt
            ? "The first sync started by itself and is complete."
            : "The first sync started by itself. You can leave this page: it goes on without you."}
        </Banner>
      ) : null}
      {just === "reconnected" && !broken && !elsewhere ? (
        <Banner tone="good" role="status" title="Reconnected">
          It is the same connection with the same documents, and a sync started by itself.
        </Banner>
      ) : null}
      {broken && connection.reconnects && connection.status === "needs_reconnect" ? (
        <Banner
          tone="bad"
          title={<>Needs reconnecting: {inert(whose(connection))}</>}
          actions={<ReconnectLink id={connection.id} make={actions.reconnectLink} />}
        >
          {connection.statusDetail ?? connection.lastRun?.error}
          {connection.documentCount
            ? ` Its ${counted(connection.documentCount, connection.noun)} ${connection.documentCount === 1 ? "stays" : "stay"}.`
            : null}{" "}
          Only the same account can renew it; its owner can do that with a link.
        </Banner>
      ) : broken ? (
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

/** "Ada Lovelace (ada@example.com)" */
function whose({ account, name }: ConnectionView): string {
  if (!account) return name;
  const { label, email } = account;
  return email && !label.includes(email) ? `${label} (${email})` : label;
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
