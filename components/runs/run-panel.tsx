import { Info } from "lucide-react";
import Link from "next/link";
import type { RunView } from "#lib/contract/views.ts";
import { isActive } from "#lib/client/live-run.ts";
import { bytes, count } from "#lib/client/format.ts";
import { Card } from "#components/ui/card.tsx";
import { Elapsed } from "#components/ui/elapsed.tsx";
import { LocalTime, RelativeTime } from "#components/ui/time.tsx";
import { RunBadge } from "./run-badge.tsx";
import { RunBar, RunCounts } from "./run-counts.tsx";
import { phaseWords } from "./run-words.ts";

interface RunPanelProps {
  readonly run: RunView;
  readonly noun: readonly [one: string, many: string];
  readonly reconnecting: boolean;
  /** links to the run's own page */
  readonly linked?: boolean;
  readonly actions?: React.ReactNode;
  /** false where the page says it already */
  readonly tellError?: boolean;
}

/** One run: live while it goes on, a summary afterwards. Never a percentage: nobody knows the total. */
export function RunPanel({ run, noun, reconnecting, linked = false, actions, tellError = true }: RunPanelProps) {
  const active = isActive(run);
  return (
    <Card className="@container relative overflow-hidden">
      {active ? <div aria-hidden className="current absolute inset-x-0 top-0 h-0.5 animate-drift" /> : null}
      <div className="p-4 sm:p-5">
        <div className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2">
          <RunBadge run={run} />
          <p className="min-w-0 text-sm text-muted" data-testid="run-line">
            <RunLine run={run} noun={noun} />
          </p>
          {reconnecting ? (
            <span role="status" className="text-sm text-warn">
              Reconnecting…
            </span>
          ) : null}
          <div className="ms-auto flex items-center gap-2">
            {actions}
            {linked ? (
              <Link href={`/runs/${run.id}`} className="py-1 text-sm font-medium text-accent-ink hover:underline">
                Details
              </Link>
            ) : null}
          </div>
        </div>
        <RunCounts run={run} linked />
        <div className="mt-3">
          <RunBar run={run} />
        </div>
        <RunNotes run={run} tellError={tellError} />
      </div>
    </Card>
  );
}

function RunLine({ run, noun }: { readonly run: RunView; readonly noun: readonly [string, string] }) {
  if (run.status === "queued") {
    return (
      <>
        Waiting for a worker since <RelativeTime at={run.queuedAt} />
      </>
    );
  }
  const begun = run.startedAt ?? run.queuedAt;
  if (run.status === "running") {
    if (run.waitingUntil) {
      return (
        <>
          The provider asked to slow down. Goes on <RelativeTime at={run.waitingUntil} />
        </>
      );
    }
    return (
      <>
        {run.phase ? phaseWords[run.phase] : "Starting"} · {count(run.counts.listed)}{" "}
        {run.counts.listed === 1 ? noun[0] : noun[1]} seen · <Elapsed from={begun} to={null} />
      </>
    );
  }
  return (
    <>
      {run.completedAt ? <RelativeTime at={run.completedAt} /> : null} · took{" "}
      <Elapsed from={begun} to={run.completedAt} />
      {run.bytesRead > 0 ? ` · ${bytes(run.bytesRead)} read` : null}
      {run.bytesSaved > 0 ? ` · ${bytes(run.bytesSaved)} not read again` : null}
    </>
  );
}

function RunNotes({ run, tellError }: { readonly run: RunView; readonly tellError: boolean }) {
  const lines = [
    ...(run.error && tellError ? [run.error] : []),
    ...(run.counts.waiting > 0
      ? [`${count(run.counts.waiting)} new ones wait for later syncs, because the document limit was reached.`]
      : []),
    ...run.notes,
  ];
  if (lines.length === 0) return null;
  return (
    <ul className="mt-4 space-y-1.5 text-sm text-muted">
      {lines.map((line) => (
        <li key={line} className="flex gap-2">
          <Info aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0">{line}</span>
        </li>
      ))}
    </ul>
  );
}

/** When a run was queued, started and ended: local time, UTC on hover. */
export function RunTimes({ run }: { readonly run: RunView }) {
  const times = [
    ["Queued", run.queuedAt],
    ["Started", run.startedAt],
    ["Ended", run.completedAt],
  ] as const;
  return (
    <dl className="grid gap-x-8 gap-y-3 text-sm sm:grid-cols-3">
      {times.map(([label, at]) => (
        <div key={label}>
          <dt className="text-muted">{label}</dt>
          <dd>{at ? <LocalTime at={at} /> : "–"}</dd>
        </div>
      ))}
    </dl>
  );
}
