import * as oauth from "oauth4webapi";
import type { Connector } from "#lib/connectors/types.ts";
import { defaultHttpOptions } from "#lib/egress/defaults.ts";
import { createHttp } from "#lib/egress/http.ts";
import { EgressError, type EgressErrorKind } from "#lib/egress/types.ts";
import { oauthOf, type AppCredentials } from "./apps.ts";
import { addressesOf, allowedByOperator, hostsOfProvider } from "./endpoints.ts";
import { TokenError, type TokenErrorKind } from "./token-error.ts";
import { cleaned, replyOf, type TokenReply } from "./token-reply.ts";

export { TokenError } from "./token-error.ts";
export type { TokenReply } from "./token-reply.ts";

/**
 * Talking to a provider's token and revocation endpoints (RFC 6749, 7009). The library builds and reads the messages;
 * they leave through lib/egress: no redirects, no repeated tries, a small reply, a bounded time. Discovery is off.
 */

/** Whoever waits for it is a person at a callback page. */
const exchangeMs = 14_000;
/**
 * A refresh is waited for longer: a provider that rotates has ended the old refresh token before it answers, and the
 * answer is the only copy of the new one.
 */
const refreshMs = 90_000;
const revokeMs = 10_000;
/** Token replies have a few kilobytes. */
const mostBytes = 256 * 1024;

export interface CodeExchange {
  /** the callback's parameters, as they came */
  readonly callback: URLSearchParams;
  readonly state: string;
  readonly redirectUri: string;
  /** PKCE; null for a provider that refuses it */
  readonly verifier: string | null;
}

/**
 * Checks the callback (iss, state, error, code, in this order; duplicates are refused) and gives its code for tokens.
 * @throws TokenError within 15 s
 */
export async function exchangeCode(
  connector: Connector,
  app: AppCredentials,
  { callback, state, redirectUri, verifier }: CodeExchange,
  timeoutMs = exchangeMs,
): Promise<TokenReply> {
  const auth = oauthOf(connector);
  const { server, client, authentication } = partiesOf(connector, app);
  const parameters = new URLSearchParams(callback);
  // Without a known issuer there is nothing an `iss` could be compared with.
  if (auth.issuer === null) parameters.delete("iss");
  return speak(connector, app, timeoutMs, async (options) => {
    const checked = oauth.validateAuthResponse(server, client, parameters, state);
    const code = verifier ?? oauth.nopkce;
    const askedAt = Date.now();
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      checked,
      redirectUri,
      code,
      options,
    );
    return replyOf(auth, { ...(await oauth.processAuthorizationCodeResponse(server, client, response)) }, askedAt);
  });
}

/** Asks for new tokens. @throws TokenError; `lost` when the provider may have acted although no answer came */
export async function refreshTokens(
  connector: Connector,
  app: AppCredentials,
  refreshToken: string,
  timeoutMs = refreshMs,
): Promise<TokenReply> {
  const auth = oauthOf(connector);
  const { server, client, authentication } = partiesOf(connector, app);
  return speak(connector, app, timeoutMs, async (options) => {
    const askedAt = Date.now();
    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, options);
    return replyOf(auth, { ...(await oauth.processRefreshTokenResponse(server, client, response)) }, askedAt);
  });
}

/** Takes a token back at the provider; a provider without such an endpoint is not asked. @throws TokenError */
export async function revokeToken(connector: Connector, app: AppCredentials, token: string): Promise<void> {
  const { server, client, authentication } = partiesOf(connector, app);
  if (server.revocation_endpoint === undefined) return;
  try {
    await speak(connector, app, revokeMs, async (options) => {
      const response = await oauth.revocationRequest(server, client, authentication, token, options);
      await oauth.processRevocationResponse(response);
    });
  } catch (error) {
    // Over already: that is what was wanted.
    if (!(error instanceof TokenError && error.kind === "invalid_grant")) throw error;
  }
}

