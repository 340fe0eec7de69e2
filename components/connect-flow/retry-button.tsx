"use client";

import { Button } from "#components/ui/button.tsx";
import { GoProblemBanner } from "./go-problem.tsx";
import { useGo, type Go } from "./use-go.ts";

interface RetryButtonProps {
  readonly token: string;
  readonly retry: Go<{ token: string }>;
}

export function RetryButton({ token, retry }: RetryButtonProps) {
  const { go, busy, problem } = useGo();
  return (
    <>
      <GoProblemBanner problem={problem} />
      <Button
        tone="primary"
        className="mt-6 w-full"
        busy={busy !== null}
        onClick={() => void go("retry", retry, { token })}
      >
        Start again
      </Button>
    </>
  );
}
