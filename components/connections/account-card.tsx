"use client";

import { Check, CircleMinus, Unplug } from "lucide-react";
import type { GrantView } from "#lib/contract/grant-view.ts";
import { inert } from "#lib/client/format.ts";
import { Button } from "#components/ui/button.tsx";
import { Card } from "#components/ui/card.tsx";
import { RelativeTime } from "#components/ui/time.tsx";
import type { ConnectionActions } from "./actions.ts";
import { useConnection } from "./connection-context.tsx";
import { ReconnectLink } from "./reconnect-link.tsx";
import { useReconnect } from "./use-reconnect.ts";

interface AccountCardProps {
  readonly grant: GrantView | null;
  readonly actions: Pick<ConnectionActions, "reconnect" | "reconnectLink">;
}

/** Whose account it is, what it allows, and how to renew that. */
export function AccountCard({ grant, actions }: AccountCardProps) {
  const { data: connection } = useConnection();
  const { press, busy } = useReconnect(connection.id, actions.reconnect);
  const { account } = connection;
  if (!account) return null;
  // then both stand in the page's head
  const lost = connection.status === "needs_reconnect";
  return (
    <section aria-labelledby="account">
      <Card className="p-4 sm:p-5">
        <h2 id="account" className="mb-3 text-base font-semibold">
          Account
        </h2>
        <p className="font-medium break-words" dir="auto">
          {inert(account.label)}
        </p>
        {account.email && !account.label.includes(account.email) ? (
          <p className="text-sm break-all text-muted">{inert(account.email)}</p>
        ) : null}
        {grant && !lost ? (
          <>
            <ul aria-label="What it allows" className="mt-3 space-y-1 text-sm">
              {grant.allowed.map((words) => (
                <li key={words} className="flex gap-2">
                  <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
                  <span className="min-w-0">{words}</span>
                </li>
              ))}
              {grant.refused.map((words) => (
                <li key={words} className="flex gap-2">
                  <CircleMinus aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
                  <span className="min-w-0">Not allowed: {words}</span>
                </li>
              ))}
            </ul>
            <p className="mt-2 text-sm text-muted">
              Agreed <RelativeTime at={grant.since} />
            </p>
          </>
        ) : (
          <p className="mt-3 text-sm text-bad">It gives no access any more. Its documents stay as they are.</p>
        )}
        {lost ? null : (
          <div className="mt-4 space-y-2">
            <Button size="small" busy={busy} onClick={press} icon={<Unplug aria-hidden className="size-4" />}>
              Reconnect
            </Button>
            <ReconnectLink id={connection.id} make={actions.reconnectLink} />
          </div>
        )}
      </Card>
    </section>
  );
}
