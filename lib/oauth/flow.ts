import { record } from "#lib/audit/record.ts";
import { requireConnection } from "#lib/connections/find.ts";
import type { CreateConnectionInput } from "#lib/connections/inputs.ts";
import { parseOptions } from "#lib/connections/options.ts";
import { connectorOf, requireConnector } from "#lib/connections/registry.ts";
import { requireMetadata, requireSettings } from "#lib/connections/settings.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { actorOf, type Principal } from "#lib/contract/principal.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { prepareFlow, requireOAuth, type Begun, type Origin, type PreparedFlow } from "./flow-begin.ts";

/**
 * Beginning a connect flow. How it ends is in flow-callback.ts; who may finish it follows from how it began
 * (docs/decisions/0016). A connection that is new does not exist before its flow has ended well.
 */

export interface How {
  readonly origin: Origin;
  /** the cookie of the browser that begins it (lib/oauth/browser-cookie.ts); needed unless a program does (api) */
  readonly browser?: string;
  /** origin `link`: the link's id */
  readonly linkId?: string;
}

/** What of `input` waits in the flow until the connection is made. */
export interface FlowInput {
  readonly settings: Prisma.InputJsonObject;
  readonly metadata: Prisma.InputJsonObject;
  readonly name: string;
  readonly containerTags: readonly string[];
  readonly documentLimit: number;
  readonly intervalSeconds: number | null;
}

/**
 * The first half of connecting a source that asks its people: checks what can be checked without them and answers where
 * they have to go. `alongside` runs in the transaction that stores the flow. @throws AppError
 */
export async function beginConnect(
  principal: Principal,
  input: CreateConnectionInput,
  how: How,
  alongside?: (tx: Prisma.TransactionClient, begun: Begun) => Promise<void>,
): Promise<Begun> {
  requireWriter(principal);
  const connector = requireOAuth(requireConnector(input.provider));
  const options = parseOptions(input);
  const metadata = requireMetadata(connector, input.metadata ?? {});
  const settings = requireSettings(connector, input.settings);
  if (Object.keys(settings.secret).length > 0) throw new Error("a connector with OAuth has no secret settings");
  const containerTags = [...(options.containerTags ?? [])];
  const waiting: FlowInput = {
    settings: settings.open as Prisma.InputJsonObject,
    metadata,
    name: options.name ?? "",
    containerTags,
    documentLimit: options.documentLimit ?? 10_000,
    intervalSeconds: options.intervalSeconds ?? null,
  };
  const flow = await prepareFlow(connector, {
    organizationId: principal.organizationId,
    connectionId: newId(),
    reconnect: false,
    origin: how.origin,
    actor: how.linkId === undefined ? actorOf(principal) : `link:${how.linkId}`,
    browser: how.browser,
    redirectUrl: options.redirectUrl ?? null,
    input: { ...waiting },
  });
  return begin(principal, flow, { provider: connector.id, origin: how.origin, containerTags }, alongside);
}

/**
 * Renews the grant of a connection in place: its id, documents, tags and cursor stay. Can only be finished with the
 * account it has. @throws AppError not_found, invalid_request
 */
export async function beginReconnect(
  principal: Principal,
  connectionId: string,
  how: How & { readonly redirectUrl?: string | undefined },
  alongside?: (tx: Prisma.TransactionClient, begun: Begun) => Promise<void>,
): Promise<Begun> {
  requireWriter(principal);
  const row = await requireConnection(principal, connectionId);
  const connector = connectorOf(row.provider);
  if (!connector)
    throw new AppError("invalid_request", "This version cannot change connections of this provider.", {
      details: "You can still remove it.",
    });
  const { redirectUrl } = parseOptions({ redirectUrl: how.redirectUrl });
  const flow = await prepareFlow(requireOAuth(connector), {
    organizationId: principal.organizationId,
    connectionId: row.id,
    reconnect: true,
    origin: how.origin,
    actor: how.linkId === undefined ? actorOf(principal) : `link:${how.linkId}`,
    browser: how.browser,
    redirectUrl: redirectUrl ?? null,
    input: {},
  });
  return begin(principal, flow, { provider: connector.id, origin: how.origin, reconnect: true }, alongside);
}

async function begin(
  principal: Principal,
  flow: PreparedFlow,
  detail: Prisma.InputJsonObject,
  alongside?: (tx: Prisma.TransactionClient, begun: Begun) => Promise<void>,
): Promise<Begun> {
  const { connectionId, authLink, expiresIn } = flow;
  const begun = { connectionId, authLink, expiresIn };
  await inTransaction(async (tx) => {
    await flow.store(tx);
    await record(tx, principal, "connection.authorize", `connection:${connectionId}`, detail);
    await alongside?.(tx, begun);
  });
  return begun;
}
