"use client";

import type { ReactNode } from "react";
import { count, counted, every, inert } from "#lib/client/format.ts";
import { controlText } from "#lib/client/connection-form.ts";
import type { JsonValue } from "#lib/contract/views.ts";
import { Card } from "#components/ui/card.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { RelativeTime } from "#components/ui/time.tsx";
import { useConnection } from "./connection-context.tsx";
import { SelectionCard } from "./selection-card.tsx";

interface ConnectionFactsProps {
  /** of settings, by name */
  readonly labels: Readonly<Record<string, string>>;
  /** what the values of a setting are called, by its name */
  readonly options?: Readonly<Record<string, readonly { readonly value: string; readonly label: string }[]>>;
}

/** What is true about a connection, at a glance. */
export function ConnectionFacts({ labels, options = {} }: ConnectionFactsProps) {
  const { data: connection } = useConnection();
  const settings = Object.entries(connection.settings)
    .filter(([name]) => name !== connection.selection?.setting)
    .map(([name, value]) => [name, settingText(value, options[name])] as const)
    .filter(([, text]) => text !== "");
  return (
    <div className="space-y-4">
      <Card className="p-4 sm:p-5">
        <h2 className="mb-3 text-base font-semibold">Facts</h2>
        <dl className="space-y-2.5 text-sm">
          <Fact label="Documents">
            <span className="tabular-nums">{counted(connection.documentCount, connection.noun)}</span>
          </Fact>
          <Fact label="Last synced">
            {connection.lastSyncedAt ? <RelativeTime at={connection.lastSyncedAt} /> : "never"}
          </Fact>
          <Fact label="Next sync">
            {connection.reconnects && connection.status === "needs_reconnect" ? (
              "after reconnecting"
            ) : connection.nextSyncAt && connection.state === "active" ? (
              <RelativeTime at={connection.nextSyncAt} />
            ) : (
              "not planned"
            )}
          </Fact>
          <Fact label="Schedule">
            {every(connection.intervalSeconds)}
            {connection.intervalIsCustom ? null : <span className="text-muted"> (default)</span>}
          </Fact>
          {connection.notices ? (
            <Fact label="Changes">
              {connection.notices.arrive ? "noticed at once" : "found by the schedule"}
              {connection.notices.detail ? (
                <span className="block text-muted">{inert(connection.notices.detail)}</span>
              ) : null}
            </Fact>
          ) : null}
          <Fact label="Limit">
            <span className="tabular-nums">{count(connection.documentLimit)}</span> new per sync
          </Fact>
          <Fact label="Created">
            <RelativeTime at={connection.createdAt} />
          </Fact>
          <Fact label="Id">
            <span className="flex items-center justify-end gap-1">
              <code className="min-w-0 truncate font-mono text-2xs">{connection.id}</code>
              <CopyButton text={connection.id} what="connection id" className="-my-1.5 -me-1.5" />
            </span>
          </Fact>
        </dl>
      </Card>
      <SelectionCard />
      {settings.length || connection.secrets.length ? (
        <Card className="p-4 sm:p-5">
          <h2 className="mb-3 text-base font-semibold">Settings</h2>
          <dl className="space-y-2.5 text-sm">
            {settings.map(([name, text]) => (
              <div key={name}>
                <dt className="text-muted">{labels[name] ?? name}</dt>
                <dd className="font-mono text-[0.8125rem] break-all whitespace-pre-line">{inert(text)}</dd>
              </div>
            ))}
            {connection.secrets
              .filter((secret) => secret.set)
              .map((secret) => (
                <div key={secret.name}>
                  <dt className="text-muted">{secret.label}</dt>
                  <dd className="font-mono text-[0.8125rem]">
                    <span aria-hidden>••••{secret.last4 ? ` ${secret.last4}` : ""}</span>
                    <span className="sr-only">stored{secret.last4 ? `, ends in ${secret.last4}` : ""}</span>
                  </dd>
                </div>
              ))}
          </dl>
        </Card>
      ) : null}
    </div>
  );
}

/** What was chosen shows by name, everything else as it was typed. */
function settingText(value: JsonValue, options: readonly { value: string; label: string }[] = []): string {
  if (Array.isArray(value)) return value.map((each) => nameOf(each) ?? controlText(each)).join(", ");
  const chosen = options.find((option) => option.value === value);
  return chosen ? chosen.label : controlText(value).replaceAll("\n", ", ");
}

function nameOf(value: JsonValue): string | undefined {
  const named = typeof value === "object" && value !== null && "name" in value ? value["name"] : undefined;
  return typeof named === "string" ? named : undefined;
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4">
      <dt className="shrink-0 text-muted">{label}</dt>
      <dd className="min-w-0 text-end">{children}</dd>
    </div>
  );
}
