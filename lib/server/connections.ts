import {
  chooseResources,
  createConnection,
  deleteConnection,
  getConnection as readConnection,
  getConnectionByTags,
  importProvider,
  listResourcesByNumber,
  pauseConnection,
  requireConnector,
  resumeConnection,
  splitMetadata,
  updateConnection,
} from "#lib/connections/service.ts";
import type { ChosenResource } from "#lib/connectors/types.ts";
import type { Operation } from "#lib/contract/operation.ts";
import * as operations from "#lib/contract/operations.ts";
import type { Metadata, ConnectionView, JsonValue } from "#lib/contract/views.ts";
import { env } from "#lib/env.ts";
import { beginConnect, beginReconnect } from "#lib/oauth/flow.ts";
import { json, text, type Reply } from "./reply.ts";
import { route, type Call } from "./route.ts";
import { connectionToWire, resourceToWire } from "./wire.ts";

/** What the API's connection paths do: the protocol's shapes on one side, the services' on the other. */

export const connect = route(operations.createConnection, async ({ principal, params, body, remember }) => {
  const connector = requireConnector(params.provider);
  const { settings, own } = splitMetadata(connector, body.metadata ?? {});
  const { containerTag, containerTags = [], documentLimit, redirectUrl } = body;
  const input = {
    provider: connector.id,
    settings,
    metadata: own as Metadata,
    containerTags: containerTag === undefined ? containerTags : [containerTag, ...containerTags],
    documentLimit,
    redirectUrl,
  };
  if (connector.auth.kind === "oauth") {
    const reply = (begun: Begun) => begunToWire(begun, redirectUrl);
    const keep = remember && ((tx: Transaction, begun: Begun) => remember(tx, reply(begun)));
    return json(reply(await beginConnect(principal, input, { origin: "api" }, keep)));
  }
  const reply = (id: string) => begunToWire({ connectionId: id, authLink: null, expiresIn: null }, redirectUrl);
  const created = await createConnection(principal, input, remember && ((tx, id) => remember(tx, reply(id))));
  return json(reply(created.id));
});

export const reconnect = route(operations.reconnectConnection, async ({ principal, params, body, remember }) => {
  const { redirectUrl } = body;
  const reply = (begun: Begun) => begunToWire(begun, redirectUrl);
  const keep = remember && ((tx: Transaction, begun: Begun) => remember(tx, reply(begun)));
  return json(reply(await beginReconnect(principal, params.connectionId, { origin: "api", redirectUrl }, keep)));
});

type Transaction = Parameters<NonNullable<Parameters<typeof beginConnect>[3]>>[0];
type Begun = Awaited<ReturnType<typeof beginConnect>>;

/** `authLink` and `expiresIn` are null where nobody has to consent. */
function begunToWire(
  {
    connectionId,
    authLink,
    expiresIn,
  }: { readonly connectionId: string; readonly authLink: string | null; readonly expiresIn: string | null },
  redirectUrl: string | undefined,
) {
  return { id: connectionId, authLink, expiresIn, ...(redirectUrl === undefined ? {} : { redirectsTo: redirectUrl }) };
}

export const getConnection = route(operations.getConnection, async ({ principal, params }) =>
  json(connectionToWire(await readConnection(principal, params.connectionId))),
);

export const changeConnection = route(operations.updateConnection, async ({ principal, params, body }) => {
  const { metadata, paused, ...options } = body;
  let view = await readConnection(principal, params.connectionId);
  if (metadata !== undefined || Object.values(options).some((value) => value !== undefined))
    view = await updateConnection(principal, view.id, {
      ...options,
      ...(metadata === undefined ? {} : changesOf(view, metadata)),
    });
  if (paused !== undefined) view = await (paused ? pauseConnection : resumeConnection)(principal, view.id);
  return json(connectionToWire(view));
});

/** Only exactly `false` keeps the documents. */
export const removeConnection = route(operations.deleteConnection, async (call) => {
  const deleteDocuments = call.query.deleteDocuments !== "false";
  return remove(call, call.params.connectionId, deleteDocuments);
});

export const removeConnectionOfProvider = route(operations.deleteConnectionsByProvider, async (call) => {
  const { id } = await getConnectionByTags(call.principal, call.params.provider, call.body.containerTags);
  return remove(call, id, true);
});

async function remove(
  { principal, remember }: Pick<Call<Operation>, "principal" | "remember">,
  connectionId: string,
  deleteDocuments: boolean,
): Promise<Reply> {
  const input = { deleteDocuments, undoSeconds: 0 };
  const { id, provider } = await deleteConnection(
    principal,
    connectionId,
    input,
    remember && ((tx, removed) => remember(tx, removedToWire(removed))),
  );
  return json(removedToWire({ id, provider }));
}

export async function startImport({
  principal,
  params,
  body,
}: Call<typeof operations.importConnections>): Promise<Reply> {
  const { connections, paused, unchosen } = await importProvider(principal, params.provider, body.containerTags ?? []);
  const rest =
    (paused > 0 ? ` ${count(paused)} paused.` : "") +
    (unchosen > 0 ? ` ${count(unchosen)} with nothing chosen yet.` : "");
  if (connections === 0) return text(`No connections to import.${rest}`);
  return text(`Importing ${count(connections)}...${rest}`);
}

export const showResources = route(operations.listResources, async ({ principal, params, query }) => {
  const { resources, total, next } = await listResourcesByNumber(principal, params.connectionId, {
    parent: query.parent_id,
    number: query.page,
    size: query.per_page,
    after: query.page_token,
  });
  return json({
    resources: resources.map(resourceToWire),
    ...(total === null ? {} : { total_count: total }),
    ...(next === null ? {} : { next_page_token: next }),
  });
});

export const configureConnection = route(operations.configureConnection, async ({ principal, params, body }) => {
  await chooseResources(principal, params.connectionId, body.resources.map(chosenOf));
  return json({ success: true, message: "Resources configured successfully" });
});

/** As the list names it; ids of other kinds of sources are numbers. What is wrong with it, the service says. */
function chosenOf({ id, name, kind }: Readonly<Record<string, unknown>>): ChosenResource {
  return {
    id: typeof id === "string" || typeof id === "number" ? String(id) : "",
    name: typeof name === "string" ? name : "",
    kind: String(kind) as ChosenResource["kind"],
  };
}

function changesOf(view: ConnectionView, patch: Readonly<Record<string, JsonValue>>) {
  const { settings, own } = splitMetadata(requireConnector(view.provider), patch);
  return {
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    ...(Object.keys(own).length > 0 ? { metadata: own } : {}),
  };
}

/** The protocol's own specification changed its mind about this shape; the official client 4.x reads an object. */
function removedToWire({ id, provider }: { readonly id: string; readonly provider: string }) {
  return env().API_DELETE_RETURNS === "array" ? [{ id, provider }] : { id, provider };
}

function count(connections: number): string {
  return `${connections} ${connections === 1 ? "connection" : "connections"}`;
}
