import type { ConnectionView, JsonValue, Metadata, NoticesView, RunErrorCode, RunView } from "#lib/contract/views.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { plannedProviders } from "#lib/contract/providers.ts";
import { env } from "#lib/env.ts";
import { defaultInterval } from "./providers.ts";
import type { Connection, SyncRun } from "./repo.ts";
import { secretViews } from "./secrets.ts";
import { selectionOf } from "./selection.ts";
import { statusOf, type StatusFacts } from "./status.ts";

/** Rows → what people and programs see of them. */

export interface ConnectionParts {
  readonly row: Connection;
  /** undefined for a provider this version does not have any more */
  readonly connector: Connector | undefined;
  readonly notices?: NoticesView | null;
  /** newest first */
  readonly runs: readonly SyncRun[];
  readonly issueCount: number;
  /** show the last characters of secrets */
  readonly reveal: boolean;
}

export function connectionView(parts: ConnectionParts): ConnectionView {
  const { row, connector, runs } = parts;
  const [latest] = runs;
  const started = runs.find((run) => run.startedAt !== null);
  const providerName = connector?.name ?? plannedProviders.get(row.provider) ?? row.provider;
  return {
    id: row.id,
    provider: row.provider,
    providerName,
    noun: connector?.noun ?? ["document", "documents"],
    name: row.name || row.accountLabel || providerName,
    state: row.state,
    ...statusOf(factsOf(parts)),
    reconnects: connector?.auth.kind === "oauth",
    account:
      row.accountId === null ? null : { id: row.accountId, label: row.accountLabel ?? row.accountId, email: row.email },
    selection: selectionOf(row, connector),
    notices: parts.notices ?? null,
    containerTags: row.containerTags,
    documentLimit: row.documentLimit,
    settings: settingsOf(row, connector),
    secrets: secretViews(connector, row, parts.reveal),
    metadata: row.metadata as Metadata,
    intervalSeconds:
      row.intervalSeconds ?? (connector ? defaultInterval(connector) : (env().SYNC_INTERVAL_S ?? 86_400)),
    intervalIsCustom: row.intervalSeconds !== null,
    nextSyncAt: row.nextSyncAt?.toISOString() ?? null,
    lastSyncedAt: row.lastSyncedAt?.toISOString() ?? null,
    documentCount: row.documentCount,
    issueCount: parts.issueCount,
    heldDeletions: row.heldDeletions,
    lastRun: latest ? runView(latest) : null,
    lastStartedRun: started ? runView(started) : null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    deleteAfter: row.deleteAfter?.toISOString() ?? null,
    deleteDocuments: row.deleteDocuments,
  };
}

export function runView(run: SyncRun): RunView {
  return {
    id: run.id,
    connectionId: run.connectionId,
    status: run.status,
    trigger: run.trigger,
    requestedBy: run.requestedBy,
    queuedAt: run.queuedAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    completedAt: run.completedAt?.toISOString() ?? null,
    waitingUntil: run.waitingUntil?.toISOString() ?? null,
    cancelRequested: run.cancelRequested,
    attempts: run.attempts,
    phase: run.phase as RunView["phase"],
    counts: {
      listed: run.listed,
      new: run.countNew,
      changed: run.countChanged,
      same: run.countSame,
      removed: run.countRemoved,
      skipped: run.countSkipped,
      failed: run.countFailed,
      waiting: run.countWaiting,
      held: run.countHeld,
    },
    bytesRead: Number(run.bytesRead),
    bytesSaved: Number(run.bytesSaved),
    requests: run.requests,
    errorCode: run.errorCode as RunErrorCode | null,
    failureKind: run.failureKind,
    error: run.error,
    notes: run.notes as string[],
  };
}

/** A setting that became a secret in a newer version must not show because an older one stored it in the open. */
function settingsOf(row: Connection, connector: Connector | undefined): Readonly<Record<string, JsonValue>> {
  const secrets = new Set<string>(connector?.secrets);
  const entries = Object.entries(row.config as Record<string, JsonValue>);
  return Object.fromEntries(entries.filter(([key]) => !secrets.has(key)));
}

function factsOf({ row, runs, connector }: ConnectionParts): StatusFacts {
  const running = runs.find((run) => run.status === "running");
  return {
    state: row.state,
    failureKind: row.failureKind,
    error: runs.find((run) => run.status === "failed")?.error ?? null,
    heldDeletions: row.heldDeletions,
    needsSelection: selectionOf(row, connector)?.needed ?? false,
    lastSyncedAt: row.lastSyncedAt,
    running: running !== undefined,
    queued: runs.some((run) => run.status === "queued"),
    waitingUntil: running?.waitingUntil ?? null,
    now: new Date(),
  };
}