/**
 * Whether the provider knows the app: it is asked for new tokens with a refresh token that cannot exist. That it says so
 * means that client id and secret are right. Resolves then. @throws TokenError, e.g. invalid_client
 */
export async function tryCredentials(connector: Connector, app: AppCredentials): Promise<void> {
  try {
    await refreshTokens(connector, app, `trial-${crypto.randomUUID()}`, exchangeMs);
  } catch (error) {
    if (error instanceof TokenError && error.kind === "invalid_grant") return;
    throw error;
  }
}

/** Both sides, as the library wants to know them. */
function partiesOf(connector: Connector, app: AppCredentials) {
  const auth = oauthOf(connector);
  const { authorize, token, revoke } = addressesOf(auth, app.tenant);
  const server: oauth.AuthorizationServer = {
    issuer: auth.issuer ?? new URL(authorize).origin,
    token_endpoint: token,
    ...(revoke === null ? {} : { revocation_endpoint: revoke }),
  };
  return {
    server,
    client: { client_id: app.clientId } satisfies oauth.Client,
    authentication: auth.clientAuth === "basic" ? basic(app.clientSecret) : oauth.ClientSecretPost(app.clientSecret),
  };
}

/**
 * The library's own spells `-` and `_` as %2D and %5F, which is correct but not undone by every provider. What needs no
 * escape is sent as it is, so that those who decode and those who do not read the same.
 */
function basic(clientSecret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = [client.client_id, clientSecret].map(encodeURIComponent).join(":");
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  };
}

interface Speech {
  readonly [oauth.customFetch]: (
    url: string,
    request: oauth.CustomFetchOptions<"POST", URLSearchParams>,
  ) => Promise<Response>;
  readonly [oauth.allowInsecureRequests]: true;
  readonly headers: Record<string, string>;
}

/** One exchange of messages; whatever goes wrong with it is a TokenError. */
async function speak<Value>(
  connector: Connector,
  app: AppCredentials,
  timeoutMs: number,
  talk: (options: Speech) => Promise<Value>,
): Promise<Value> {
  const auth = oauthOf(connector);
  const { allow, ...others } = defaultHttpOptions();
  const hosts = [...hostsOfProvider(auth), new URL(addressesOf(auth, app.tenant).token).hostname];
  const http = createHttp({ ...others, allow: [...allow, ...allowedByOperator(auth)], hosts });
  const send: Speech[typeof oauth.customFetch] = async (url, { body, headers }) => {
    const json = auth.tokenFormat === "json";
    const reply = await http.request(url, {
      method: "POST",
      headers: { ...headers, ...(json ? { "content-type": "application/json" } : {}) },
      body: json ? JSON.stringify(Object.fromEntries(body)) : body.toString(),
      secure: true,
      retries: 0,
      maxBytes: mostBytes,
      headersTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      totalTimeoutMs: timeoutMs,
      connectTimeoutMs: Math.min(timeoutMs, 10_000),
      // Looking the name up is not under those limits.
      signal: AbortSignal.timeout(timeoutMs + 500),
    });
    return readable(connector.name, reply.status, await reply.text());
  };
  try {
    return await talk({
      [oauth.customFetch]: send,
      // Whether plain http will do is decided where all requests are checked: `secure` above.
      [oauth.allowInsecureRequests]: true,
      headers: { ...auth.tokenHeaders },
    });
  } catch (error) {
    throw tokenErrorOf(connector.name, error);
  } finally {
    await http.close();
  }
}

