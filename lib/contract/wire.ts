import { z } from "zod";
import { accessScope } from "./access.ts";
import { id } from "./ids.ts";

/** Shapes of the API's replies, as the official clients type them (plus what newer vintages of the protocol added). */

const isoDate = z.iso.datetime({ precision: 3 });
const jsonObject = z.record(z.string(), z.unknown());
const count = z.int().min(0);

/** Facts that several replies tell in the same words. */
const documentFacts = {
  id: id.describe("The document's id."),
  connectionId: id.nullable().describe("The connection it comes from; null = it was added through this API."),
  customId: z.string().nullable().describe("Your own id for it, or the source's; null = it has none."),
  title: z.string().nullable().describe("Its title; null while nothing is known of it."),
  summary: z.string().nullable().describe("Always null: this server writes no summaries."),
  type: z.string().describe("What kind of document it is: `text`, `pdf`, `webpage`, `notion_doc`, `google_doc`, …"),
  url: z.string().nullable().describe("Where to read it at its source; null = it has no address."),
  filepath: z.string().nullable().describe("Its path among your documents; null = it has none."),
  metadata: jsonObject.nullable().describe("Your metadata, and the connection's."),
  containerTags: z.array(z.string()).describe("Whose it is."),
  createdAt: isoDate.describe("When it was stored first."),
  updatedAt: isoDate.describe("When it was stored last."),
};

const wireSyncRun = z
  .object({
    status: z.enum(["running", "completed", "failed"]).describe("How it stands."),
    errorCode: z
      .enum(["auth_expired", "rate_limited", "plan_required", "provider_unavailable", "internal"])
      .nullable()
      .optional()
      .describe("Why it failed, for programs."),
    error: z.string().nullable().optional().describe("Why it failed, for people: what happened, and what to do."),
    startedAt: isoDate.optional().describe("When it began."),
    completedAt: isoDate.optional().describe("When it ended."),
  })
  .meta({ id: "LastSyncRun" });

export const wireConnection = z
  .object({
    id: id.describe("The connection's id."),
    provider: z.string().describe("Where it goes: `s3`, `notion`, `google-drive`, …"),
    createdAt: isoDate.describe("When it was connected."),
    documentLimit: z.int().optional().describe("How many new documents one sync may add."),
    email: z.string().optional().describe("The account it is connected as."),
    expiresAt: isoDate.optional().describe("Until when the access at the provider lasts, where it ends by itself."),
    metadata: z
      .looseObject({
        syncInProgress: z.boolean().describe("A sync is under way or queued."),
        lastSyncedAt: z.int().optional().describe("When the last sync ended well, in milliseconds since 1970."),
        documentCount: count.describe("How many documents it has."),
      })
      .optional()
      .describe("The provider's settings without secrets, your own metadata, and three facts of ours."),
    containerTags: z.array(z.string()).optional().describe("The tags its documents get."),
    lastSyncRun: wireSyncRun.optional().describe("The newest sync; absent = there was none yet."),
    name: z.string().optional().describe("Ours: its name in the console."),
    status: z
      .string()
      .optional()
      .describe(
        "Ours: how it is, in one word: `synced`, `syncing`, `queued`, `paused`, `needs_reconnect`, `failing`, …",
      ),
    paused: z.boolean().optional().describe("Ours: it is not synced until it is resumed."),
    intervalSeconds: z.int().optional().describe("Ours: seconds between scheduled syncs."),
    nextSyncAt: isoDate.nullable().optional().describe("Ours: when the next scheduled sync is due; null = none is."),
  })
  .meta({ id: "Connection" });
export type WireConnection = z.infer<typeof wireConnection>;

export const wireCreated = z
  .object({
    id: id.describe("The connection's id, from now on."),
    authLink: z
      .string()
      .nullable()
      .describe("Where the browser of the account's owner has to go; null = nobody has to authorise anything."),
    expiresIn: z.string().nullable().describe("How long `authLink` works, in words; null without one."),
    redirectsTo: z.string().optional().describe("The `redirectUrl` you gave."),
  })
  .meta({ id: "ConnectionCreated" });

export const wireDeleted = z
  .object({ id: id.describe("The connection's id."), provider: z.string().describe("Where it went.") })
  .meta({ id: "ConnectionDeleted" });

