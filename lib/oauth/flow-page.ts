import { connectorOf } from "#lib/connections/registry.ts";
import { chooseResources, listResources, type ResourceQuery } from "#lib/connections/resources.ts";
import { selectionOf } from "#lib/connections/selection.ts";
import { parseSettings, type Settings } from "#lib/connections/settings.ts";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { ResourcePageView } from "#lib/contract/views.ts";
import type { ChosenResource } from "#lib/connectors/types.ts";
import { prisma } from "#lib/db/client.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { record } from "#lib/audit/record.ts";
import { vault } from "#lib/vault/seal.ts";
import { isOAuth, type OAuthConnector } from "./apps.ts";
import { principalOf } from "./flow-actor.ts";
import { flowPlace, prepareFlow, type Origin } from "./flow-begin.ts";
import { browserHash } from "./browser-cookie.ts";
import { finish, isMine, notAllowed } from "./flow-callback.ts";
import { failureOfStanding, FlowFailure, flowTitle } from "./flow-errors.ts";
import { connectionGone, fail, targetExists } from "./flow-finish.ts";
import { landingOf } from "./flow-landing.ts";
import * as repo from "./flow-repo.ts";
import type { Flow } from "./flow-repo.ts";
import { hashOf, isToken } from "./flow-tokens.ts";
import { hostOf, isAllowed, withResult } from "./redirect.ts";

/** What the pages of a connect flow show, and what a person can do there. The token is in their address. */

export interface ReadFlow {
  /** where the person belongs now: a page that is somewhere else sends them there */
  readonly landing: string;
  readonly view: ConnectPageView;
}

/** Null for an address we never gave, or have forgotten. */
export async function readFlow(token: string, browser: string | null): Promise<ReadFlow | null> {
  const flow = await find(token);
  const connector = flow && oauthConnectorOf(flow);
  if (!connector) return null;
  const mine = isMine(flow, browser);
  const row =
    mine && (flow.reconnect || flow.standing === "done" || flow.standing === "choosing")
      ? await prisma().connection.findFirst({
          where: { id: flow.connectionId, organizationId: flow.organizationId },
          select: { accountLabel: true, email: true, config: true },
        })
      : null;
  const input = flow.input as { readonly containerTags?: readonly string[] };
  return {
    landing: landingOf(flow, token),
    view: {
      standing: flow.standing,
      mine,
      origin: flow.origin as Origin,
      provider: { id: connector.id, name: connector.name },
      noun: connector.noun,
      organization: flow.organization.name,
      containerTags: mine ? (input.containerTags ?? []) : [],
      reconnect: flow.reconnect,
      account: row ? (row.accountLabel ?? row.email) : null,
      consent: { ...connector.auth.consent, scopes: connector.auth.scopes },
      extent: mine ? extentOf(connector, row?.config ?? settingsOf(flow, connector)) : null,
      destination: destinationOf(flow),
      problem: problemOf(flow),
      retry: mine && mayRetry(flow),
      console: flow.origin === "console" ? consolePage(flow) : null,
    },
  };
}

/** Continue: exchanges the code that waited. Answers where to go. @throws AppError */
export async function confirmFlow(token: string, browser: string | null, address?: string): Promise<string> {
  const flow = await requireMine(token, browser);
  const connector = oauthConnectorOf(flow);
  if (!connector || browser === null) throw unknown();
  const principal = await principalOf(flow.organizationId, flow.actor, address);
  const sealed = await repo.takeConfirmed(hashOf("page", token), browserHash(browser));
  if (sealed !== undefined) {
    if (!principal) await fail(flow, notAllowed(), null);
    else if (!(await targetExists(flow))) await fail(flow, connectionGone(), principal);
    else {
      const answer = vault().open(sealed, flowPlace(flow.id, flow.organizationId, "code"));
      await finish(flow, connector, principal, new URLSearchParams(answer));
    }
  }
  return landingNow(token);
}

/** Cancel: nothing is exchanged. Answers where to go. @throws AppError */
export async function cancelFlow(token: string, browser: string | null, address?: string): Promise<string> {
  const flow = await requireMine(token, browser);
  const principal = await principalOf(flow.organizationId, flow.actor, address);
  const failure = new FlowFailure("access_denied", "You canceled, so nothing was read or stored.");
  await fail(flow, failure, principal, ["confirming"]);
  return landingNow(token);
}

