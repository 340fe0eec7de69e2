import type { ReactNode } from "react";
import { StreamsArt } from "./logo.tsx";

interface EmptyStateProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly heading?: "h2" | "h3";
}

/** Nothing here yet: why, and the next step. */
export function EmptyState({ title, children, action, heading: Heading = "h2" }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center rounded-card border border-dashed border-line px-6 py-12 text-center">
      <StreamsArt className="mb-4 h-14 w-40" />
      <Heading className="text-base font-semibold">{title}</Heading>
      <div className="mt-1 max-w-[46ch] text-muted">{children}</div>
      {action ? <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
