import { Ban, Check, Clock, RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { inert } from "#lib/client/format.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { Badge } from "#components/ui/badge.tsx";
import { Button } from "#components/ui/button.tsx";
import { LocalTime, RelativeTime } from "#components/ui/time.tsx";
import { rateLine, scopeLine } from "./key-words.ts";

export type KeyVerb = "change" | "rotate" | "revoke";

interface KeyRowProps {
  readonly view: KeyView;
  /** undefined for people who may only look */
  readonly onAsk: ((verb: KeyVerb) => void) | undefined;
}

/** One key: what it may do, how it is used, and what can be done with it. */
export function KeyRow({ view, onAsk }: KeyRowProps) {
  const name = inert(view.name);
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-3 border-b border-line px-4 py-4 last:border-0 sm:px-5">
      <div className="min-w-0 flex-1 basis-72">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
          <p className="min-w-0 truncate font-medium">{name}</p>
          <StateBadge view={view} />
        </div>
        <p className="mt-0.5 text-sm">
          {scopeLine(view.scopes)}
          {view.containerTag === null ? null : (
            <>
              {" in "}
              <code className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-2xs break-all">
                {view.containerTag}
              </code>{" "}
              only
            </>
          )}
          {view.rate ? <span className="text-muted"> · {rateLine(view.rate)}</span> : null}
        </p>
        <Facts view={view} />
        {view.previousUntil && view.state === "working" ? (
          <p className="mt-1.5 flex items-start gap-1.5 text-sm text-warn">
            <RefreshCw aria-hidden className="mt-0.5 size-4 shrink-0" />
            <span>
              Rotated. The old secret works until <LocalTime at={view.previousUntil} />.
            </span>
          </p>
        ) : null}
      </div>
      {onAsk && view.state !== "revoked" ? (
        <div className="-mx-4 flex flex-wrap items-center gap-1 sm:mx-0">
          {view.state === "working" ? (
            <>
              <Verb name={name} label="Change" onPress={() => onAsk("change")} />
              <Verb name={name} label="Rotate" onPress={() => onAsk("rotate")} />
            </>
          ) : null}
          <Verb name={name} label="Revoke" tone="danger-quiet" onPress={() => onAsk("revoke")} />
        </div>
      ) : null}
    </li>
  );
}

function Facts({ view }: { readonly view: KeyView }) {
  const facts: ReactNode[] = [
    <span key="suffix" className="font-mono text-[0.8125rem]">
      …{view.suffix}
    </span>,
    <span key="created">
      created <RelativeTime at={view.createdAt} />
    </span>,
    <span key="used">
      {view.lastUsedAt ? (
        <>
          last used <RelativeTime at={view.lastUsedAt} />
        </>
      ) : (
        "never used"
      )}
    </span>,
  ];
  if (view.rotatedAt && !view.previousUntil)
    facts.push(
      <span key="rotated">
        rotated <RelativeTime at={view.rotatedAt} />
      </span>,
    );
  if (view.revokedAt)
    facts.push(
      <span key="revoked">
        revoked <RelativeTime at={view.revokedAt} />
      </span>,
    );
  else if (view.expiresAt)
    facts.push(
      <span key="expires">
        {view.state === "expired" ? "expired" : "expires"} <RelativeTime at={view.expiresAt} />
      </span>,
    );
  return <p className="mt-0.5 flex flex-wrap gap-x-3 text-sm text-muted">{facts}</p>;
}

function StateBadge({ view }: { readonly view: KeyView }) {
  if (view.state === "revoked")
    return (
      <Badge tone="quiet" icon={Ban}>
        Revoked
      </Badge>
    );
  if (view.state === "expired")
    return (
      <Badge tone="warn" icon={Clock}>
        Expired
      </Badge>
    );
  return (
    <Badge tone="good" icon={Check}>
      Active
    </Badge>
  );
}

interface VerbProps {
  /** of the key, for whoever does not see the row */
  readonly name: string;
  readonly label: string;
  readonly tone?: "quiet" | "danger-quiet";
  readonly onPress: () => void;
}

function Verb({ name, label, tone = "quiet", onPress }: VerbProps) {
  return (
    <Button size="small" tone={tone} aria-haspopup="dialog" aria-label={`${label} ${name}`} onClick={onPress}>
      {label}
    </Button>
  );
}
