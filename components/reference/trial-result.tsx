import type { TrialReply } from "#lib/client/trial.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { cx } from "#components/ui/cx.ts";

interface TrialResultProps {
  readonly summary: string;
  readonly outcome: { readonly reply: TrialReply } | { readonly problem: string } | null;
}

/** What came back: status, time, headers, body. Said aloud when it is there. */
export function TrialResult({ summary, outcome }: TrialResultProps) {
  return (
    <div role="status">
      {outcome === null ? null : "problem" in outcome ? (
        <p className="text-sm text-bad">{outcome.problem}</p>
      ) : (
        <Reply summary={summary} reply={outcome.reply} />
      )}
    </div>
  );
}

function Reply({ summary, reply }: { readonly summary: string; readonly reply: TrialReply }) {
  const good = reply.status < 400;
  return (
    <div className="space-y-3">
      <p className="text-sm">
        <span className={cx("font-semibold", good ? "text-good" : "text-bad")}>
          {reply.status} {reply.statusText}
        </span>{" "}
        <span className="text-muted tabular-nums">in {reply.milliseconds.toLocaleString("en")} ms</span>
      </p>
      <details className="text-sm">
        <summary className="inline-flex min-h-9 items-center rounded-control font-medium">Headers</summary>
        <dl className="mt-1 grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5 font-mono text-2xs">
          {reply.headers.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted">{name}</dt>
              <dd className="[overflow-wrap:anywhere]">{value}</dd>
            </div>
          ))}
        </dl>
      </details>
      {reply.body === "" ? (
        <p className="text-sm text-muted">No body.</p>
      ) : (
        <div className="relative">
          <pre
            tabIndex={0}
            role="group"
            aria-label={`${summary}: reply`}
            className="max-h-96 overflow-auto rounded-control bg-sunken p-3 pe-12 font-mono text-[0.8125rem] leading-relaxed"
          >
            <code className="[overflow-wrap:normal]">{reply.body}</code>
          </pre>
          <CopyButton text={reply.body} what="reply" className="absolute top-1.5 right-1.5 bg-sunken" />
        </div>
      )}
    </div>
  );
}