/** The reply as the library may see it. @throws TokenError */
function readable(who: string, status: number, text: string): Response {
  if (status >= 500 || status === 429 || status === 408)
    throw new TokenError("unreachable", `${who} could not answer the request for tokens (status ${status}).`);
  if (status >= 300 && status < 400)
    throw new TokenError("nonsense", `${who}'s token address redirects elsewhere, which is not followed.`);
  const headers = { "content-type": "application/json" };
  let body: unknown;
  try {
    // An empty body is what many answer to a revocation.
    body = text.trim() === "" ? {} : JSON.parse(text);
  } catch (cause) {
    if (status === 401) throw unknownApp(who);
    throw new TokenError("nonsense", `${who} answered the request for tokens with something that is not JSON.`, {
      cause,
    });
  }
  const fields = cleaned(body, who);
  const { code } = fields;
  // Some put OAuth's word where their API's errors have theirs.
  if (status >= 400 && fields["error"] === undefined && typeof code === "string" && errorCodes.has(code))
    fields["error"] = code;
  if (status >= 400 && typeof fields["error"] !== "string") {
    if (status === 401) throw unknownApp(who);
    throw new TokenError("refused", `${who} refused the request for tokens (status ${status}).`);
  }
  // Some say "error" with status 200.
  return new Response(JSON.stringify(fields), { status: typeof fields["error"] === "string" ? 400 : 200, headers });
}

function unknownApp(who: string): TokenError {
  return new TokenError("invalid_client", `${who} does not accept the OAuth app's client id or secret.`);
}

/** Error codes of RFC 6749 5.2, and what providers add to them. */
const errorCodes: ReadonlyMap<string, TokenErrorKind> = new Map([
  ["invalid_grant", "invalid_grant"],
  ["interaction_required", "invalid_grant"],
  ["consent_required", "invalid_grant"],
  ["login_required", "invalid_grant"],
  ["access_denied", "invalid_grant"],
  ["invalid_token", "invalid_grant"],
  ["invalid_client", "invalid_client"],
  ["unauthorized_client", "invalid_client"],
  ["disabled_client", "invalid_client"],
  ["deleted_client", "invalid_client"],
  ["server_error", "unreachable"],
  ["temporarily_unavailable", "unreachable"],
  ["slow_down", "unreachable"],
]);

function tokenErrorOf(who: string, error: unknown): unknown {
  if (error instanceof TokenError) return error;
  if (error instanceof EgressError) return ofEgress(who, error);
  if (error instanceof oauth.ResponseBodyError) {
    const kind = errorCodes.get(error.error) ?? "refused";
    // The provider's own description may hold anything: it is not repeated.
    const code = /^[a-z_]{1,40}$/.test(error.error) ? ` (${error.error})` : "";
    if (kind === "invalid_client") return unknownApp(who);
    if (kind === "invalid_grant") return new TokenError(kind, `${who} says that this access is over${code}.`);
    if (kind === "unreachable") return new TokenError(kind, `${who} could not answer the request for tokens${code}.`);
    return new TokenError(kind, `${who} refused the request for tokens${code}.`);
  }
  if (error instanceof oauth.AuthorizationResponseError)
    return new TokenError("refused", `${who} did not give its consent.`, { fix: "Start again." });
  if (error instanceof oauth.UnsupportedOperationError)
    return new TokenError("refused", `${who} gave a kind of token this version cannot use.`, { cause: error });
  if (error instanceof oauth.OperationProcessingError)
    return new TokenError("nonsense", `${who}'s answer does not hold what OAuth 2.0 asks for.`);
  return error;
}

/** Broken off after the request was sent: whether it was acted upon is unknown. */
const lostKinds: ReadonlySet<EgressErrorKind> = new Set(["timeout", "reset", "truncated", "aborted"]);

function ofEgress(who: string, cause: EgressError): TokenError {
  if (cause.kind === "too_large")
    return new TokenError("nonsense", `${who} answered with far more than a token reply can be.`, { cause });
  if (cause.kind === "blocked_address" || cause.kind === "bad_url" || cause.kind === "tls")
    return new TokenError("nonsense", cause.message, { cause });
  const lost = lostKinds.has(cause.kind);
  return new TokenError("unreachable", `${who}'s token address does not answer. ${cause.message}`, { cause, lost });
}
