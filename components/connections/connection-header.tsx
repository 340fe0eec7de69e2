"use client";

import { ListChecks, Pause, Pencil, Play, RefreshCw, Trash2, Unplug } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { inert } from "#lib/client/format.ts";
import { isActive } from "#lib/client/live-run.ts";
import { announce, notify } from "#lib/client/notices.ts";
import { useAction } from "#lib/client/use-action.ts";
import { ProviderIcon } from "#components/connect/provider-icon.tsx";
import { Banner } from "#components/ui/banner.tsx";
import { Button, ButtonLink } from "#components/ui/button.tsx";
import { PageHeader } from "#components/ui/page-header.tsx";
import { Tags } from "#components/ui/tags.tsx";
import type { ConnectionActions } from "./actions.ts";
import { useConnection } from "./connection-context.tsx";
import { StatusBadge } from "./status-badge.tsx";
import { useReconnect } from "./use-reconnect.ts";
import { useSync } from "./use-sync.ts";

const DeleteDialog = dynamic(() => import("./delete-dialog.tsx").then((module) => module.DeleteDialog), { ssr: false });

/** On phones the first takes a line, and the others share the next: none stands alone. */
const first = "max-[30rem]:w-full";
const other = "max-[30rem]:flex-1 max-[30rem]:px-2!";

/** Who it is, how it is, and what can be done. */
export function ConnectionHeader({ actions }: { readonly actions: ConnectionActions }) {
  const { data: connection, ended, hold } = useConnection();
  const { press, optimistic } = useSync(connection, actions.sync);
  const reconnecting = useReconnect(connection.id, actions.reconnect);
  const [deleting, setDeleting] = useState(false);
  const paused = connection.state === "paused";
  const status = optimistic ? "syncing" : connection.status;
  const running = optimistic || isActive(connection.lastRun);
  // a sync could only fail again
  const lost = connection.reconnects && status === "needs_reconnect";

  const pausing = useAction(actions.pause, {
    onDone: () => announce("Paused"),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: "Not paused", detail: `${message} ${fix ?? ""}` }),
  });
  const resuming = useAction(actions.resume, {
    onDone: () => announce("Resumed"),
    onRefused: ({ message, fix }) => notify({ tone: "bad", title: "Not resumed", detail: `${message} ${fix ?? ""}` }),
  });

  return (
    <>
      <PageHeader
        crumbs={[{ href: "/connections", label: "Connections" }]}
        icon={<ProviderIcon provider={connection.provider} className="mt-0.5 size-11" />}
        title={<span dir="auto">{inert(connection.name)}</span>}
        description={
          <div className="mt-1.5 space-y-2.5">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm">
              <span role="status">
                <StatusBadge status={status} />
              </span>
              <span>{connection.providerName}</span>
              {connection.account && connection.account.label !== connection.name ? (
                <span className="min-w-0 break-all">{inert(connection.account.label)}</span>
              ) : null}
            </div>
            <Tags tags={connection.containerTags} />
          </div>
        }
        actions={
          <>
            {lost ? (
              <Button
                tone="primary"
                className={first}
                onClick={reconnecting.press}
                busy={reconnecting.busy}
                icon={<Unplug aria-hidden className="size-4" />}
              >
                Reconnect
              </Button>
            ) : paused ? null : status === "needs_selection" ? (
              <ButtonLink
                tone="primary"
                className={first}
                href={`/connections/${connection.id}/choose`}
                icon={<ListChecks aria-hidden className="size-4" />}
              >
                Choose what to sync
              </ButtonLink>
            ) : (
              <Button
                tone="primary"
                className={first}
                onClick={press}
                busy={running}
                icon={<RefreshCw aria-hidden className="size-4" />}
              >
                {running ? "Syncing…" : "Sync now"}
              </Button>
            )}
            <Button
              className={other}
              tone={paused ? "primary" : "secondary"}
              onClick={() => (paused ? resuming : pausing).mutate({ id: connection.id })}
              busy={pausing.isPending || resuming.isPending}
              icon={paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
            >
              {paused ? "Resume" : "Pause"}
            </Button>
            <ButtonLink
              className={other}
              href={`/connections/${connection.id}/edit`}
              icon={<Pencil aria-hidden className="size-4" />}
            >
              Edit
            </ButtonLink>
            <Button
              className={other}
              tone="danger-quiet"
              onClick={() => setDeleting(true)}
              aria-haspopup="dialog"
              icon={<Trash2 aria-hidden className="size-4" />}
            >
              Delete
            </Button>
          </>
        }
      />
      {ended === "gone" ? (
        <Banner
          tone="warn"
          role="alert"
          className="mb-6"
          title="It was deleted meanwhile"
          actions={<ButtonLink href="/connections">All connections</ButtonLink>}
        >
          What you see here is not updated any more.
        </Banner>
      ) : null}
      {ended === "signed-out" ? (
        <Banner
          tone="warn"
          role="alert"
          className="mb-6"
          title="Your session has ended"
          actions={<ButtonLink href={`/login?next=/connections/${connection.id}`}>Sign in again</ButtonLink>}
        >
          What you see here is not updated any more.
        </Banner>
      ) : null}
      {deleting ? (
        <DeleteDialog connection={connection} actions={actions} hold={hold} onClose={() => setDeleting(false)} />
      ) : null}
    </>
  );
}
