import { ChevronRight, Link2 } from "lucide-react";
import type { ReactNode } from "react";
import type { ReferenceOperation } from "#lib/contract/reference-view.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { ExamplePane } from "./example-pane.tsx";
import { FieldTable } from "./field-table.tsx";
import { Method } from "./method.tsx";
import { TryIt } from "./try-it.tsx";
import { Words } from "./words.tsx";

/** One operation: what it does, takes and answers, as code, and to try. Its id is its address. */
export function OperationSection({ operation }: { readonly operation: ReferenceOperation }) {
  const { id, summary, description, parameters, body, reply, errors, example, trial } = operation;
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="grid gap-x-10 gap-y-5 border-t border-line py-8 target:border-accent xl:grid-cols-2"
    >
      <div className="min-w-0">
        <h3 id={`${id}-title`} className="group flex items-center gap-2 text-lg font-semibold">
          {summary}
          <a
            href={`#${id}`}
            aria-label={`Link to ${summary}`}
            className="inline-grid size-8 place-items-center rounded-control text-muted hover:bg-hover hover:text-ink"
          >
            <Link2 aria-hidden className="size-4" />
          </a>
        </h3>
        <p className="mt-1 flex items-center gap-2">
          <Method name={operation.method} />
          <code className="min-w-0">{operation.path}</code>
          <CopyButton text={operation.path} what={`path of ${summary}`} />
        </p>
        {description ? (
          <p className="mt-3">
            <Words text={description} />
          </p>
        ) : null}
        <p className="mt-3 text-sm text-muted">
          <Words text={needs(operation)} />
        </p>
        {parameters.length > 0 ? (
          <Part title="Parameters">
            <FieldTable label={`Parameters of ${summary}`} fields={parameters} asked />
          </Part>
        ) : null}
        {body ? (
          <Part title="Body" note={body.type}>
            <FieldTable label={`Body of ${summary}`} fields={body.fields} asked />
          </Part>
        ) : null}
        <Fold title={`${reply.status}: ${reply.description}`} note={reply.type}>
          {reply.fields.length > 0 ? (
            <FieldTable label={`Reply of ${summary}`} fields={reply.fields} />
          ) : (
            <p className="text-sm text-muted">{reply.type === "" ? "No body." : "Nothing within."}</p>
          )}
        </Fold>
        <Fold title="Errors" note={errors.map(({ status }) => status).join(", ")}>
          <dl className="text-sm">
            {errors.map(({ status, meaning }) => (
              <div key={status} className="flex gap-3 border-t border-line py-2">
                <dt className="font-mono text-[0.8125rem]">{status}</dt>
                <dd>
                  <Words text={meaning} />
                </dd>
              </div>
            ))}
          </dl>
        </Fold>
      </div>
      {example || trial ? (
        <div className="min-w-0">
          <div className="space-y-3 xl:sticky xl:top-6">
            {example ? <ExamplePane id={id} summary={summary} example={example} /> : null}
            {trial ? <TryIt id={id} summary={summary} trial={trial} /> : null}
          </div>
        </div>
      ) : null}
    </section>
  );
}

function needs({ scope, contained, extension, idempotent, absent }: ReferenceOperation): string {
  return [
    `Needs the scope \`${scope}\`.`,
    contained ? "A key for one container may use it, within that container." : "Not for keys for one container.",
    ...(idempotent ? ["Takes an `Idempotency-Key`."] : []),
    ...(extension ? ["Ours: not part of the protocol."] : []),
    ...(absent ? ["Part of the protocol, and not what this server does."] : []),
  ].join(" ");
}

function Part({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note?: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="mt-5">
      <h4 className="mb-1 text-sm font-semibold">
        {title} {note ? <span className="font-mono text-2xs font-normal text-muted">{note}</span> : null}
      </h4>
      {children}
    </div>
  );
}

function Fold({
  title,
  note,
  children,
}: {
  readonly title: string;
  readonly note: string;
  readonly children: ReactNode;
}) {
  return (
    <details className="group/fold mt-4">
      <summary className="flex min-h-11 flex-wrap items-center gap-x-2 rounded-control text-sm font-semibold hover:bg-hover sm:min-h-9">
        <ChevronRight
          aria-hidden
          className="size-4 shrink-0 text-muted transition-transform group-open/fold:rotate-90"
        />
        {title} <span className="font-mono text-2xs font-normal text-muted [overflow-wrap:anywhere]">{note}</span>
      </summary>
      <div className="mt-1 ps-6">{children}</div>
    </details>
  );
}
