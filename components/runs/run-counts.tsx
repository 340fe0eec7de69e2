import Link from "next/link";
import type { RunView } from "#lib/contract/views.ts";
import { count } from "#lib/client/format.ts";
import { cx } from "#components/ui/cx.ts";
import { verdictLooks, verdicts } from "./run-words.ts";

interface RunCountsProps {
  readonly run: RunView;
  /** links each count to its items */
  readonly linked?: boolean;
}

/** The six verdicts of a run, in figures that do not jump. */
export function RunCounts({ run, linked = false }: RunCountsProps) {
  return (
    <dl className="grid grid-cols-3 gap-px overflow-hidden rounded-control border border-line bg-line @2xl:grid-cols-6">
      {verdicts.map((verdict) => {
        const { words, icon: Icon, ink } = verdictLooks[verdict];
        const value = run.counts[verdict];
        const quiet = value === 0;
        const figure = (
          <span className={cx("text-xl leading-7 font-semibold tabular-nums", quiet ? "text-muted" : "text-ink")}>
            {count(value)}
          </span>
        );
        return (
          <div key={verdict} className="relative bg-surface px-3 py-2.5 has-[a:hover]:bg-hover">
            <dt className={cx("flex items-center gap-1.5 text-2xs font-medium", quiet ? "text-muted" : ink)}>
              <Icon aria-hidden className="size-3.5 shrink-0" strokeWidth={2.2} />
              {words}
            </dt>
            <dd data-count={verdict}>
              {linked && !quiet && verdict !== "same" ? (
                <Link
                  href={`/runs/${run.id}?verdict=${verdict}`}
                  scroll={false}
                  className="after:absolute after:inset-0"
                  aria-label={`${count(value)} ${words.toLowerCase()}: show them`}
                >
                  {figure}
                </Link>
              ) : (
                figure
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Proportions of what was decided so far; no promise about what is still to come. */
export function RunBar({ run }: { readonly run: RunView }) {
  const total = verdicts.reduce((sum, verdict) => sum + run.counts[verdict], 0);
  if (total === 0) return <div aria-hidden className="h-1.5 rounded-full bg-sunken" />;
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${total} 1`}
      preserveAspectRatio="none"
      className="block h-1.5 w-full overflow-hidden rounded-full"
    >
      {
        verdicts.reduce<{ at: number; bars: React.ReactElement[] }>(
          ({ at, bars }, verdict) => ({
            at: at + run.counts[verdict],
            bars: [
              ...bars,
              <rect
                key={verdict}
                x={at}
                width={run.counts[verdict]}
                height="1"
                className={verdictLooks[verdict].bar}
              />,
            ],
          }),
          { at: 0, bars: [] },
        ).bars
      }
    </svg>
  );
}
