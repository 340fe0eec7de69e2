import Link from "next/link";
import type { RunRow, RunView } from "#lib/contract/views.ts";
import { count, inert } from "#lib/client/format.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { cx } from "#components/ui/cx.ts";
import { Elapsed } from "#components/ui/elapsed.tsx";
import { RelativeTime } from "#components/ui/time.tsx";
import { RunBadge } from "./run-badge.tsx";
import { askedBy, verdictLooks, verdicts } from "./run-words.ts";

/** Runs, newest first; each row leads to its run. */
export function RunList({ rows }: { readonly rows: readonly RunRow[] }) {
  return (
    <ul className="overflow-hidden rounded-card border border-line bg-surface">
      {rows.map(({ run, connection }) => (
        <li key={run.id} className="relative border-b border-line last:border-0 hover:bg-hover">
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
            {connection ? <ProviderIcon provider={connection.provider} className="size-8" /> : null}
            <div className="min-w-0 flex-1 basis-44">
              <Link href={`/runs/${run.id}`} className="block truncate font-medium after:absolute after:inset-0">
                {connection ? inert(connection.name) : <RelativeTime at={run.startedAt ?? run.queuedAt} />}
              </Link>
              <p className="truncate text-sm text-muted">
                {connection ? (
                  <>
                    <RelativeTime at={run.startedAt ?? run.queuedAt} /> ·{" "}
                  </>
                ) : null}
                {askedBy(run)}
                {run.startedAt ? (
                  <>
                    {" "}
                    · <Elapsed from={run.startedAt} to={run.completedAt} />
                  </>
                ) : null}
              </p>
            </div>
            <CountsLine run={run} />
            <div className="sm:w-48 sm:text-end">
              <RunBadge run={run} />
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** "+12 new, 3 failed": only what is not zero, as words for ears and short for eyes. */
function CountsLine({ run }: { readonly run: RunView }) {
  const some = verdicts.filter((verdict) => run.counts[verdict] > 0);
  if (some.length === 0) {
    return run.status === "completed" ? (
      <p className="order-last basis-full text-sm text-muted sm:order-none sm:basis-auto">Nothing to do</p>
    ) : null;
  }
  return (
    <ul className="order-last flex basis-full flex-wrap gap-x-3 gap-y-1 text-sm tabular-nums sm:order-none sm:basis-auto">
      {some.map((verdict) => (
        <li key={verdict} className={cx("whitespace-nowrap", verdictLooks[verdict].ink)}>
          {count(run.counts[verdict])} <span className="text-muted">{verdictLooks[verdict].words.toLowerCase()}</span>
        </li>
      ))}
    </ul>
  );
}
