import { z } from "zod";
import { operation } from "./operation.ts";
import { digits, none, ok } from "./operations/shared.ts";
import { wireAdded } from "./wire.ts";
import { uploadDocument } from "./operations/documents.ts";
import type {
  ConnectionView,
  DocumentRow,
  DocumentRowPage,
  KeysetPage,
  ResourcePageView,
  RunRow,
  RunView,
} from "./views.ts";

/**
 * What the console's own pages ask in the background: with the session's cookie, for views rather than wire shapes. Not
 * part of the API, and free to change with the pages. Both sides are ours, so replies are typed and not checked again.
 */

const view = <View>(description: string) => ok(z.custom<View>(), description);
const byId = z.object({ id: z.string() });
const text = z.string().max(1_000).optional();

/** What all of them have in common. */
const asked = { method: "GET", body: null, errors: [404], effect: false, access: "read", query: none } as const;

export const liveConnections = operation({
  ...asked,
  id: "liveConnections",
  path: "/api/console/connections",
  tag: "Connections",
  summary: "All connections",
  params: none,
  reply: view<readonly ConnectionView[]>("By name"),
});

export const liveConnection = operation({
  ...asked,
  id: "liveConnection",
  path: "/api/console/connections/{id}",
  tag: "Connections",
  summary: "One connection",
  params: byId,
  reply: view<ConnectionView>("The connection"),
});

const resourcesAsked = z.object({ parent: text, search: text, page: z.string().max(10_000).optional() });

export const choosableResources = operation({
  ...asked,
  id: "choosableResources",
  path: "/api/console/connections/{id}/resources",
  tag: "Connections",
  summary: "What can be chosen at a source",
  params: byId,
  query: resourcesAsked,
  reply: view<ResourcePageView>("One page of a folder or a search"),
});

/** For the one browser that has just connected the account: its person need not have an account here. */
export const choosableInFlow = operation({
  ...asked,
  id: "choosableInFlow",
  path: "/connect/choose/{token}/resources",
  tag: "Connections",
  summary: "What can be chosen at the source being connected",
  params: z.object({ token: z.string() }),
  query: resourcesAsked,
  reply: view<ResourcePageView>("One page of a folder or a search"),
});

export const liveRuns = operation({
  ...asked,
  id: "liveRuns",
  path: "/api/console/runs",
  tag: "Connections",
  summary: "The newest syncs",
  params: none,
  query: z.object({ limit: digits(1, 100).default(30) }),
  reply: view<KeysetPage<RunRow>>("Newest first"),
});

export const liveRun = operation({
  ...asked,
  id: "liveRun",
  path: "/api/console/runs/{id}",
  tag: "Connections",
  summary: "One sync",
  params: byId,
  reply: view<RunView>("The sync"),
});

/** The address of the documents pages has the same parameters. */
export const documentsAsked = z.object({
  q: text,
  provider: text,
  connection: text,
  status: text,
  tag: text,
  type: text,
  after: text,
  before: text,
});
export type DocumentsAsked = z.output<typeof documentsAsked>;

export const liveDocuments = operation({
  ...asked,
  id: "liveDocuments",
  path: "/api/console/documents",
  tag: "Documents",
  summary: "One page of documents",
  params: none,
  query: documentsAsked,
  reply: view<DocumentRowPage>("Newest first, or what fits best first"),
});

export const liveDocument = operation({
  ...asked,
  id: "liveDocument",
  path: "/api/console/documents/{id}",
  tag: "Documents",
  summary: "How far one document is",
  params: byId,
  reply: view<DocumentRow>("As in the list"),
});

export const uploadFromConsole = operation({
  ...uploadDocument,
  id: "uploadFromConsole",
  path: "/api/console/documents/file",
  summary: "Upload a file",
  reply: ok(wireAdded, "Its id"),
});
