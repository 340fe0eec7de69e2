"use client";

import { useEffect, useState } from "react";
import { announce, notify } from "#lib/client/notices.ts";
import { settle } from "#lib/client/result.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import type { ConnectionActions } from "./actions.ts";

/**
 * "Sync now" that shows at once: this connection counts as syncing from the press until the server's own view says so
 * (or 5 s have passed); a refusal takes it back and gives the reason.
 */
export function useSync(connection: ConnectionView, sync: ConnectionActions["sync"], refresh: () => void) {
  const [pressed, setPressed] = useState<{ runBefore: string | undefined }>();

  useEffect(() => {
    if (!pressed) return;
    if (connection.lastRun && connection.lastRun.id !== pressed.runBefore) {
      setPressed(undefined);
      return;
    }
    const timer = setTimeout(() => setPressed(undefined), 5_000);
    return () => clearTimeout(timer);
  }, [pressed, connection.lastRun]);

  const press = async () => {
    if (pressed) return;
    setPressed({ runBefore: connection.lastRun?.id });
    announce(`Syncing ${connection.name}…`);
    const reply = await settle(sync({ id: connection.id }));
    if (!reply.ok) {
      setPressed(undefined);
      notify({ tone: "bad", title: `“${connection.name}” was not synced: ${reply.error}`, detail: reply.fix });
    } else if (reply.value.coalesced) {
      announce("A sync was queued already.");
    }
    refresh();
  };

  return { press, optimistic: pressed !== undefined };
}
