"use client";

import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { isActive } from "#lib/client/live-run.ts";
import { announce } from "#lib/client/notices.ts";
import { RunPanel } from "#components/runs/run-panel.tsx";
import { runLook } from "#components/runs/run-words.ts";
import { Section } from "#components/ui/card.tsx";
import { EmptyState } from "#components/ui/empty-state.tsx";
import { useConnection } from "./connection-context.tsx";

/** The run of the moment, or the last one. */
export function LiveRun() {
  const { data: connection, reconnecting } = useConnection();
  const router = useRouter();
  const run = connection.lastRun;
  const broken = connection.status === "failing" || connection.status === "needs_reconnect";
  const state = useRef(run?.status);

  // the end of a run is told once, and the server's parts of the page are made anew
  useEffect(() => {
    const before = state.current;
    state.current = run?.status;
    if (!run || isActive(run) || (before !== "running" && before !== "queued")) return;
    announce(`Sync: ${runLook(run).words}`);
    router.refresh();
  }, [run, router]);

  return (
    <Section id="run" title={run && isActive(run) ? "Sync in progress" : "Last sync"}>
      {run ? (
        <RunPanel run={run} noun={connection.noun} reconnecting={reconnecting} linked tellError={!broken} />
      ) : (
        <EmptyState title="Not synced yet" heading="h3">
          {connection.state === "paused"
            ? "It is paused. Resume it to start the first sync."
            : connection.selection?.needed
              ? "It starts as soon as somebody has chosen what is synced."
              : "The first sync starts by itself."}
        </EmptyState>
      )}
    </Section>
  );
}
