"use client";

import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { notify } from "#lib/client/notices.ts";
import type { ActionResult } from "#lib/client/result.ts";
import { useAction } from "#lib/client/use-action.ts";
import { Button } from "#components/ui/button.tsx";

interface RetryFailedProps {
  readonly id: string;
  readonly retry: (input: { id: string }) => Promise<ActionResult<{ readonly runId: string }>>;
}

/** Tries what failed once more, without waiting for the schedule. */
export function RetryFailed({ id, retry }: RetryFailedProps) {
  const router = useRouter();
  const retrying = useAction(retry, {
    onDone: ({ runId }) => router.push(`/runs/${runId}`),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: `Not retried: ${message}`, detail: fix }),
  });
  return (
    <Button
      size="small"
      busy={retrying.isPending || retrying.isSuccess}
      onClick={() => retrying.mutate({ id })}
      icon={<RotateCw aria-hidden className="size-4" />}
    >
      Retry failed
    </Button>
  );
}
