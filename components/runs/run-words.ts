import {
  Ban,
  Check,
  CircleAlert,
  CircleMinus,
  CirclePlus,
  Clock,
  Equal,
  Hourglass,
  PencilLine,
  RefreshCw,
  SkipForward,
  TriangleAlert,
  type LucideIcon,
} from "lucide-react";
import type { RunTrigger, RunVerdict, RunView } from "#lib/contract/views.ts";
import type { BadgeTone } from "#components/ui/badge.tsx";

interface Look {
  readonly words: string;
  readonly tone: BadgeTone;
  readonly icon: LucideIcon;
}

/** A run's state as people call it; a completed run with failures is not simply "completed". */
export function runLook(run: RunView): Look {
  if (run.status === "queued") return { words: "Queued", tone: "accent", icon: Clock };
  if (run.status === "running") {
    if (run.cancelRequested) return { words: "Stopping…", tone: "quiet", icon: Ban };
    return run.waitingUntil
      ? { words: "Waiting", tone: "accent", icon: Hourglass }
      : { words: "Running", tone: "accent", icon: RefreshCw };
  }
  if (run.status === "failed") return { words: "Failed", tone: "bad", icon: CircleAlert };
  if (run.status === "canceled") return { words: "Stopped", tone: "quiet", icon: Ban };
  if (run.counts.failed > 0 || run.counts.held > 0) {
    return { words: "Completed with problems", tone: "warn", icon: TriangleAlert };
  }
  return { words: "Completed", tone: "good", icon: Check };
}

export const triggerWords: Readonly<Record<RunTrigger, string>> = {
  cron: "Schedule",
  // also what connecting, resuming, reconnecting, editing and undoing begin
  manual: "On request",
  event: "Event",
};

/** By whom or what a run was asked for. */
export function askedBy(run: RunView): string {
  return run.trigger === "manual" && run.requestedBy === null ? "API" : triggerWords[run.trigger];
}

export const phaseWords = {
  listing: "Looking through the source",
  reading: "Reading what is new",
  finishing: "Finishing",
} as const;

export const verdicts: readonly RunVerdict[] = ["new", "changed", "same", "removed", "skipped", "failed"];

export const verdictLooks: Readonly<
  Record<RunVerdict, { readonly words: string; readonly icon: LucideIcon; readonly ink: string; readonly bar: string }>
> = {
  new: { words: "New", icon: CirclePlus, ink: "text-good", bar: "fill-good" },
  changed: { words: "Changed", icon: PencilLine, ink: "text-accent-ink", bar: "fill-accent" },
  same: { words: "Same", icon: Equal, ink: "text-muted", bar: "fill-line-strong" },
  removed: { words: "Removed", icon: CircleMinus, ink: "text-muted", bar: "fill-ink" },
  skipped: { words: "Skipped", icon: SkipForward, ink: "text-warn", bar: "fill-warn" },
  failed: { words: "Failed", icon: CircleAlert, ink: "text-bad", bar: "fill-bad-solid" },
};
