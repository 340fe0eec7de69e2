"use client";

import { useEffect, useState } from "react";
import { announce, notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import type { ConnectionActions } from "./actions.ts";

/**
 * "Sync now" that shows at once: this connection counts as syncing from the press until the server's own view says so
 * (or 5 s have passed); a refusal takes it back and gives the reason.
 */
export function useSync(connection: ConnectionView, sync: ConnectionActions["sync"]) {
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

  const { mutate } = useAction(sync, {
    onStart: () => {
      setPressed({ runBefore: connection.lastRun?.id });
      announce(`Syncing ${connection.name}…`);
    },
    onDone: ({ coalesced }) => {
      if (coalesced) announce("A sync was queued already.");
    },
    onRefused: ({ message, fix }) => {
      setPressed(undefined);
      notify({ tone: "bad", title: `“${connection.name}” was not synced: ${message}`, detail: fix });
    },
  });
  const press = () => {
    if (!pressed) mutate({ id: connection.id });
  };

  return { press, optimistic: pressed !== undefined };
}
