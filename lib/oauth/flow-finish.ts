import { record } from "#lib/audit/record.ts";
import { checkSettings, type Refusal } from "#lib/connections/check.ts";
import { defaultInterval } from "#lib/connections/providers.ts";
import * as connections from "#lib/connections/repo.ts";
import { needsSelection } from "#lib/connections/selection.ts";
import { requireSettings, type Settings } from "#lib/connections/settings.ts";
import { enqueueFor } from "#lib/connections/sync.ts";
import { Failure, type Account } from "#lib/connectors/types.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { vault } from "#lib/vault/seal.ts";
import { appAccepted, appFailed } from "./app-verdict.ts";
import { appOf, type OAuthConnector } from "./apps.ts";
import { flowPlace } from "./flow-begin.ts";
import { FlowFailure } from "./flow-errors.ts";
import * as repo from "./flow-repo.ts";
import type { Flow } from "./flow-repo.ts";
import type { FlowInput } from "./flow.ts";
import { authorizeGrant, storeGrant } from "./grants.ts";
import { exchangeCode, TokenError, type TokenReply } from "./token-endpoint.ts";
import { missingScopes } from "./token-reply.ts";

/**
 * From the provider's code to a connection: exchange, keep the grant, ask whose account it is, then one transaction for
 * everything else. Whatever fails on the way leaves at most a grant that nobody refers to, which is taken back.
 */

/** Named instants at which a test can let the process stand still, as if it had died there. */
export type FlowFailpoint = (name: "after exchange" | "before commit") => Promise<void>;

/** @throws FlowFailure */
export async function connect(
  flow: Flow,
  connector: OAuthConnector,
  principal: Principal,
  callback: URLSearchParams,
  failpoint?: FlowFailpoint,
): Promise<void> {
  const config = await settingsOf(flow, connector);
  const reply = await exchange(flow, connector, callback);
  const grantId = newId();
  const { organizationId, clientId } = flow;
  await storeGrant({ id: grantId, organizationId, provider: connector.id, clientId, reply });
  await failpoint?.("after exchange");
  requireScopes(connector, reply);
  const authorize = (http: Parameters<typeof authorizeGrant>[2]) =>
    authorizeGrant({ id: grantId, organizationId }, connector, http);
  const checked = await checkSettings(connector, config, { authorize });
  if (!checked.ok) throw refused(checked.refusal);
  await prepareQueue();
  await failpoint?.("before commit");
  await inTransaction(async (tx) => {
    const { account } = checked;
    const { count } = await tx.grant.updateMany({
      where: { id: grantId, organizationId, deadAt: null },
      data: { accountId: account.id },
    });
    if (count !== 1) throw interrupted();
    const row = flow.reconnect
      ? await renew(tx, flow, grantId, account)
      : await create(tx, flow, connector, grantId, account);
    const waits = needsSelection(row);
    if (!(await repo.finish(tx, flow.id, { status: waits ? "choosing" : "done" }))) throw interrupted();
    // Nothing is queued for a paused one.
    if (!waits) await enqueueFor(tx, principal, row.id);
    await record(tx, principal, flow.reconnect ? "connection.reconnect" : "connection.create", `connection:${row.id}`, {
      provider: connector.id,
      account: account.label,
      origin: flow.origin,
      ...(flow.reconnect ? {} : { containerTags: row.containerTags }),
    });
  });
}

/** What the account is looked up with. */
async function settingsOf(flow: Flow, connector: OAuthConnector): Promise<Readonly<Record<string, unknown>>> {
  if (!flow.reconnect) return requireSettings(connector, inputOf(flow).settings as Settings).config;
  const row = await connections.findConnection(flow.organizationId, flow.connectionId);
  if (!row) throw connectionGone();
  return requireSettings(connector, row.config as Settings).config;
}

async function exchange(flow: Flow, connector: OAuthConnector, callback: URLSearchParams): Promise<TokenReply> {
  const app = await appOf(flow.organizationId, connector, flow.clientId);
  if (!app)
    throw new FlowFailure(
      "invalid_client",
      `The OAuth app for ${connector.name} was changed meanwhile. Nothing was connected; start again.`,
    );
  const place = flowPlace(flow.id, flow.organizationId, "verifier");
  const verifier = flow.verifier === null ? null : vault().open(flow.verifier, place);
  try {
    const reply = await exchangeCode(connector, app, {
      callback,
      state: callback.get("state") ?? "",
      redirectUri: flow.redirectUri,
      verifier,
    });
    await appAccepted(flow.organizationId, connector.id, app);
    return reply;
  } catch (error) {
    await appFailed(flow.organizationId, connector.id, app, error);
    throw error instanceof TokenError ? ofTokenError(connector, error) : error;
  }
}

function ofTokenError({ name }: OAuthConnector, cause: TokenError): FlowFailure {
  const words = (text: string) => `${text} Nothing was connected.`;
  switch (cause.kind) {
    case "invalid_grant":
      return new FlowFailure(
        "invalid_grant",
        `${name} does not accept its own code any more: it is good for a few minutes and only once. Nothing was connected; start again.`,
        { cause },
      );
    case "invalid_client":
      return new FlowFailure("invalid_client", words(`${cause.message} ${cause.fix}`), { cause });
    case "unreachable":
      return new FlowFailure("temporarily_unavailable", words(`${cause.message} ${cause.fix}`), { cause });
    default:
      return new FlowFailure("server_error", words(`${cause.message} ${cause.fix}`), { cause });
  }
}

