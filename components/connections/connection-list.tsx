"use client";

import { ListChecks, RefreshCw, Search, Unplug } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import type { ConnectionView } from "#lib/contract/views.ts";
import { consoleApi } from "#lib/client/console-api.ts";
import { counted, inert } from "#lib/client/format.ts";
import { isMoving, pace } from "#lib/client/live-run.ts";
import { useLive } from "#lib/client/use-live.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { Button, buttonClass } from "#components/ui/button.tsx";
import { controlClass } from "#components/ui/field.tsx";
import { cx } from "#components/ui/cx.ts";
import { Tags } from "#components/ui/tags.tsx";
import { RelativeTime } from "#components/ui/time.tsx";
import type { ConnectionActions } from "./actions.ts";
import { StatusBadge } from "./status-badge.tsx";
import { useSync } from "./use-sync.ts";

interface ConnectionListProps {
  readonly initial: readonly ConnectionView[];
  readonly sync: ConnectionActions["sync"];
  /** ids to show, where a page shows a choice of them */
  readonly only?: readonly string[];
}

/** More rows than this are shown on request: a thousand live rows help nobody. */
const firstRows = 100;

export function ConnectionList({ initial, sync, only }: ConnectionListProps) {
  const { data: answered, reconnecting } = useLive<readonly ConnectionView[]>({
    name: "connections",
    ask: (signal) => consoleApi.call("GET /api/console/connections", { signal }),
    initial,
    every: (connections) => pace(connections.some(isMoving)),
  });
  const data = only ? answered.filter(({ id }) => only.includes(id)) : answered;
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const words = text.trim().toLowerCase();
  const found = words
    ? data.filter((connection) =>
        [connection.name, connection.providerName, connection.account?.label ?? "", ...connection.containerTags].some(
          (part) => part.toLowerCase().includes(words),
        ),
      )
    : data;
  const rows = all ? found : found.slice(0, firstRows);
  return (
    <>
      {data.length > 6 ? (
        <div className="relative mb-4 max-w-sm">
          <Search aria-hidden className="pointer-events-none absolute inset-y-0 left-3 my-auto size-4 text-muted" />
          <input
            type="search"
            aria-label="Search connections"
            placeholder="Name, account or tag…"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={cx(controlClass, "ps-9")}
          />
        </div>
      ) : null}
      {reconnecting ? (
        <p role="status" className="mb-2 text-sm text-warn">
          Reconnecting…
        </p>
      ) : null}
      {rows.length || !words ? (
        <ul className="overflow-hidden rounded-card border border-line bg-surface">
          {rows.map((connection) => (
            <ConnectionRow key={connection.id} connection={connection} sync={sync} />
          ))}
        </ul>
      ) : (
        <p className="rounded-card border border-dashed border-line px-4 py-8 text-center text-muted">
          No connection matches “{text.trim()}”.
        </p>
      )}
      {found.length > rows.length ? (
        <div className="mt-4 text-center">
          <Button onClick={() => setAll(true)}>Show all {found.length}</Button>
        </div>
      ) : null}
    </>
  );
}

interface ConnectionRowProps {
  readonly connection: ConnectionView;
  readonly sync: ConnectionActions["sync"];
}

function ConnectionRow({ connection, sync }: ConnectionRowProps) {
  const { press, optimistic } = useSync(connection, sync);
  const status = optimistic ? "syncing" : connection.status;
  const moving = optimistic || isMoving(connection);
  const name = inert(connection.name);
  return (
    <li
      data-connection={connection.id}
      className="relative flex flex-wrap items-center gap-x-4 gap-y-3 border-b border-line px-4 py-3.5 last:border-0 hover:bg-hover/60 lg:flex-nowrap"
    >
      <div className="flex min-w-0 flex-1 basis-64 items-center gap-3.5">
        <ProviderIcon provider={connection.provider} />
        <div className="min-w-0">
          <Link
            href={`/connections/${connection.id}`}
            className="block truncate font-medium after:absolute after:inset-0"
            dir="auto"
          >
            {name}
          </Link>
          <p className="truncate text-sm text-muted">
            {connection.providerName}
            {connection.account && connection.account.label !== connection.name
              ? ` · ${inert(connection.account.label)}`
              : null}
          </p>
        </div>
      </div>
      {connection.containerTags.length ? (
        <div className="max-w-full lg:w-44">
          <Tags tags={connection.containerTags} max={2} />
        </div>
      ) : null}
      <p className="text-sm whitespace-nowrap text-muted tabular-nums lg:w-40 lg:text-end">
        <span className="text-ink">{counted(connection.documentCount, connection.noun)}</span>
        <br className="hidden lg:block" />
        <span className="lg:hidden"> · </span>
        {connection.lastSyncedAt ? <RelativeTime at={connection.lastSyncedAt} /> : "never synced"}
      </p>
      <div className="flex items-center gap-2 lg:w-56 lg:justify-end">
        <span role="status" title={connection.statusDetail ?? undefined}>
          <StatusBadge status={status} />
        </span>
        {status === "needs_selection" ? (
          <Link
            href={`/connections/${connection.id}/choose`}
            aria-label={`Choose what to sync from ${name}`}
            title="Choose what to sync"
            className={buttonClass("quiet", "small", "relative z-10 min-w-11 sm:min-w-8")}
          >
            <ListChecks aria-hidden className="size-4" />
          </Link>
        ) : connection.reconnects && status === "needs_reconnect" ? (
          // a sync could only fail again; what to do stands on its page
          <Link
            href={`/connections/${connection.id}`}
            aria-label={`Reconnect ${name}`}
            title="Reconnect"
            className={buttonClass("quiet", "small", "relative z-10 min-w-11 sm:min-w-8")}
          >
            <Unplug aria-hidden className="size-4" />
          </Link>
        ) : connection.state === "active" ? (
          <Button
            size="small"
            tone="quiet"
            aria-label={`Sync ${name} now`}
            title="Sync now"
            busy={moving}
            onClick={press}
            className="relative z-10 min-w-11 sm:min-w-8"
            icon={<RefreshCw aria-hidden className="size-4" />}
          />
        ) : (
          <span className="hidden w-8 lg:block" />
        )}
      </div>
    </li>
  );
}
