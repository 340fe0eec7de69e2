import { z } from "zod";
import { metadataFilter } from "./filters.ts";
import { idPattern } from "./ids.ts";
import { operation, type Operation } from "./operation.ts";
import { redirectUrl } from "./redirect-url.ts";
import { settingsPatch, wireSettings, wireSettingsUpdated } from "./settings.ts";
import { containerTag, containerTags } from "./tags.ts";
import {
  documentStatus,
  wireConnection,
  wireCreated,
  wireDeleted,
  wireDocument,
  wireDocumentPage,
  wireProviderDocument,
  wireResourcePage,
  wireRun,
} from "./wire.ts";

/** Every operation of the API. Routes, tests, the documentation and the console's snippets are made from these. */

const none = z.object({});

/** Any text: what is no id of ours is simply not found, with the very same answer as an id of somebody else. */
const connectionId = z.string().meta({ pattern: idPattern.source });
const provider = z.string().meta({ examples: ["s3", "web-crawler"] });
const byId = z.object({ connectionId });
const byProvider = z.object({ provider });

/** Same-valued digits as number or text: `10` and `"10"`. */
function digits(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,10}$/, message)
          .transform(Number),
      ],
      message,
    )
    .pipe(z.int(message).min(min, message).max(max, message));
}

const metadataValue = z.union([z.string(), z.number(), z.boolean()], "must be a string, a number or a boolean");
const wholeLimit = "must be a whole number from 1 to 10,000";
const documentLimit = z.int(wholeLimit).min(1, wholeLimit).max(10_000, wholeLimit);
const noTagsMeansAll = z.object({ containerTags: containerTags.optional() });

const ok = (schema: z.ZodType, description: string) =>
  ({ status: 200, contentType: "application/json", description, schema }) as const;

export const createConnection = operation({
  id: "createConnection",
  method: "POST",
  path: "/v3/connections/{provider}",
  tag: "Connections",
  summary: "Connect a source",
  description:
    "Checks the provider's settings in `metadata` against the source, stores the connection and starts the first sync. " +
    "Other keys of `metadata` are copied onto every document. Secrets are sealed and never returned. " +
    "Where a person has to consent, `authLink` is where their browser has to go within `expiresIn`; the connection exists " +
    "from when they come back. They end at `redirectUrl` with `connectionId` and `provider`, or with `error` and " +
    "`error_description`; if its origin is not on the organization's list, they are asked on a page of ours first.",
  params: byProvider,
  query: none,
  body: z.object({
    containerTag: containerTag.optional(),
    containerTags: containerTags.optional(),
    documentLimit: documentLimit.optional(),
    metadata: z.record(z.string(), metadataValue).nullish(),
    redirectUrl: redirectUrl.optional(),
  }),
  reply: ok(wireCreated, "The new connection"),
  errors: [400, 403, 404, 413, 415, 502],
  effect: true,
});

const connectionList = {
  params: none,
  reply: ok(z.array(wireConnection), "All connections, newest first"),
  effect: false,
} as const;

export const listConnections = operation({
  ...connectionList,
  id: "listConnections",
  method: "POST",
  path: "/v3/connections/list",
  tag: "Connections",
  summary: "List connections",
  description: "Those that have all of the given tags; no tags means all connections.",
  query: none,
  body: z.object({ containerTags: containerTags.optional(), provider: z.string().optional() }),
  errors: [400, 413, 415],
});

export const listConnectionsByGet = operation({
  ...connectionList,
  id: "listConnectionsByGet",
  method: "GET",
  path: "/v3/connections",
  tag: "Connections",
  summary: "List connections (older form)",
  query: none,
  body: null,
  errors: [],
});

export const getConnection = operation({
  id: "getConnection",
  method: "GET",
  path: "/v3/connections/{connectionId}",
  tag: "Connections",
  summary: "Get a connection",
  params: byId,
  query: none,
  body: null,
  reply: ok(wireConnection, "The connection"),
  errors: [404],
  effect: false,
});

export const updateConnection = operation({
  id: "updateConnection",
  method: "PATCH",
  path: "/v3/connections/{connectionId}",
  tag: "Connections",
  summary: "Change, pause or resume a connection",
  description:
    "Only what is named changes. Keys of `metadata` that are settings of the provider are merged over the stored ones and " +
    "checked against the source again; null takes a key away. `paused` stops or restarts syncing.",
  params: byId,
  query: none,
  body: z.object({
    name: z.string().max(100).optional(),
    containerTags: containerTags.optional(),
    documentLimit: documentLimit.optional(),
    /** null = the provider's default */
    intervalSeconds: z
      .int("must be a whole number of seconds")
      .min(60, "must be at least 60 seconds")
      .max(31_536_000, "must be at most a year")
      .nullable()
      .optional(),
    metadata: z.record(z.string(), metadataValue.nullable()).optional(),
    paused: z.boolean().optional(),
  }),
  reply: ok(wireConnection, "The connection as it is now"),
  errors: [400, 403, 404, 409, 413, 415, 502],
  effect: true,
  extension: true,
});

