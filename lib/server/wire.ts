import type { ConnectionView, DocumentListItem, DocumentView, ResourceView, RunView } from "#lib/contract/views.ts";
import type { ChunkView } from "#lib/documents/chunks.ts";
import type {
  WireChunk,
  WireConnection,
  WireDocument,
  WireDocumentItem,
  WireProcessingItem,
  WireProviderDocument,
  WireResource,
  WireRun,
} from "#lib/contract/wire.ts";

/** Views → the API's shapes. Optional keys are left out rather than null, as the protocol has it. */

export function connectionToWire(view: ConnectionView): WireConnection {
  const run = view.lastStartedRun;
  return {
    id: view.id,
    provider: view.provider,
    createdAt: view.createdAt,
    documentLimit: view.documentLimit,
    ...(view.account?.email ? { email: view.account.email } : {}),
    containerTags: [...view.containerTags],
    metadata: {
      ...view.settings,
      ...view.metadata,
      syncInProgress: view.lastRun?.status === "running" || view.lastRun?.status === "queued",
      ...(view.lastSyncedAt === null ? {} : { lastSyncedAt: Date.parse(view.lastSyncedAt) }),
      documentCount: view.documentCount,
    },
    ...(run
      ? {
          lastSyncRun: {
            status: runStatus(run),
            errorCode: run.errorCode,
            error: runError(run),
            ...(run.startedAt === null ? {} : { startedAt: run.startedAt }),
            ...(run.completedAt === null ? {} : { completedAt: run.completedAt }),
          },
        }
      : {}),
    name: view.name,
    status: view.status,
    paused: view.state === "paused",
    intervalSeconds: view.intervalSeconds,
    nextSyncAt: view.nextSyncAt,
  };
}

export function runToWire(run: RunView): WireRun {
  const { counts } = run;
  return {
    id: run.id,
    connectionId: run.connectionId,
    status: runStatus(run),
    triggerType: run.trigger,
    startedAt: run.startedAt ?? run.queuedAt,
    completedAt: run.completedAt,
    itemsProcessed: counts.new + counts.changed + counts.same + counts.removed + counts.skipped + counts.failed,
    itemsFailed: counts.failed,
    error: runError(run),
    errorCode: run.errorCode,
    queuedAt: run.queuedAt,
    waitingUntil: run.waitingUntil,
    counts: { ...counts },
    bytesRead: run.bytesRead,
    bytesSaved: run.bytesSaved,
    requests: run.requests,
    notes: [...run.notes],
  };
}

export function resourceToWire(view: ResourceView): WireResource {
  return {
    id: view.id,
    name: view.name,
    kind: view.kind,
    ...(view.path === null ? {} : { path: view.path }),
    ...(view.mime === null ? {} : { mime_type: view.mime }),
    ...(view.updatedAt === null ? {} : { updated_at: view.updatedAt }),
    opens: view.opens,
  };
}

export function providerDocumentToWire(item: DocumentListItem): WireProviderDocument {
  return {
    id: item.id,
    title: item.title,
    summary: item.summary,
    status: item.status,
    type: item.type,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    url: item.url,
    customId: item.customId,
    connectionId: item.connectionId,
    metadata: item.metadata,
    containerTags: [...item.containerTags],
  };
}

export function documentItemToWire(item: DocumentListItem & { readonly content?: string | null }): WireDocumentItem {
  return {
    ...providerDocumentToWire(item),
    filepath: item.filepath,
    dreamingStatus: "done",
    contentHash: item.contentHash,
    ...(item.content === undefined ? {} : { content: item.content }),
  };
}

export function documentToWire(view: DocumentView): WireDocument {
  return {
    ...documentItemToWire(view),
    content: view.content,
    source: view.provider,
    ogImage: null,
    raw: null,
    spatialPoint: null,
    taskType: view.taskType,
    failure: view.failure,
  };
}

export function processingToWire(item: DocumentListItem): WireProcessingItem {
  const { id, customId, connectionId, title, summary, type, status, createdAt, updatedAt, metadata, containerTags } =
    providerDocumentToWire(item);
  return { id, customId, connectionId, title, summary, type, status, createdAt, updatedAt, metadata, containerTags };
}

export function chunkToWire(documentId: string, chunk: ChunkView): WireChunk {
  const { position, text, heading, start, end, createdAt } = chunk;
  return {
    id: `${documentId}_${position}`,
    position,
    content: text,
    type: "text",
    metadata: { heading, start, end },
    createdAt,
  };
}

/** The protocol knows three: what waits is on its way, what was canceled did not complete. */
function runStatus(run: RunView): "running" | "completed" | "failed" {
  if (run.status === "queued" || run.status === "running") return "running";
  return run.status === "completed" ? "completed" : "failed";
}

function runError(run: RunView): string | null {
  return run.status === "canceled" ? (run.error ?? "The sync was canceled.") : run.error;
}
