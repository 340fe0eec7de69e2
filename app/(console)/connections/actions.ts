"use server";

import { z } from "zod";
import {
  createConnection,
  deleteConnection,
  pauseConnection,
  previewTags,
  requestSync,
  requireConnector,
  restoreConnection,
  resumeConnection,
  testConnection,
  updateConnection,
} from "#lib/connections/service.ts";
import { beginConnect, beginReconnect } from "#lib/oauth/flow.ts";
import { createReconnectLink } from "#lib/oauth/links.ts";
import { action } from "#lib/server/action.ts";
import { thisBrowser } from "#lib/server/browser.ts";
import type { JsonValue } from "#lib/contract/views.ts";

/** Only the outer shape is checked here; what is in it is the services' business, the same as for the API. */
const id = z.string().min(1).max(64);
const provider = z.string().min(1).max(64);
const settings = z.record(z.string().max(200), z.json()) as z.ZodType<Readonly<Record<string, JsonValue>>>;
const tags = z.array(z.string().max(1_000)).max(1_000);

export const syncNow = action(z.object({ id }), (principal, input) => requestSync(principal, input.id));
export const pause = action(z.object({ id }), (principal, input) => pauseConnection(principal, input.id));
export const resume = action(z.object({ id }), (principal, input) => resumeConnection(principal, input.id));
export const restore = action(z.object({ id }), (principal, input) => restoreConnection(principal, input.id));

export const remove = action(z.object({ id, deleteDocuments: z.boolean() }), (principal, input) =>
  deleteConnection(principal, input.id, { deleteDocuments: input.deleteDocuments }),
);

export const test = action(z.object({ provider, settings, connectionId: id.optional() }), (principal, input) =>
  testConnection(principal, input),
);

export const preview = action(
  z.object({
    provider,
    settings,
    ids: z.array(z.string().max(4_096)).max(100),
    containerTags: tags,
    connectionId: id.optional(),
  }),
  (principal, input) => previewTags(principal, input),
);

const form = z.object({
  provider,
  connectionId: id.optional(),
  name: z.string().max(1_000),
  settings,
  containerTags: tags,
  documentLimit: z.number("Enter a whole number.").optional(),
  intervalSeconds: z.number().nullable(),
});

/** Creates a connection, or changes the one that is named. With OAuth it is created when the person comes back. */
export const save = action(form, async (principal, { provider: kind, connectionId, documentLimit, ...input }) => {
  const limit = documentLimit === undefined ? {} : { documentLimit };
  if (connectionId) {
    const changed = await updateConnection(principal, connectionId, { ...input, ...limit });
    return { id: changed.id, authLink: null };
  }
  const wanted = { provider: kind, ...input, ...limit };
  if (requireConnector(kind).auth.kind === "oauth") {
    const begun = await beginConnect(principal, wanted, { origin: "console", browser: await thisBrowser() });
    return { id: begun.connectionId, authLink: begun.authLink };
  }
  const created = await createConnection(principal, wanted);
  return { id: created.id, authLink: null };
});

/** Answers where the person has to go; they come back to the connection's page. */
export const reconnect = action(z.object({ id }), async (principal, input) => {
  const { authLink } = await beginReconnect(principal, input.id, { origin: "console", browser: await thisBrowser() });
  return { authLink };
});

export const reconnectLink = action(z.object({ id }), (principal, input) => createReconnectLink(principal, input.id));
