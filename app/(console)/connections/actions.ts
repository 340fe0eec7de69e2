"use server";

import { z } from "zod";
import {
  createConnection,
  deleteConnection,
  pauseConnection,
  previewTags,
  requestSync,
  restoreConnection,
  resumeConnection,
  testConnection,
  updateConnection,
} from "#lib/connections/service.ts";
import { action } from "#lib/server/action.ts";
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

/** Creates a connection, or changes the one that is named. */
export const save = action(form, async (principal, { provider: kind, connectionId, documentLimit, ...input }) => {
  const limit = documentLimit === undefined ? {} : { documentLimit };
  const saved = connectionId
    ? await updateConnection(principal, connectionId, { ...input, ...limit })
    : await createConnection(principal, { provider: kind, ...input, ...limit });
  return { id: saved.id, authLink: null };
});
