import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OAuth } from "#lib/connectors/types.ts";
import { setEnvForTests } from "#lib/env.ts";
import type { FakeOAuthOptions, TokenFault } from "#lib/testing/fake-oauth.ts";
import { serve } from "#lib/testing/loopback.ts";
import {
  startStubProvider,
  stubClientId,
  stubClientSecret,
  stubOAuthConnector,
  type StubProvider,
} from "#lib/testing/stub-oauth-connector.ts";
import type { AppCredentials } from "./apps.ts";
import { exchangeCode, refreshTokens, revokeToken, TokenError, tryCredentials } from "./token-endpoint.ts";
import { missingScopes } from "./token-reply.ts";

const redirectUri = "http://localhost:3000/v3/connections/auth/callback/google-drive";
const app: AppCredentials = {
  clientId: stubClientId,
  clientSecret: stubClientSecret,
  tenant: null,
  source: "operator",
};
let provider: StubProvider;

beforeEach(async () => {
  await start();
});

afterEach(() => provider.close());

async function start(options: Partial<FakeOAuthOptions> = {}): Promise<void> {
  provider = await startStubProvider(options);
  setEnvForTests({ ...provider.env, EGRESS_ALLOW: "" });
}

/** A callback as it comes after consent, and what belongs to it. */
function consented(change: Readonly<Record<string, string>> = {}, scope = "files.read email") {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: stubClientId,
    redirect_uri: redirectUri,
    scope,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  });
  const code = provider.oauth.approve(query);
  return { callback: new URLSearchParams({ code, state: "s1", ...change }), state: "s1", redirectUri, verifier };
}

async function refusal(act: Promise<unknown>): Promise<TokenError> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TokenError) return error;
  throw new Error("expected a TokenError", { cause: error });
}

const exchange = (auth: Partial<OAuth> = {}, timeoutMs?: number) =>
  exchangeCode(stubOAuthConnector(auth), app, consented(), timeoutMs);