export const wireRun = z
  .object({
    id: id.describe("The run's id."),
    connectionId: id.describe("The connection it synced."),
    status: z.enum(["running", "completed", "failed"]).describe("How it stands."),
    triggerType: z
      .enum(["event", "cron", "manual"])
      .describe("What began it: a notice of the provider, the schedule, or somebody's request."),
    startedAt: isoDate.describe("When it began."),
    completedAt: isoDate.nullable().describe("When it ended; null = it is under way."),
    itemsProcessed: count.describe("Items it decided about."),
    itemsFailed: count.describe("Items that could not be read; the next sync tries them again."),
    error: z.string().nullable().describe("Why it failed, for people; null = it did not."),
    errorCode: z.string().nullable().describe("Ours: why it failed, for programs; null = it did not."),
    queuedAt: isoDate.describe("Ours: when it was asked for."),
    waitingUntil: isoDate.nullable().describe("Ours: it waits until then, because the provider asked it to; or null."),
    counts: z
      .object({
        listed: count.describe("Items the source named."),
        new: count.describe("Stored for the first time."),
        changed: count.describe("Stored again, because they had changed."),
        same: count.describe("Left as they are."),
        removed: count.describe("Removed, because they are gone at the source."),
        skipped: count.describe("Not stored, each with its reason."),
        failed: count.describe("Could not be read this time."),
        waiting: count.describe("Left to later syncs by `documentLimit`."),
        held: count.describe("Would be removed, and wait for somebody to say so."),
      })
      .describe("Ours: what became of the items."),
    bytesRead: count.describe("Ours: bytes of content that were read."),
    bytesSaved: count.describe("Ours: bytes that did not have to be read again."),
    requests: count.describe("Ours: requests it took."),
    notes: z.array(z.string()).describe("Ours: what else people should know of it."),
  })
  .meta({ id: "SyncRun" });
export type WireRun = z.infer<typeof wireRun>;

export const documentStatus = z.enum([
  "unknown",
  "queued",
  "extracting",
  "chunking",
  "embedding",
  "indexing",
  "done",
  "failed",
]);
const itsStatus = documentStatus.describe(
  "How far it is: `queued`, `extracting`, `chunking`, `indexing`, then `done` (it can be found) or `failed`.",
);

/** Names as the protocol's resources have them: in snake case. */
const wireResource = z
  .object({
    id: z.string().describe("The provider's id for it."),
    name: z.string().describe("Its name there."),
    kind: z.enum(["folder", "file", "drive"]).describe("What it is."),
    path: z.string().optional().describe("Where it is, for people: `My Drive / Team`."),
    mime_type: z.string().optional().describe("Its media type, where the provider tells."),
    updated_at: isoDate.optional().describe("When it changed last, where the provider tells."),
    opens: z.boolean().describe("Its id can be a `parent_id`."),
  })
  .meta({ id: "Resource" });
export type WireResource = z.infer<typeof wireResource>;

export const wireResourcePage = z
  .object({
    resources: z.array(wireResource).describe("What can be selected here."),
    total_count: count.optional().describe("How many there are in all; there once the end was reached."),
    next_page_token: z
      .string()
      .optional()
      .describe("Ours: pass it as `page_token` for what follows; absent on the last page."),
  })
  .meta({ id: "ResourcePage" });

/** What the list of one provider's documents shows. */
export const wireProviderDocument = z
  .object({
    id: documentFacts.id,
    title: documentFacts.title,
    summary: documentFacts.summary,
    status: itsStatus,
    type: documentFacts.type,
    createdAt: documentFacts.createdAt,
    updatedAt: documentFacts.updatedAt,
    url: documentFacts.url,
    customId: documentFacts.customId,
    connectionId: documentFacts.connectionId,
    metadata: jsonObject.describe("Your metadata, and the connection's."),
    containerTags: documentFacts.containerTags,
  })
  .meta({ id: "ProviderDocument" });
export type WireProviderDocument = z.infer<typeof wireProviderDocument>;

const itemShape = {
  ...documentFacts,
  status: itsStatus,
  dreamingStatus: z.enum(["dreaming", "done"]).describe("Of the protocol; always `done`."),
  contentHash: z
    .string()
    .nullable()
    .describe("Ours: SHA-256 of the content, in hexadecimal; null = there is none yet."),
  content: z.string().nullable().optional().describe("Its text as Markdown, if `includeContent` asked for it."),
};
const wireDocumentItem = z.object(itemShape).meta({ id: "DocumentItem" });
export type WireDocumentItem = z.infer<typeof wireDocumentItem>;

