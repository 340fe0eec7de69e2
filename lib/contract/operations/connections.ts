import { z } from "zod";
import { idPattern } from "../ids.ts";
import { operation, type Operation } from "../operation.ts";
import { redirectUrl } from "../redirect-url.ts";
import { containerTag, containerTags } from "../tags.ts";
import { wireConnection, wireCreated, wireDeleted, wireProviderDocument, wireResourcePage, wireRun } from "../wire.ts";
import { digits, metadataValue, none, ok } from "./shared.ts";

/** Sources: connect, watch, sync, change, remove. */

/** Any text: what is no id of ours is simply not found, with the very same answer as an id of somebody else. */
const connectionId = z.string().meta({
  description: "The connection's id.",
  openapi: { type: "string", pattern: idPattern.source },
});
const provider = z.string().meta({
  description: "The provider's name.",
  examples: ["s3", "web-crawler", "notion", "google-drive", "onedrive"],
});
const byId = z.object({ connectionId });
const byProvider = z.object({ provider });

const wholeLimit = "must be a whole number from 1 to 10,000";
const documentLimit = z
  .int(wholeLimit)
  .min(1, wholeLimit)
  .max(10_000, wholeLimit)
  .describe("How many new documents one sync may add; 10,000 if it is not said. Later syncs take the rest.");
const allOfTheseTags = containerTags.describe("Only what has all of these tags; none = everything.");
const noTagsMeansAll = z.object({ containerTags: allOfTheseTags.optional() });
const ownTags = containerTags.describe("Whose the documents are: each of them gets all of these tags.");
const whereTo = redirectUrl.describe(
  "Where the person's browser goes afterwards: https, or http for localhost. At most 2,048 characters.",
);

export const createConnection = operation({
  id: "createConnection",
  method: "POST",
  path: "/v3/connections/{provider}",
  tag: "Connections",
  access: "connections",
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
    containerTag: containerTag.optional().describe("One tag; the same as `containerTags` with it alone."),
    containerTags: ownTags.optional(),
    documentLimit: documentLimit.optional(),
    metadata: z.record(z.string(), metadataValue).nullish().describe("The provider's settings and keys of your own."),
    redirectUrl: whereTo.optional(),
  }),
  reply: ok(wireCreated, "The new connection"),
  errors: [400, 403, 404, 413, 415, 502],
  effect: true,
});

const connectionList = {
  access: "read",
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
  body: z.object({
    containerTags: allOfTheseTags.optional(),
    provider: z.string().optional().describe("Only connections to this provider."),
  }),
  errors: [400, 413, 415],
});

export const listConnectionsByGet = operation({
  ...connectionList,
  id: "listConnectionsByGet",
  method: "GET",
  path: "/v3/connections",
  tag: "Connections",
  deprecated: true,
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
  access: "read",
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
  access: "connections",
  summary: "Change, pause or resume a connection",
  description:
    "Only what is named changes. Keys of `metadata` that are settings of the provider are merged over the stored ones and " +
    "checked against the source again; null takes a key away. `paused` stops or restarts syncing.",
  params: byId,
  query: none,
  body: z.object({
    name: z.string().max(100).optional().describe("Its name in the console; empty = the account's."),
    containerTags: ownTags.optional(),
    documentLimit: documentLimit.optional(),
    intervalSeconds: z
      .int("must be a whole number of seconds")
      .min(60, "must be at least 60 seconds")
      .max(31_536_000, "must be at most a year")
      .nullable()
      .optional()
      .describe("Seconds between scheduled syncs; null = the provider's default."),
    metadata: z
      .record(z.string(), metadataValue.nullable())
      .optional()
      .describe("Settings of the provider and keys of your own to change; null takes a key away."),
    paused: z.boolean().optional().describe("true = sync no more until it is false again."),
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
  access: "connections",
  summary: "Renew a connection's access",
  description:
    "Answers where the browser of the account's owner has to go. The connection keeps its id, documents and tags; another " +
    "account than its own is refused.",
  params: byId,
  query: none,
  body: z.object({ redirectUrl: whereTo.optional() }),
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
  access: "read",
  summary: "Get a connection by provider and tags",
  description: "The newest one that has all of the tags.",
  params: byProvider,
  query: none,
  body: z.object({
    containerTags: containerTags.min(1, "must name at least one tag").describe("Tags that it has, all of them."),
  }),
  reply: ok(wireConnection, "The connection"),
  errors: [400, 404, 413, 415],
  effect: false,
});

export const deleteConnection = operation({
  id: "deleteConnection",
  method: "DELETE",
  path: "/v3/connections/{connectionId}",
  tag: "Connections",
  access: "connections",
  summary: "Remove a connection",
  description: "Its documents are removed too, unless `deleteDocuments` is exactly `false`.",
  params: byId,
  query: z.object({
    deleteDocuments: z
      .string()
      .optional()
      .describe("`false` keeps the documents; they then belong to no connection. Anything else removes them."),
  }),
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
  access: "connections",
  summary: "Remove a provider's connection",
  description: "The newest one that has all of the tags, together with its documents.",
  params: byProvider,
  query: none,
  body: z.object({ containerTags: containerTags.describe("Tags that the connection has, all of them.") }),
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
  access: "connections",
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
  deprecated: true,
  path: "/v3/connections/{provider}/sync",
  summary: "Sync now (older form)",
});

export const listProviderDocuments = operation({
  id: "listProviderDocuments",
  method: "POST",
  path: "/v3/connections/{provider}/documents",
  tag: "Connections",
  access: "read",
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
  access: "read",
  summary: "List what can be selected at the source",
  description:
    "What is in the folder `parent_id`, or at the top. Providers know no page numbers: `page` is found by reading the " +
    "pages before it once more, up to 20 of the provider's. To go further, or to read a long list, pass " +
    "`next_page_token` back as `page_token`; `page` counts from there. `total_count` is there when the end was reached.",
  params: byId,
  query: z.object({
    page: digits(1, 1_000_000).default(1).describe("Which page, from 1."),
    per_page: digits(1, 200).default(30).describe("How many a page has."),
    parent_id: z.string().max(1_024).optional().describe("The folder to look into; none = the top."),
    page_token: z.string().max(16_384).optional().describe("`next_page_token` of the page before."),
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
  access: "connections",
  summary: "Select what to sync",
  description:
    "Replaces the selection with these objects as `GET …/resources` lists them (`id`, `kind` and, for people, `name`; " +
    "at most 500), and syncs. Documents of what is not selected any more are removed.",
  params: byId,
  query: none,
  body: z.object({
    resources: z
      .array(z.record(z.string(), z.unknown()))
      .max(5_000)
      .describe("What to sync, as `GET …/resources` lists it: `id`, `kind` and `name`. At most 500."),
  }),
  reply: ok(
    z.object({
      success: z.boolean().describe("It was stored."),
      message: z.string().describe("What happens now, in words."),
      webhooksRegistered: z.int().optional().describe("Of the protocol: for providers that tell of changes."),
    }),
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
  access: "read",
  summary: "List a connection's sync runs",
  params: byId,
  query: z.object({ limit: digits(1, 200).default(50).describe("How many runs at most.") }),
  body: null,
  reply: ok(z.array(wireRun), "Newest first"),
  errors: [400, 404],
  effect: false,
});

export const connectionOperations: readonly Operation[] = [
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
];
