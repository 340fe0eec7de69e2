"use client";

import { Ban, RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import type { RunView } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { isActive, monotone, pace } from "#lib/client/live-run.ts";
import { announce, notify } from "#lib/client/notices.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { useLive } from "#lib/client/use-live.ts";
import { Button } from "#components/ui/button.tsx";
import { RunPanel } from "./run-panel.tsx";
import { runLook } from "./run-words.ts";

interface LiveRunPageProps {
  readonly initial: RunView;
  readonly noun: readonly [one: string, many: string];
  readonly cancel: (input: { id: string }) => Promise<ActionResult<unknown>>;
  readonly retryFailed: (input: { id: string }) => Promise<ActionResult<{ readonly runId: string }>>;
}

/** The panel of one run with what can be done about it. */
export function LiveRunPage({ initial, noun, cancel, retryFailed }: LiveRunPageProps) {
  const router = useRouter();
  const { data: run, reconnecting } = useLive<RunView>({
    name: `runs/${initial.id}`,
    ask: (signal) => consoleApi.call("GET /api/console/runs/{id}", { params: { id: initial.id }, signal }),
    initial,
    every: (answer) => pace(isActive(answer)),
    merge: (shown, answer) => monotone(shown, answer) ?? answer,
  });
  const active = isActive(run);
  const wasActive = useRef(active);
  useEffect(() => {
    if (wasActive.current && !active) {
      announce(`Sync: ${runLook(run).words}`);
      router.refresh();
    }
    wasActive.current = active;
  }, [active, run, router]);

  const stopping = useAction(cancel, {
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: `Not stopped: ${message}`, detail: fix }),
  });
  const retrying = useAction(retryFailed, {
    onDone: ({ runId }) => router.push(`/runs/${runId}`),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: `Not retried: ${message}`, detail: fix }),
  });

  const action = active ? (
    run.cancelRequested ? null : (
      <Button
        size="small"
        busy={stopping.isPending}
        onClick={() => stopping.mutate({ id: run.id })}
        icon={<Ban aria-hidden className="size-4" />}
      >
        Stop
      </Button>
    )
  ) : run.counts.failed > 0 ? (
    <Button
      size="small"
      busy={retrying.isPending || retrying.isSuccess}
      onClick={() => retrying.mutate({ id: run.id })}
      icon={<RotateCw aria-hidden className="size-4" />}
    >
      Retry failed
    </Button>
  ) : null;

  return <RunPanel run={run} noun={noun} reconnecting={reconnecting} actions={action} />;
}
