import { z } from "zod";
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
  }),
});
