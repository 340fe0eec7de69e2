"use client";

import { createContext, useContext, type ReactNode } from "react";
import type { ConnectionView } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { isMoving, monotone, pace } from "#lib/client/live-run.ts";
import { useLive, type Live } from "#lib/client/use-live.ts";

const ConnectionContext = createContext<Live<ConnectionView> | null>(null);

interface ConnectionLiveProps {
  readonly initial: ConnectionView;
  readonly children: ReactNode;
}

/** Keeps one connection fresh for everything on its page. */
export function ConnectionLive({ initial, children }: ConnectionLiveProps) {
  const live = useLive<ConnectionView>({
    name: `connections/${initial.id}`,
    ask: (signal) => consoleApi.call("GET /api/console/connections/{id}", { params: { id: initial.id }, signal }),
    initial,
    every: (connection) => pace(isMoving(connection)),
    merge: (shown, answer) => ({ ...answer, lastRun: monotone(shown.lastRun, answer.lastRun) }),
  });
  return <ConnectionContext value={live}>{children}</ConnectionContext>;
}

export function useConnection(): Live<ConnectionView> {
  const live = useContext(ConnectionContext);
  if (!live) throw new Error("useConnection() needs <ConnectionLive>");
  return live;
}
