"use client";

import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { notify } from "#lib/client/notices.ts";
import { settle, type ActionResult } from "#lib/client/result.ts";
import { Button } from "#components/ui/button.tsx";

interface RetryFailedProps {
  readonly id: string;
  readonly retry: (input: { id: string }) => Promise<ActionResult<{ readonly runId: string }>>;
}

/** Tries what failed once more, without waiting for the schedule. */
export function RetryFailed({ id, retry }: RetryFailedProps) {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    const reply = await settle(retry({ id }));
    if (reply.ok) {
      router.push(`/runs/${reply.value.runId}`);
      return;
    }
    setBusy(false);
    notify({ tone: "bad", title: `Not retried: ${reply.error}`, detail: reply.fix });
  };
  return (
    <Button size="small" busy={busy} onClick={go} icon={<RotateCw aria-hidden className="size-4" />}>
      Retry failed
    </Button>
  );
}
