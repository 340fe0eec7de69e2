import { z } from "zod";
import { accessScope } from "./access.ts";
import { id } from "./ids.ts";

/** Shapes of the API's replies, as the official clients type them (plus what newer vintages of the protocol added). */

const isoDate = z.iso.datetime({ precision: 3 });
const jsonObject = z.record(z.string(), z.unknown());

const wireSyncRun = z.object({
  status: z.enum(["running", "completed", "failed"]),
  errorCode: z
    .enum(["auth_expired", "rate_limited", "plan_required", "provider_unavailable", "internal"])
    .nullable()
    .optional(),
  error: z.string().nullable().optional(),
  startedAt: isoDate.optional(),
  completedAt: isoDate.optional(),
});

export const wireConnection = z.object({
  id,
  provider: z.string(),
  createdAt: isoDate,
  documentLimit: z.int().optional(),
  email: z.string().optional(),
  expiresAt: isoDate.optional(),
  /** the provider's settings without secrets, the caller's metadata, and three facts of ours */
  metadata: jsonObject
    .and(
      z.object({
        syncInProgress: z.boolean(),
        /** epoch milliseconds */
        lastSyncedAt: z.int().optional(),
        documentCount: z.int(),
      }),
    )
    .optional(),
  containerTags: z.array(z.string()).optional(),
  lastSyncRun: wireSyncRun.optional(),
  // Ours: more than the protocol asks for.
  name: z.string().optional(),
  status: z.string().optional(),
  paused: z.boolean().optional(),
  intervalSeconds: z.int().optional(),
  nextSyncAt: isoDate.nullable().optional(),
});
export type WireConnection = z.infer<typeof wireConnection>;

export const wireCreated = z.object({
  id,
  /** null: nobody has to authorise anything */
  authLink: z.string().nullable(),
  expiresIn: z.string().nullable(),
  redirectsTo: z.string().optional(),
});

export const wireDeleted = z.object({ id, provider: z.string() });

export const wireRun = z.object({
  id,
  connectionId: id,
  status: z.enum(["running", "completed", "failed"]),
  triggerType: z.enum(["event", "cron", "manual"]),
  startedAt: isoDate,
  completedAt: isoDate.nullable(),
  itemsProcessed: z.int(),
  itemsFailed: z.int(),
  error: z.string().nullable(),
  // Ours: the whole account of the run.
  errorCode: z.string().nullable(),
  queuedAt: isoDate,
  waitingUntil: isoDate.nullable(),
  counts: z.object({
    listed: z.int(),
    new: z.int(),
    changed: z.int(),
    same: z.int(),
    removed: z.int(),
    skipped: z.int(),
    failed: z.int(),
    waiting: z.int(),
    held: z.int(),
  }),
  bytesRead: z.int(),
  bytesSaved: z.int(),
  requests: z.int(),
  notes: z.array(z.string()),
});
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

/** Names as the protocol's resources have them: in snake case. */
const wireResource = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["folder", "file", "drive"]),
  path: z.string().optional(),
  mime_type: z.string().optional(),
  updated_at: isoDate.optional(),
  /** its id can be a `parent_id` */
  opens: z.boolean(),
});
export type WireResource = z.infer<typeof wireResource>;

export const wireResourcePage = z.object({
  resources: z.array(wireResource),
  total_count: z.int().optional(),
  /** ours: absent on the last page */
  next_page_token: z.string().optional(),
});

/** What the list of one provider's documents shows. */
export const wireProviderDocument = z.object({
  id,
  title: z.string().nullable(),
  summary: z.string().nullable(),
  status: documentStatus,
  type: z.string(),
  createdAt: isoDate,
  updatedAt: isoDate,
  url: z.string().nullable(),
  customId: z.string().nullable(),
  connectionId: id.nullable(),
  metadata: jsonObject,
  containerTags: z.array(z.string()),
});
export type WireProviderDocument = z.infer<typeof wireProviderDocument>;

const wireDocumentItem = z.object({
  id,
  connectionId: id.nullable(),
  customId: z.string().nullable(),
  title: z.string().nullable(),
  summary: z.string().nullable(),
  status: documentStatus,
  type: z.string(),
  filepath: z.string().nullable(),
  url: z.string().nullable(),
  metadata: jsonObject.nullable(),
  containerTags: z.array(z.string()),
  createdAt: isoDate,
  updatedAt: isoDate,
  dreamingStatus: z.enum(["dreaming", "done"]),
  /** ours: hex SHA-256 of the content */
  contentHash: z.string().nullable(),
  content: z.string().nullable().optional(),
});
export type WireDocumentItem = z.infer<typeof wireDocumentItem>;

export const wireDocument = wireDocumentItem.extend({
  content: z.string().nullable(),
  source: z.string().nullable(),
  ogImage: z.string().nullable(),
  raw: z.null(),
  spatialPoint: z.null(),
  taskType: z.enum(["memory", "superrag"]),
  /** ours: why the status is failed, in words for people; null otherwise */
  failure: z.string().nullable(),
});
export type WireDocument = z.infer<typeof wireDocument>;