describe("a code for tokens", () => {
  test("gives tokens, their end, scopes and what the connector keeps, and nothing else", async () => {
    provider.oauth.faults.push({ kind: "reply", change: { workspace: "w1", email: "ada@example.com" } });
    const reply = await exchange();
    expect(reply).toMatchObject({
      accessToken: expect.stringMatching(/^at_/),
      refreshToken: expect.stringMatching(/^rt_/),
      scopes: ["files.read", "email"],
      facts: { workspace: "w1" },
    });
    const seconds = (Number(reply.expiresAt) - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(3_500);
    expect(seconds).toBeLessThanOrEqual(3_600);
  });

  test("client id and secret go where the provider wants them, in the format it reads", async () => {
    for (const clientAuth of ["basic", "body"] as const)
      for (const tokenFormat of ["form", "json"] as const) {
        await provider.close();
        await start({ clientAuth, tokenFormat });
        provider.oauth.client("id:with-odd_chars", "s3 cret%+/=é-_.", redirectUri);
        const odd = { ...app, clientId: "id:with-odd_chars", clientSecret: "s3 cret%+/=é-_." };
        const query = new URLSearchParams({ client_id: odd.clientId, redirect_uri: redirectUri });
        const callback = new URLSearchParams({ code: provider.oauth.approve(query), state: "s" });
        const connector = stubOAuthConnector({ clientAuth, tokenFormat });
        const reply = await exchangeCode(connector, odd, { callback, state: "s", redirectUri, verifier: null });
        expect(reply.accessToken).toMatch(/^at_/);
        const next = await refreshTokens(connector, odd, reply.refreshToken ?? "");
        expect(next.accessToken).not.toBe(reply.accessToken);
        await revokeToken(connector, odd, next.accessToken);
        expect(provider.oauth.counts).toMatchObject({ exchanges: 1, refreshes: 1, revocations: 1 });
      }
  });

  test("a wrong verifier, another redirect URI and a code used twice are refused by the provider", async () => {
    const connector = stubOAuthConnector();
    const good = consented();
    expect((await refusal(exchangeCode(connector, app, { ...good, verifier: "x".repeat(43) }))).kind).toBe(
      "invalid_grant",
    );
    const other = await refusal(exchangeCode(connector, app, { ...consented(), redirectUri: `${redirectUri}/` }));
    expect(other.kind).toBe("invalid_grant");
    const twice = consented();
    await exchangeCode(connector, app, twice);
    expect((await refusal(exchangeCode(connector, app, twice))).kind).toBe("invalid_grant");
  });

  test("a foreign issuer, a foreign state, an error and doubled parameters never reach the provider", async () => {
    const connector = stubOAuthConnector({ issuer: "https://accounts.stub.invalid" });
    const doubled = consented();
    doubled.callback.append("code", "second");
    const doubledState = consented();
    doubledState.callback.append("state", "s1");
    for (const callback of [
      consented({ iss: "https://evil.invalid" }),
      consented({ state: "s2" }),
      consented({ error: "access_denied", error_description: "<script>alert(1)</script>" }),
      doubled,
      doubledState,
    ]) {
      const error = await refusal(exchangeCode(connector, app, callback));
      expect(error.message).not.toContain("script");
    }
    expect(provider.oauth.counts.token).toBe(0);
    const own = consented({ iss: "https://accounts.stub.invalid" });
    expect((await exchangeCode(connector, app, own)).accessToken).toMatch(/^at_/);
  });
});

describe("a token endpoint that does not answer as it should (B08)", () => {
  const cases: readonly (readonly [string, TokenFault, TokenError["kind"]])[] = [
    ["400 invalid_grant", { kind: "error", status: 400, error: "invalid_grant", description: "<b>x" }, "invalid_grant"],
    ["401 invalid_client", { kind: "error", status: 401, error: "invalid_client" }, "invalid_client"],
    ["401 with a page", { kind: "status", status: 401 }, "invalid_client"],
    ["400 with an error nobody knows", { kind: "error", status: 400, error: "<i>odd</i>" }, "refused"],
    ["an error with status 200", { kind: "error", status: 200, error: "invalid_grant" }, "invalid_grant"],
    [
      "400 with invalid_grant as its code",
      { kind: "status", status: 400, body: '{"object":"error","status":400,"code":"invalid_grant","message":"<b>"}' },
      "invalid_grant",
    ],
    [
      "401 with a code that is not OAuth's",
      { kind: "status", status: 401, body: '{"object":"error","status":401,"code":"unauthorized"}' },
      "invalid_client",
    ],
    [
      "400 with a code that is not OAuth's",
      { kind: "status", status: 400, body: '{"object":"error","status":400,"code":"validation_error"}' },
      "refused",
    ],
    ["403 with a page", { kind: "status", status: 403 }, "nonsense"],
    ["500", { kind: "status", status: 500 }, "unreachable"],
    ["429", { kind: "status", status: 429 }, "unreachable"],
    ["a page with status 200", { kind: "status", status: 200 }, "nonsense"],
    [
      "half of a JSON",
      { kind: "status", status: 200, body: '{"access_token":"a', contentType: "application/json" },
      "nonsense",
    ],
    ["a JSON list", { kind: "status", status: 200, body: "[]", contentType: "application/json" }, "nonsense"],
    ["nothing", { kind: "status", status: 200, body: "" }, "nonsense"],
    ["10 MB", { kind: "huge", bytes: 10_000_000 }, "nonsense"],
    ["a dropped connection", { kind: "lost" }, "unreachable"],
    ["another kind of token", { kind: "reply", change: { token_type: "mac" } }, "refused"],
    ["no kind of token", { kind: "reply", change: { token_type: undefined } }, "nonsense"],
    ["no access token", { kind: "reply", change: { access_token: undefined } }, "nonsense"],
    ["an access token with a line break", { kind: "reply", change: { access_token: "a\r\nx-evil: 1" } }, "nonsense"],
    ["a refresh token that is none", { kind: "reply", change: { refresh_token: { a: 1 } } }, "nonsense"],
  ];
  test.each(cases)("%s is a cause in words", async (_name, fault, kind) => {
    provider.oauth.faults.push(fault);
    const error = await refusal(exchange());
    expect({ kind: error.kind, text: error.message }).toEqual({ kind, text: expect.stringMatching(/^Stub Drive/) });
    expect(error.fix).toMatch(/\.$/);
    expect(JSON.stringify([error.message, error.fix])).not.toMatch(/<|client-secret|at_|rt_/);
    expect(provider.oauth.counts.token).toBe(1);
  });

  test("a redirect is not followed", async () => {
    const elsewhere = await serve((_request, response) => void response.end("{}"));
    provider.oauth.faults.push({ kind: "redirect", to: `${elsewhere.origin}/token` });
    expect((await refusal(exchange())).kind).toBe("nonsense");
    expect(elsewhere.accepted()).toBe(0);
    await elsewhere.close();
  });

  test("silence ends in time, and counts as an answer that may have been lost", async () => {
    provider.oauth.faults.push({ kind: "silent" });
    const began = performance.now();
    expect(await refusal(exchange({}, 300))).toMatchObject({ kind: "unreachable", lost: true });
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("a server that is not there is not a lost answer", async () => {
    const connector = stubOAuthConnector();
    const callback = consented();
    const { origin } = provider;
    await provider.close();
    setEnvForTests({ GOOGLE_TOKEN_URL: origin });
    expect(await refusal(exchangeCode(connector, app, callback))).toMatchObject({ kind: "unreachable", lost: false });
    provider = await startStubProvider();
  });
});

describe("what a reply leaves open (B09)", () => {
  const forever: readonly unknown[] = [undefined, null, 0, -1, "3600", "soon", 1e12, Number.NaN];
  test.each(forever)("expires_in %j is stored as unknown", async (expires) => {
    provider.oauth.faults.push({ kind: "reply", change: { expires_in: expires } });
    expect((await exchange()).expiresAt).toBeNull();
  });

  test.each([undefined, null, ""])("refresh_token %j is none", async (token) => {
    provider.oauth.faults.push({ kind: "reply", change: { refresh_token: token } });
    expect((await exchange()).refreshToken).toBeNull();
  });

  test("an id token nobody asked for does no harm", async () => {
    provider.oauth.faults.push({ kind: "reply", change: { id_token: "not.a.jwt" } });
    expect((await exchange()).accessToken).toMatch(/^at_/);
  });

  test("narrowed scopes are named, whichever way the provider spells the others", () => {
    const { auth } = stubOAuthConnector();
    if (auth.kind !== "oauth") throw new Error("unreachable");
    const missing = (granted: string[] | null) => missingScopes(auth, granted).map(({ words }) => words);
    expect(missing(["email"])).toEqual(["Read your files"]);
    expect(missing(["https://graph.invalid/Files.Read", "https://x.invalid/auth/userinfo.email"])).toEqual([]);
    expect(missing([])).toEqual(["Read your files", "See your email address"]);
    expect(missing(null)).toEqual([]);
  });
});

describe("trying an app's credentials", () => {
  test("right ones are accepted, wrong ones are not, and nothing is given out", async () => {
    await tryCredentials(stubOAuthConnector(), app);
    const wrong = await refusal(tryCredentials(stubOAuthConnector(), { ...app, clientSecret: "wrong" }));
    expect(wrong.kind).toBe("invalid_client");
    expect(provider.oauth.counts).toMatchObject({ exchanges: 0, refreshes: 0 });
  });
});

test("a token that is over already counts as taken back; a provider without such an endpoint is not asked", async () => {
  await revokeToken(stubOAuthConnector(), app, "unknown");
  const { revoke: _none, ...auth } = stubOAuthConnector().auth as OAuth;
  await revokeToken({ ...stubOAuthConnector(), auth }, app, "unknown");
  expect(provider.oauth.counts.revocations).toBe(1);
});
