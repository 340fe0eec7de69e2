"use client";

import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useEffect, useTransition } from "react";
import { Button } from "#components/ui/button.tsx";

interface ErrorViewProps {
  readonly error: Error & { digest?: string };
  readonly reset: () => void;
}

/** A page that could not be made: what that means, and another try. */
export function ErrorView({ error, reset }: ErrorViewProps) {
  const router = useRouter();
  const [trying, startTrying] = useTransition();
  useEffect(() => {
    document.title = "Something went wrong · Tributary";
  }, []);
  return (
    <div role="alert">
      <h1 className="text-[1.5rem] leading-8 font-semibold tracking-[-0.02em]">This page could not be loaded</h1>
      <p className="mt-2 max-w-[60ch] text-muted">
        The server or its database did not answer as it should. Nothing of yours is lost; syncs go on by themselves.
      </p>
      <div className="mt-5 flex flex-wrap items-center gap-3">
        <Button
          tone="primary"
          busy={trying}
          icon={<RotateCw aria-hidden className="size-4" />}
          onClick={() =>
            startTrying(() => {
              router.refresh();
              reset();
            })
          }
        >
          Try again
        </Button>
        {error.digest ? <span className="font-mono text-sm text-muted">Error {error.digest}</span> : null}
      </div>
    </div>
  );
}
