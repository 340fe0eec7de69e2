import type { ConnectionView } from "#lib/contract/views.ts";
import { count } from "#lib/client/format.ts";
import { cx } from "#components/ui/cx.ts";

interface FiguresProps {
  readonly connections: readonly ConnectionView[];
  readonly documents: number;
}

const trouble = new Set(["needs_reconnect", "needs_selection", "failing", "attention"]);

/** Three streams of figures and what they become. */
export function Figures({ connections, documents }: FiguresProps) {
  const needing = connections.filter(({ status }) => trouble.has(status)).length;
  const fresh = connections.filter(({ status }) => status === "synced").length;
  const moving = connections.filter(
    ({ status }) => status === "syncing" || status === "queued" || status === "waiting",
  ).length;
  const figures = [
    { label: "Documents", value: documents, dot: "bg-stream-1" },
    { label: "Fresh connections", value: fresh, of: connections.length, dot: "bg-stream-3" },
    { label: "Syncing now", value: moving, dot: "bg-stream-2" },
    { label: "Need you", value: needing, dot: needing ? "bg-bad-solid" : "bg-line-strong" },
  ];
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line lg:grid-cols-4">
      {figures.map(({ label, value, of, dot }) => (
        <div key={label} className="bg-surface px-4 py-4 sm:px-5">
          <dt className="flex items-center gap-2 text-sm text-muted">
            <span aria-hidden className={cx("size-2 rounded-full", dot)} />
            {label}
          </dt>
          <dd className="mt-1 text-[1.75rem] leading-9 font-semibold tracking-[-0.02em] tabular-nums">
            {count(value)}
            {of === undefined ? null : <span className="ms-1 text-base font-normal text-muted">of {count(of)}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