/** Once more from the start, with all that was asked for; only in the same browser. Answers the provider's address. */
export async function retryFlow(token: string, browser: string | null, address?: string): Promise<string> {
  const old = await requireMine(token, browser);
  const connector = oauthConnectorOf(old);
  const principal = await principalOf(old.organizationId, old.actor, address);
  if (!connector || browser === null || !principal || !mayRetry(old) || !(await targetExists(old))) throw notFromHere();
  const flow = await prepareFlow(connector, {
    organizationId: old.organizationId,
    connectionId: old.connectionId,
    reconnect: old.reconnect,
    origin: old.origin as Origin,
    actor: old.actor,
    browser,
    redirectUrl: old.redirectUrl,
    input: old.input as Prisma.InputJsonObject,
  });
  await inTransaction(async (tx) => {
    // Two ways to one connection would get into each other's way, and one that was made and removed does not come back.
    if (!(await repo.supersede(tx, old))) throw notFromHere();
    await flow.store(tx);
    await record(tx, principal, "connection.authorize", `connection:${old.connectionId}`, {
      provider: connector.id,
      origin: old.origin,
      again: true,
    });
  });
  return flow.authLink;
}

/** One page of what can be chosen. @throws AppError */
export async function listForFlow(
  token: string,
  browser: string | null,
  query: ResourceQuery,
): Promise<ResourcePageView> {
  const { flow, principal } = await requireChoosing(token, browser);
  return listResources(principal, flow.connectionId, query);
}

/** Stores the choice and starts the first sync. Answers where to go. @throws AppError */
export async function chooseForFlow(
  token: string,
  browser: string | null,
  chosen: readonly ChosenResource[],
  address?: string,
): Promise<string> {
  const { flow, principal } = await requireChoosing(token, browser, address);
  await chooseResources(principal, flow.connectionId, chosen);
  await inTransaction((tx) => repo.finish(tx, flow.id, { status: "done" }, ["choosing"]));
  return landingNow(token);
}

async function requireChoosing(
  token: string,
  browser: string | null,
  address?: string,
): Promise<{ readonly flow: Flow; readonly principal: Principal }> {
  const flow = await requireMine(token, browser);
  const principal = await principalOf(flow.organizationId, flow.actor, address);
  if (flow.standing !== "choosing" || !principal) throw unknown();
  return { flow, principal };
}

async function requireMine(token: string, browser: string | null): Promise<Flow> {
  const flow = await find(token);
  if (!flow || !isMine(flow, browser)) throw unknown();
  return flow;
}

async function find(token: string): Promise<Flow | null> {
  return isToken(token) ? repo.findByPage(hashOf("page", token)) : null;
}

async function landingNow(token: string): Promise<string> {
  const flow = await find(token);
  if (!flow) throw unknown();
  return landingOf(flow, token);
}

/** The same for what is unknown and for what belongs to another browser. */
function unknown(): AppError {
  return new AppError("not_found", "This page does not work any more.", { details: "Start where you came from." });
}

function notFromHere(): AppError {
  return new AppError("not_found", "This cannot be begun again from here.", { details: "Start where you came from." });
}

function oauthConnectorOf(flow: Flow): OAuthConnector | null {
  const connector = connectorOf(flow.provider);
  return connector && isOAuth(connector) ? connector : null;
}

/** Those of the connection that is to be made; undefined = there is one already, or they are not valid any more. */
function settingsOf(flow: Flow, connector: OAuthConnector): unknown {
  if (flow.reconnect) return undefined;
  const { settings = {} } = flow.input as { readonly settings?: Settings };
  return parseSettings(connector, settings).parsed?.open;
}

/** @param config as stored; undefined = not known any more */
function extentOf(connector: OAuthConnector, config: unknown): ConnectPageView["extent"] {
  const selection = config === undefined ? null : selectionOf({ provider: connector.id, config }, connector);
  if (!selection) return null;
  if (selection.needed) return "choose";
  return selection.chosen.length > 0 ? "chosen" : "everything";
}

function mayRetry({ standing, recent, error }: Flow): boolean {
  if (!recent || error === "connection_gone" || error === "not_allowed") return false;
  return standing === "failed" || standing === "expired" || standing === "pending";
}

function problemOf(flow: Flow): ConnectPageView["problem"] {
  const failure = failureOfStanding(flow);
  return failure && { title: flowTitle(failure.error, flow.reconnect), detail: failure.message };
}

/** An address nobody has vouched for is a link that names its host, never a redirect. */
function destinationOf(flow: Flow): ConnectPageView["destination"] {
  if (flow.redirectUrl === null || !isAllowed(flow.redirectUrl)) return null;
  const failure = failureOfStanding(flow);
  const href = failure
    ? withResult(flow.redirectUrl, { error: failure.error, error_description: failure.message })
    : flow.redirectUrl;
  return { host: hostOf(flow.redirectUrl), href };
}

function consolePage(flow: Flow): string {
  return flow.reconnect ? `/connections/${flow.connectionId}` : `/connections/new/${flow.provider}`;
}