function requireScopes(connector: OAuthConnector, reply: TokenReply): void {
  const missing = missingScopes(connector.auth, reply.scopes);
  if (missing.length === 0) return;
  const named = missing.map(({ words }) => `“${words}”`).join(" and ");
  throw new FlowFailure(
    "invalid_scope",
    `${connector.name} was not allowed: ${named}. Nothing was connected; start again and leave every box ticked.`,
  );
}

function refused({ kind, message, fix, cause }: Refusal): FlowFailure {
  const later = kind === "transient" || kind === "throttled";
  const error = later ? "temporarily_unavailable" : "server_error";
  return new FlowFailure(error, `${message} ${fix} Nothing was connected.`, { cause });
}

async function create(
  tx: Prisma.TransactionClient,
  flow: Flow,
  connector: OAuthConnector,
  grantId: string,
  account: Account,
): Promise<connections.Connection> {
  const input = inputOf(flow);
  const given = input.settings as Settings;
  const { open } = requireSettings(connector, { ...given, ...account.corrected });
  const waits = needsSelection({ provider: connector.id, config: open as Prisma.JsonObject });
  const id = flow.connectionId;
  // Two flows begun from one page, and the other one was quicker.
  if ((await tx.connection.count({ where: { id } })) > 0)
    throw new FlowFailure("not_allowed", "It was begun once more meanwhile, and is connected already.");
  return tx.connection.create({
    data: {
      id,
      organizationId: flow.organizationId,
      provider: connector.id,
      name: input.name,
      containerTags: [...input.containerTags],
      documentLimit: input.documentLimit,
      intervalSeconds: input.intervalSeconds,
      // What waits for a choice is not scheduled before it is made.
      nextSyncAt: waits ? null : await databaseTime(tx, input.intervalSeconds ?? defaultInterval(connector)),
      config: open as Prisma.InputJsonObject,
      metadata: input.metadata,
      redirectUrl: flow.redirectUrl,
      grantId,
      accountId: account.id,
      accountLabel: account.label,
      email: account.email ?? null,
    },
  });
}

/** The new grant in place of the old one, which nobody refers to from now on. */
async function renew(
  tx: Prisma.TransactionClient,
  flow: Flow,
  grantId: string,
  account: Account,
): Promise<connections.Connection> {
  const row = await connections.lockConnection(tx, flow.organizationId, flow.connectionId);
  if (!row || row.state === "deleting") throw connectionGone();
  if (row.accountId !== null && row.accountId !== account.id)
    throw new FlowFailure(
      "account_mismatch",
      `You signed in as ${nameOf(account.label, account.email)}, but this connection belongs to ` +
        `${nameOf(row.accountLabel ?? row.accountId, row.email)}. Nothing was changed: start again with that account.`,
    );
  await connections.updateConnection(tx, row.organizationId, row.id, {
    grantId,
    accountId: account.id,
    accountLabel: account.label,
    email: account.email ?? null,
    failureKind: null,
  });
  return row;
}

function nameOf(label: string, email: string | null | undefined): string {
  return email && !label.includes(email) ? `“${label}” (${email})` : `“${label}”`;
}

/** Ends a flow without a connection. True if it was this call that did. */
export async function fail(
  flow: Flow,
  failure: FlowFailure,
  principal: Principal | null,
  from?: readonly Flow["status"][],
): Promise<boolean> {
  return inTransaction(async (tx) => {
    const to = { status: "failed", error: failure.error, errorDetail: failure.message.slice(0, 1_000) } as const;
    if (!(await repo.finish(tx, flow.id, to, from))) return false;
    if (principal)
      await record(tx, principal, "connection.refuse", `connection:${flow.connectionId}`, {
        provider: flow.provider,
        origin: flow.origin,
        error: failure.error,
      });
    return true;
  });
}

/** Anything thrown on the way as the end of the flow; faults of our own say nothing about themselves. */
export function failureOf(error: unknown): FlowFailure {
  if (error instanceof FlowFailure) return error;
  if (error instanceof AppError || error instanceof Failure)
    return new FlowFailure("server_error", `${error.message} Nothing was connected.`, { cause: error });
  return new FlowFailure("server_error", "Something went wrong on our side. Nothing was connected; start again.", {
    cause: error,
  });
}

export function connectionGone(): FlowFailure {
  return new FlowFailure("connection_gone", "The connection was removed meanwhile, so there is nothing to reconnect.");
}

function interrupted(): FlowFailure {
  return new FlowFailure("interrupted", "The server was interrupted on the way. Nothing was connected; start again.");
}

function inputOf(flow: Flow): FlowInput {
  return flow.input as unknown as FlowInput;
}

/** Whether a flow to reconnect still has something to reconnect. */
export async function targetExists(flow: Flow): Promise<boolean> {
  if (!flow.reconnect) return true;
  const where = { id: flow.connectionId, organizationId: flow.organizationId, state: { not: "deleting" as const } };
  return (await prisma().connection.count({ where })) === 1;
}