export const reconnectConnection = operation({
  id: "reconnectConnection",
  method: "POST",
  path: "/v3/connections/{connectionId}/reconnect",
  tag: "Connections",
  summary: "Renew a connection's access",
  description:
    "Answers where the browser of the account's owner has to go. The connection keeps its id, documents and tags; another " +
    "account than its own is refused.",
  params: byId,
  query: none,
  body: z.object({ redirectUrl: redirectUrl.optional() }),
  reply: ok(wireCreated, "Where to consent once more"),
  errors: [400, 404, 413, 415],
  effect: true,
  extension: true,
});

export const getConnectionByTags = operation({
  id: "getConnectionByTags",
  method: "POST",
  path: "/v3/connections/{provider}/connection",
  tag: "Connections",
  summary: "Get a connection by provider and tags",
  description: "The newest one that has all of the tags.",
  params: byProvider,
  query: none,
  body: z.object({ containerTags: containerTags.min(1, "must name at least one tag") }),
  reply: ok(wireConnection, "The connection"),
  errors: [400, 404, 413, 415],
  effect: false,
});

export const deleteConnection = operation({
  id: "deleteConnection",
  method: "DELETE",
  path: "/v3/connections/{connectionId}",
  tag: "Connections",
  summary: "Remove a connection",
  description: "Its documents are removed too, unless `deleteDocuments` is exactly `false`.",
  params: byId,
  query: z.object({ deleteDocuments: z.string().optional() }),
  body: null,
  reply: ok(z.union([wireDeleted, z.array(wireDeleted)]), "What was removed"),
  errors: [400, 404],
  effect: true,
});

export const deleteConnectionsByProvider = operation({
  id: "deleteConnectionsByProvider",
  method: "DELETE",
  path: "/v3/connections/{provider}",
  tag: "Connections",
  summary: "Remove a provider's connection",
  description: "The newest one that has all of the tags, together with its documents.",
  params: byProvider,
  query: none,
  body: z.object({ containerTags }),
  reply: ok(z.union([wireDeleted, z.array(wireDeleted)]), "What was removed"),
  errors: [400, 404, 413, 415],
  effect: true,
});

const importReply = {
  status: 202,
  contentType: "text/plain",
  description: "How many connections will be synced, in words",
  schema: z.string(),
} as const;

export const importConnections = operation({
  id: "importConnections",
  method: "POST",
  path: "/v3/connections/{provider}/import",
  tag: "Connections",
  summary: "Sync now",
  description:
    "Queues a sync of every connection of the provider that has all of the tags. While one is queued, asking again joins it.",
  params: byProvider,
  query: none,
  body: noTagsMeansAll,
  reply: importReply,
  errors: [400, 404, 413, 415],
  effect: true,
});

export const syncConnections = operation({
  ...importConnections,
  id: "syncConnections",
  path: "/v3/connections/{provider}/sync",
  summary: "Sync now (older form)",
});

export const listProviderDocuments = operation({
  id: "listProviderDocuments",
  method: "POST",
  path: "/v3/connections/{provider}/documents",
  tag: "Connections",
  summary: "List a provider's documents",
  description: "All of them that have all of the tags, newest first.",
  params: byProvider,
  query: none,
  body: noTagsMeansAll,
  reply: ok(z.array(wireProviderDocument), "The documents"),
  errors: [400, 404, 413, 415],
  effect: false,
});

export const listResources = operation({
  id: "listResources",
  method: "GET",
  path: "/v3/connections/{connectionId}/resources",
  tag: "Connections",
  summary: "List what can be selected at the source",
  description:
    "What is in the folder `parent_id`, or at the top. Providers know no page numbers: `page` is found by reading the " +
    "pages before it once more, up to 20 of the provider's. To go further, or to read a long list, pass " +
    "`next_page_token` back as `page_token`; `page` counts from there. `total_count` is there when the end was reached.",
  params: byId,
  query: z.object({
    page: digits(1, 1_000_000).default(1),
    per_page: digits(1, 200).default(30),
    parent_id: z.string().max(1_024).optional(),
    page_token: z.string().max(16_384).optional(),
  }),
  body: null,
  reply: ok(wireResourcePage, "What can be selected"),
  errors: [400, 403, 404, 501, 502],
  effect: false,
});