export const wireDocument = z
  .object({
    ...itemShape,
    content: z.string().nullable().describe("Its text as Markdown; null = there is none yet."),
    source: z.string().nullable().describe("The provider it comes from; null = it was added through this API."),
    ogImage: z.string().nullable().describe("Of the protocol; always null."),
    raw: z.null().describe("Of the protocol; always null."),
    spatialPoint: z.null().describe("Of the protocol; always null."),
    taskType: z.enum(["memory", "superrag"]).describe("What it was added with; without effect here."),
    failure: z
      .string()
      .nullable()
      .describe(
        "Ours, in words for people: why its status is `failed`; while it is `queued` after a fault that may pass, what went wrong and when it is tried again; null otherwise.",
      ),
  })
  .meta({ id: "Document" });
export type WireDocument = z.infer<typeof wireDocument>;

export const wireDocumentPage = z
  .object({
    memories: z.array(wireDocumentItem).describe("The documents. The protocol's name for them."),
    pagination: z
      .object({
        currentPage: z.int().describe("The number of this page, from 1."),
        limit: z.int().describe("How many documents a page has at most."),
        totalItems: count.describe("How many documents fit in all."),
        totalPages: count.describe("How many pages that makes."),
        nextCursor: z
          .string()
          .nullable()
          .optional()
          .describe("Ours: pass it as `cursor` for the following page, however deep; null on the last one."),
      })
      .describe("Where this page is."),
  })
  .meta({ id: "DocumentPage" });

export const wireError = z
  .object({
    error: z.string().describe("What went wrong, in one sentence."),
    details: z.string().optional().describe("Which field it is about, or what to do."),
  })
  .meta({ id: "ErrorResponse" });

export const wireAdded = z
  .object({ id: id.describe("The document's id."), status: itsStatus })
  .meta({ id: "DocumentAdded" });
export type WireAdded = z.infer<typeof wireAdded>;

export const wireBatchAdded = z
  .object({
    results: z
      .array(
        z.object({
          id: z.string().describe("The document's id; empty for one that could not be added."),
          status: z.union([documentStatus, z.literal("error")]).describe("How far it is; `error` = it was not added."),
          error: z.string().optional().describe("Why it was not added."),
          details: z.string().optional().describe("Which field it is about."),
        }),
      )
      .describe("What became of each, in the order they were sent."),
    success: count.describe("How many were added."),
    failed: count.describe("How many were not."),
  })
  .meta({ id: "DocumentsAdded" });
export type WireBatchAdded = z.infer<typeof wireBatchAdded>;

export const wireBulkDeleted = z
  .object({
    success: z.boolean().describe("Everything that was asked for is gone."),
    deletedCount: count.describe("How many documents were deleted."),
    errors: z
      .array(
        z.object({
          id: z.string().describe("The id as you sent it."),
          error: z.string().describe("Why it was not deleted."),
        }),
      )
      .optional()
      .describe("The ids that could not be deleted."),
    containerTags: z.array(z.string()).optional().describe("The tags you named."),
  })
  .meta({ id: "DocumentsDeleted" });
export type WireBulkDeleted = z.infer<typeof wireBulkDeleted>;

const wireProcessingItem = wireDocumentItem
  .pick({
    id: true,
    customId: true,
    connectionId: true,
    title: true,
    summary: true,
    type: true,
    status: true,
    createdAt: true,
    updatedAt: true,
    metadata: true,
    containerTags: true,
  })
  .meta({ id: "ProcessingDocument" });
export type WireProcessingItem = z.infer<typeof wireProcessingItem>;
export const wireProcessing = z
  .object({
    documents: z.array(wireProcessingItem).describe("Those on this page."),
    totalCount: count.describe("How many there are in all."),
  })
  .meta({ id: "Processing" });

export const wireChunks = z
  .object({
    documentId: id.describe("The document's id."),
    chunks: z
      .array(
        z.object({
          id: z.string().describe("`<documentId>_<position>`."),
          position: count.describe("Its place among the document's chunks, from 0."),
          content: z.string().describe("Its text."),
          type: z.literal("text").describe("Always `text`."),
          metadata: z
            .object({
              heading: z.string().describe("The headings it is under, outermost first."),
              start: count.describe("Where it begins in the document's content, in UTF-16 code units."),
              end: count.describe("Where it ends there."),
            })
            .describe("Ours: where it is in the document."),
          createdAt: isoDate.describe("When it was made."),
        }),
      )
      .describe("All of them, in order."),
    total: count.describe("How many there are."),
  })
  .meta({ id: "Chunks" });
export type WireChunk = z.infer<typeof wireChunks>["chunks"][number];

export const wireFileUrl = z
  .object({ url: z.url().describe("Where the file can be downloaded, without a key, for 24 hours.") })
  .meta({ id: "FileUrl" });

