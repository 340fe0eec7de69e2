import { connectorOf } from "#lib/connections/registry.ts";
import type { ProblemReason } from "#lib/contract/connect-page.ts";
import { canonicalProvider } from "#lib/contract/providers.ts";
import { env } from "#lib/env.ts";
import { log } from "#lib/log.ts";
import { faultOf } from "#lib/server/fault.ts";
import { vault } from "#lib/vault/seal.ts";
import { isOAuth, type OAuthConnector } from "./apps.ts";
import { principalOf } from "./flow-actor.ts";
import { browserHash, newBrowser } from "./browser-cookie.ts";
import { flowPlace } from "./flow-begin.ts";
import { failureOfCallback, FlowFailure } from "./flow-errors.ts";
import { connect, connectionGone, fail, failureOf, targetExists, type FlowFailpoint } from "./flow-finish.ts";
import { asksFirst, landingOf } from "./flow-landing.ts";
import * as repo from "./flow-repo.ts";
import type { Flow } from "./flow-repo.ts";
import { hashOf, isToken, pageTokenOf } from "./flow-tokens.ts";

/**
 * The way back from a provider. Checked in this order: shape, issuer, state, error, code. Everything is decided from the
 * flow's own row, so that whoever comes second is sent where the first one is.
 */

export interface Callback {
  /** as the path names it */
  readonly provider: string;
  readonly query: URLSearchParams;
  /** the browser's cookie; null = it has none */
  readonly browser: string | null;
  /** network address, for the audit log */
  readonly address?: string | undefined;
  readonly failpoint?: FlowFailpoint;
}

export interface Landing {
  readonly location: string;
  /** the cookie to set, so that this browser may go on */
  readonly browser?: string;
}

const queryCharsMax = 8_192;

/** Never throws for what a provider or a person sends; only a database that does not answer is thrown. */
export async function finishCallback(callback: Callback): Promise<Landing> {
  const { query } = callback;
  if (query.toString().length > queryCharsMax || hasDuplicates(query)) return problem("garbled");
  const connector = connectorOf(canonicalProvider(callback.provider));
  if (!connector || !isOAuth(connector)) return problem("unknown");
  const { issuer } = connector.auth;
  // A provider that signs under no name we know cannot be told apart by one (RFC 9207).
  if (issuer !== null && query.has("iss") && query.get("iss") !== issuer) return problem("issuer");
  const state = query.get("state") ?? "";
  const flow = isToken(state) ? await repo.findByState(hashOf("state", state)) : null;
  if (!flow || flow.provider !== connector.id) return problem("unknown");
  const pageToken = pageTokenOf(state);
  const here: Landing = { location: landingOf(flow, pageToken) };
  if (flow.standing !== "pending") return here;
  // A flow of another browser stays as it is: the one that began it can still finish it.
  if (flow.origin !== "api" && !isMine(flow, callback.browser)) return here;
  const browser = callback.browser ?? newBrowser();
  await goOn(flow, connector, state, browser, callback);
  const after = await repo.findByState(hashOf("state", state));
  if (!after) return problem("unknown");
  const mine = isMine(after, browser) ? { browser } : {};
  return { location: landingOf(after, pageToken), ...mine };
}

async function goOn(
  flow: Flow,
  connector: OAuthConnector,
  state: string,
  browser: string,
  { query, address, failpoint }: Callback,
): Promise<void> {
  const principal = await principalOf(flow.organizationId, flow.actor, address);
  const failure = !principal
    ? notAllowed()
    : (failureIn(query, connector.name) ?? ((await targetExists(flow)) ? undefined : connectionGone()));
  const answer = answerOf(query);
  const asks = failure === undefined && asksFirst(flow);
  const won = await repo.consume(hashOf("state", state), connector.id, {
    status: asks ? "confirming" : "exchanging",
    browserHash: browserHash(browser),
    code: asks ? vault().seal(answer.toString(), flowPlace(flow.id, flow.organizationId, "code")) : null,
    seconds: env().OAUTH_STATE_TTL_S,
  });
  if (!won || asks) return;
  if (failure || !principal) await fail(flow, failure ?? notAllowed(), principal);
  else await finish(flow, connector, principal, answer, failpoint);
}

/** Exchanges and connects; whatever goes wrong becomes the flow's end. */
export async function finish(
  flow: Flow,
  connector: OAuthConnector,
  principal: Parameters<typeof connect>[2],
  answer: URLSearchParams,
  failpoint?: FlowFailpoint,
): Promise<void> {
  try {
    await connect(flow, connector, principal, answer, failpoint);
  } catch (error) {
    const failure = failureOf(error);
    if (failure !== error) log("error", "a connect flow failed", { flow: flow.id, ...faultOf(error) });
    await fail(flow, failure, principal);
  }
}

/** Whether this is the browser that may go on with the flow. */
export function isMine(flow: Flow, browser: string | null): boolean {
  return browser !== null && flow.browserHash !== null && Buffer.from(flow.browserHash).equals(browserHash(browser));
}

export function notAllowed(): FlowFailure {
  return new FlowFailure(
    "not_allowed",
    "Whoever made this link may not connect sources here any more. Ask them for a new one.",
  );
}

function failureIn(query: URLSearchParams, provider: string): FlowFailure | undefined {
  const error = query.get("error");
  if (error !== null) return failureOfCallback(error, provider);
  if (!query.get("code"))
    return new FlowFailure(
      "server_error",
      `${provider} sent no answer we could use. Nothing was connected; start again.`,
    );
  return undefined;
}

/** What the exchange needs of the callback, and nothing more of it. */
function answerOf(query: URLSearchParams): URLSearchParams {
  const kept = ["iss", "state", "code"].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
  return new URLSearchParams(kept);
}

function hasDuplicates(query: URLSearchParams): boolean {
  const names = [...query.keys()];
  return new Set(names).size !== names.length;
}

function problem(reason: ProblemReason): Landing {
  return { location: problemPage(reason) };
}

export function problemPage(reason: ProblemReason): string {
  return `${env().APP_URL}/connect/problem/${reason}`;
}