export const configureConnection = operation({
  id: "configureConnection",
  method: "POST",
  path: "/v3/connections/{connectionId}/configure",
  tag: "Connections",
  summary: "Select what to sync",
  description:
    "Replaces the selection with these objects as `GET …/resources` lists them (`id`, `kind` and, for people, `name`; " +
    "at most 500), and syncs. Documents of what is not selected any more are removed.",
  params: byId,
  query: none,
  body: z.object({ resources: z.array(z.record(z.string(), z.unknown())).max(5_000) }),
  reply: ok(
    z.object({ success: z.boolean(), message: z.string(), webhooksRegistered: z.int().optional() }),
    "The selection was stored",
  ),
  errors: [400, 403, 404, 413, 415, 501],
  effect: false,
});

export const listSyncRuns = operation({
  id: "listSyncRuns",
  method: "GET",
  path: "/v3/connections/{connectionId}/sync-runs",
  tag: "Connections",
  summary: "List a connection's sync runs",
  params: byId,
  query: z.object({ limit: digits(1, 200).default(50) }),
  body: null,
  reply: ok(z.array(wireRun), "Newest first"),
  errors: [400, 404],
  effect: false,
});

export const getDocument = operation({
  id: "getDocument",
  method: "GET",
  path: "/v3/documents/{documentId}",
  tag: "Documents",
  summary: "Get a document",
  params: z.object({ documentId: z.string() }),
  query: none,
  body: null,
  reply: ok(wireDocument, "The document with its content"),
  errors: [404],
  effect: false,
});

export const listDocuments = operation({
  id: "listDocuments",
  method: "POST",
  path: "/v3/documents/list",
  tag: "Documents",
  summary: "List documents",
  description:
    "By page. `containerTags`: documents that have all of them. `filepath`: exact, or a prefix when it ends with a slash. " +
    "`filters`: `{ AND: […] }` or `{ OR: […] }` of conditions `{ key, value, filterType, numericOperator, negate, ignoreCase }` " +
    "on metadata, nested up to eight levels.",
  params: none,
  query: none,
  body: z.object({
    containerTag: containerTag.optional(),
    containerTags: containerTags.optional(),
    /** a provider's name; `provider` says the same */
    source: z.string().max(255).optional(),
    provider: z.string().max(255).optional(),
    connectionId: z.string().optional(),
    status: documentStatus.optional(),
    filepath: z.string().max(4_096).optional(),
    /** conditions on metadata, as an object or as JSON text */
    filters: metadataFilter.optional(),
    includeContent: z.boolean().default(false),
    limit: digits(1, 1_100).default(10),
    page: digits(1, 100_000_000).default(1),
    sort: z.enum(["createdAt", "updatedAt"]).default("createdAt"),
    order: z.enum(["asc", "desc"]).default("desc"),
  }),
  reply: ok(wireDocumentPage, "One page"),
  errors: [400, 413, 415],
  effect: false,
});

const providerSettings =
  "Each provider that connects through OAuth has `<prefix>CustomKeyEnabled`, `<prefix>ClientId`, `<prefix>ClientSecret` " +
  "and, where it has tenants, `<prefix>Tenant`, e.g. `googleDriveClientId`.";

export const getSettings = operation({
  id: "getSettings",
  method: "GET",
  path: "/v3/settings",
  tag: "Settings",
  summary: "Get the organization's settings",
  description: `${providerSettings} Secrets are masked: dots and their last four characters.`,
  params: none,
  query: none,
  body: null,
  reply: ok(wireSettings, "The settings; null = not set"),
  errors: [],
  effect: false,
});

export const updateSettings = operation({
  id: "updateSettings",
  method: "PATCH",
  path: "/v3/settings",
  tag: "Settings",
  summary: "Change the organization's settings",
  description:
    `${providerSettings} Only what is named changes, all of it or nothing; null clears. A secret's own mask leaves it as ` +
    "it is. An OAuth app of your own is used for new connections; those there are keep the one they were made with.",
  params: none,
  query: none,
  body: settingsPatch,
  reply: ok(wireSettingsUpdated, "What was named, as it is now"),
  errors: [400, 403, 413, 415],
  effect: true,
});

export const operations: readonly Operation[] = [
  createConnection,
  listConnections,
  listConnectionsByGet,
  getConnection,
  updateConnection,
  reconnectConnection,
  getConnectionByTags,
  deleteConnection,
  deleteConnectionsByProvider,
  importConnections,
  syncConnections,
  listProviderDocuments,
  listResources,
  configureConnection,
  listSyncRuns,
  getDocument,
  listDocuments,
  getSettings,
  updateSettings,
];