const score = z.number().min(0).max(1).describe("How well it fits, from 0 to 1.");
const highlights = z
  .array(
    z.object({
      start: count.describe("Where the match begins in the text, in UTF-16 code units."),
      end: count.describe("Where it ends."),
    }),
  )
  .describe("Ours: what matched within the text.");
const heading = z.string().describe("Ours: the headings it is under, outermost first.");

const wireMatch = z
  .object({
    content: z.string().describe("The chunk's text."),
    isRelevant: z.boolean().describe("It matches; false for neighbours that `onlyMatchingChunks: false` brings along."),
    score,
    position: count.describe("Its place among the document's chunks, from 0."),
    heading,
    highlights,
  })
  .meta({ id: "MatchingChunk" });

const wireSearchResult = z
  .object({
    documentId: documentFacts.id,
    title: documentFacts.title,
    type: documentFacts.type.nullable(),
    score,
    metadata: documentFacts.metadata,
    createdAt: documentFacts.createdAt,
    updatedAt: documentFacts.updatedAt,
    summary: documentFacts.summary.optional(),
    content: z.string().nullable().optional().describe("The whole text, if `includeFullDocs` asked for it."),
    chunks: z.array(wireMatch).describe("The chunks that match, best first."),
    url: documentFacts.url,
    customId: documentFacts.customId,
    connectionId: documentFacts.connectionId,
    provider: z.string().nullable().describe("Ours: the provider it comes from; null = it was added through this API."),
    filepath: documentFacts.filepath,
    containerTags: documentFacts.containerTags,
  })
  .meta({ id: "SearchResult" });
export type WireSearchResult = z.infer<typeof wireSearchResult>;

const timing = z.number().describe("How long the search took, in milliseconds.");
const total = count.describe("How many results there are above.");

export const wireSearch = z
  .object({ results: z.array(wireSearchResult).describe("Best first."), timing, total })
  .meta({ id: "SearchResults" });

const wireChunkResult = z
  .object({
    id: z.string().describe("`<documentId>_<position>`."),
    chunk: z.string().describe("The chunk's text."),
    similarity: score,
    updatedAt: documentFacts.updatedAt,
    metadata: documentFacts.metadata,
    filepath: documentFacts.filepath,
    documents: z
      .array(
        z.object({
          id: documentFacts.id,
          createdAt: documentFacts.createdAt,
          updatedAt: documentFacts.updatedAt,
          title: documentFacts.title,
          type: documentFacts.type,
          metadata: documentFacts.metadata,
          summary: documentFacts.summary.optional(),
        }),
      )
      .optional()
      .describe("The document it is of, if `include.documents` asked for it."),
    chunks: z
      .array(
        z.object({
          content: z.string().describe("The chunk's text."),
          documentId: documentFacts.id,
          position: count.describe("Its place among the document's chunks, from 0."),
          score,
        }),
      )
      .optional()
      .describe("Further chunks of the document, if `include.chunks` asked for them."),
    documentId: documentFacts.id,
    position: count.describe("Ours: its place among the document's chunks, from 0."),
    heading,
    highlights,
  })
  .meta({ id: "ChunkResult" });
export type WireChunkResult = z.infer<typeof wireChunkResult>;

export const wireChunkSearch = z
  .object({ results: z.array(wireChunkResult).describe("Best first."), timing, total })
  .meta({ id: "ChunkSearchResults" });

const keyFacts = {
  id: id.describe("The key's id: what rotates and revokes it."),
  name: z.string().describe("Its name in lists and in the activity log."),
  containerTag: z.string().nullable().describe("The only container it reaches."),
  expiresAt: isoDate.nullable().describe("When it stops working; null = it does not by itself."),
};
const scopes = z.array(accessScope).describe("Ours: what it may do.");

export const wireNewKey = z
  .object({
    key: z.string().describe("The key itself. It is shown this once."),
    ...keyFacts,
    allowedEndpoints: z.array(z.string()).describe("The paths it reaches."),
    scopes,
  })
  .meta({ id: "NewKey" });

export const wireKeys = z.array(
  z
    .object({
      ...keyFacts,
      scopes,
      suffix: z.string().describe("The last four characters of the key."),
      createdAt: isoDate.describe("When it was made."),
      lastUsedAt: isoDate.nullable().describe("When it was used last; null = never."),
      rateLimitMax: z.int().nullable().describe("Requests it may make in `rateLimitTimeWindow`; null = as any key."),
      rateLimitTimeWindow: z.int().nullable().describe("Milliseconds; null = as any key."),
    })
    .meta({ id: "Key" }),
);

export const wireSuccess = z.object({ success: z.literal(true).describe("It is done.") }).meta({ id: "Success" });
