import type { ReactNode } from "react";
import { ConnectionAlerts } from "#components/connections/connection-alerts.tsx";
import { ConnectionHeader } from "#components/connections/connection-header.tsx";
import { ConnectionLive } from "#components/connections/connection-context.tsx";
import { ConnectionTabs } from "#components/connections/connection-tabs.tsx";
import { connectionActions } from "../../action-sets.ts";
import { findConnection } from "../../find-connection.ts";
import { decideHeld } from "./actions.ts";

interface Props {
  readonly children: ReactNode;
  readonly params: Promise<{ readonly id: string }>;
}

export default async function ConnectionLayout({ children, params }: Props) {
  const connection = await findConnection((await params).id);
  return (
    <ConnectionLive initial={connection}>
      <ConnectionHeader actions={connectionActions} />
      <ConnectionAlerts actions={connectionActions} decideHeld={decideHeld} />
      <ConnectionTabs />
      {children}
    </ConnectionLive>
  );
}