export const wireDocumentPage = z.object({
  /** the protocol's name for documents */
  memories: z.array(wireDocumentItem),
  pagination: z.object({
    currentPage: z.int(),
    limit: z.int(),
    totalItems: z.int(),
    totalPages: z.int(),
    /** ours: pass it as `cursor` for the following page; null on the last one */
    nextCursor: z.string().nullable().optional(),
  }),
});

export const wireError = z.object({ error: z.string(), details: z.string().optional() });

export const wireAdded = z.object({ id, status: documentStatus });
export type WireAdded = z.infer<typeof wireAdded>;

export const wireBatchAdded = z.object({
  results: z.array(
    z.object({
      /** empty for one that could not be added */
      id: z.string(),
      status: z.union([documentStatus, z.literal("error")]),
      error: z.string().optional(),
      details: z.string().optional(),
    }),
  ),
  success: z.int(),
  failed: z.int(),
});
export type WireBatchAdded = z.infer<typeof wireBatchAdded>;

export const wireBulkDeleted = z.object({
  success: z.boolean(),
  deletedCount: z.int(),
  errors: z.array(z.object({ id: z.string(), error: z.string() })).optional(),
  containerTags: z.array(z.string()).optional(),
});
export type WireBulkDeleted = z.infer<typeof wireBulkDeleted>;

const wireProcessingItem = wireDocumentItem.pick({
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
});
export type WireProcessingItem = z.infer<typeof wireProcessingItem>;
export const wireProcessing = z.object({ documents: z.array(wireProcessingItem), totalCount: z.int() });

export const wireChunks = z.object({
  documentId: id,
  chunks: z.array(
    z.object({
      /** `<documentId>_<position>` */
      id: z.string(),
      position: z.int(),
      content: z.string(),
      type: z.literal("text"),
      /** ours: the headings it is under, and where it is in the document's content, in UTF-16 code units */
      metadata: z.object({ heading: z.string(), start: z.int(), end: z.int() }),
      createdAt: isoDate,
    }),
  ),
  total: z.int(),
});

export const wireFileUrl = z.object({ url: z.url() });

const score = z.number().min(0).max(1);
/** Ours: what matched within a text, as offsets in UTF-16 code units. */
const highlights = z.array(z.object({ start: z.int(), end: z.int() }));

const wireMatch = z.object({
  content: z.string(),
  isRelevant: z.boolean(),
  score,
  position: z.int(),
  // Ours.
  heading: z.string(),
  highlights,
});

const wireSearchResult = z.object({
  documentId: id,
  title: z.string().nullable(),
  type: z.string().nullable(),
  score,
  metadata: jsonObject.nullable(),
  createdAt: isoDate,
  updatedAt: isoDate,
  summary: z.string().nullable().optional(),
  content: z.string().nullable().optional(),
  chunks: z.array(wireMatch),
  // Ours: where it comes from.
  url: z.string().nullable(),
  customId: z.string().nullable(),
  connectionId: id.nullable(),
  provider: z.string().nullable(),
  filepath: z.string().nullable(),
  containerTags: z.array(z.string()),
});
export type WireSearchResult = z.infer<typeof wireSearchResult>;

export const wireSearch = z.object({
  results: z.array(wireSearchResult),
  /** milliseconds */
  timing: z.number(),
  /** of the results above */
  total: z.int(),
});

const wireChunkResult = z.object({
  /** `<documentId>_<position>` */
  id: z.string(),
  chunk: z.string(),
  similarity: score,
  updatedAt: isoDate,
  metadata: jsonObject.nullable(),
  filepath: z.string().nullable(),
  documents: z
    .array(
      z.object({
        id,
        createdAt: isoDate,
        updatedAt: isoDate,
        title: z.string().nullable(),
        type: z.string(),
        metadata: jsonObject.nullable(),
        summary: z.string().nullable().optional(),
      }),
    )
    .optional(),
  chunks: z.array(z.object({ content: z.string(), documentId: id, position: z.int(), score })).optional(),
  // Ours.
  documentId: id,
  position: z.int(),
  heading: z.string(),
  highlights,
});
export type WireChunkResult = z.infer<typeof wireChunkResult>;

export const wireChunkSearch = z.object({ results: z.array(wireChunkResult), timing: z.number(), total: z.int() });

const keyFacts = {
  id,
  name: z.string(),
  containerTag: z.string().nullable(),
  expiresAt: isoDate.nullable(),
};

export const wireNewKey = z.object({
  /** shown this once */
  key: z.string(),
  ...keyFacts,
  allowedEndpoints: z.array(z.string()),
  /** ours */
  scopes: z.array(accessScope),
});

export const wireKeys = z.array(
  z.object({
    ...keyFacts,
    scopes: z.array(accessScope),
    /** the last four characters of the key */
    suffix: z.string(),
    createdAt: isoDate,
    lastUsedAt: isoDate.nullable(),
    rateLimitMax: z.int().nullable(),
    rateLimitTimeWindow: z.int().nullable(),
  }),
);

export const wireSuccess = z.object({ success: z.literal(true) });
