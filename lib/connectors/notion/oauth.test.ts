import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { setEnvForTests } from "#lib/env.ts";
import type { AppCredentials } from "#lib/oauth/apps.ts";
import { authorizeLink } from "#lib/oauth/authorize-link.ts";
import { exchangeCode, refreshTokens, revokeToken, tryCredentials } from "#lib/oauth/token-endpoint.ts";
import { notion } from "./connector.ts";
import { FakeNotion } from "./fake/server.ts";
import { idFor } from "./fake/ids.ts";
import { notionOAuth } from "./oauth.ts";

/** Notion's way of OAuth, with the product's own client. */

const redirectUri = "http://localhost:3000/v3/connections/auth/callback/notion";
const app: AppCredentials = { clientId: "app", clientSecret: "app's secret: ü", tenant: null, source: "operator" };
let fake: FakeNotion;

beforeEach(async () => {
  fake = await FakeNotion.start();
  fake.oauth.client(app.clientId, app.clientSecret, redirectUri);
  setEnvForTests({ ...fake.env, EGRESS_ALLOW: "" });
});
afterEach(() => fake.close());

const exchange = async (verifier = randomBytes(32).toString("base64url"), shown = verifier) => {
  const link = await authorizeLink(notionOAuth, {
    clientId: app.clientId,
    redirectUri,
    state: "s",
    verifier,
    tenant: null,
  });
  const { searchParams } = new URL(link);
  const callback = new URLSearchParams({ code: fake.oauth.approve(searchParams), state: "s" });
  return { link, tokens: await exchangeCode(notion, app, { callback, state: "s", redirectUri, verifier: shown }) };
};

test("a person is sent to Notion for their own account, without scopes, with PKCE", async () => {
  const { link, tokens } = await exchange();
  const { origin, pathname, searchParams } = new URL(link);
  expect(origin + pathname).toBe(`${fake.origin}/v1/oauth/authorize`);
  expect(Object.fromEntries(searchParams)).toMatchObject({
    client_id: "app",
    owner: "user",
    response_type: "code",
    redirect_uri: redirectUri,
    code_challenge_method: "S256",
  });
  expect(searchParams.get("scope") ?? "").toBe("");
  expect(tokens).toMatchObject({
    expiresAt: null,
    facts: {
      workspace_id: idFor("workspace ada"),
      workspace_name: "Lighthouse Works",
      bot_id: idFor("bot ada"),
    },
  });
  expect(Object.keys(tokens.facts).toSorted()).toEqual(["bot_id", "workspace_id", "workspace_name"]);
});

test("a verifier that does not fit is refused", async () => {
  await expect(exchange(undefined, randomBytes(32).toString("base64url"))).rejects.toMatchObject({
    kind: "invalid_grant",
  });
});

test("each refresh gives a new refresh token and ends the old one", async () => {
  const { tokens } = await exchange();
  const second = await refreshTokens(notion, app, tokens.refreshToken ?? "");
  expect(second.refreshToken).not.toBeNull();
  expect(second.refreshToken).not.toBe(tokens.refreshToken);
  await expect(refreshTokens(notion, app, tokens.refreshToken ?? "")).rejects.toMatchObject({ kind: "invalid_grant" });
  await refreshTokens(notion, app, second.refreshToken ?? "");
});

test("a grant is taken back at Notion", async () => {
  const { tokens } = await exchange();
  await revokeToken(notion, app, tokens.refreshToken ?? "");
  await expect(refreshTokens(notion, app, tokens.refreshToken ?? "")).rejects.toMatchObject({ kind: "invalid_grant" });
});

test("the doctor tells a wrong secret from a right one", async () => {
  await tryCredentials(notion, app);
  await expect(tryCredentials(notion, { ...app, clientSecret: "wrong" })).rejects.toMatchObject({
    kind: "invalid_client",
  });
});
