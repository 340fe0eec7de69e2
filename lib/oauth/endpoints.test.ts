import { afterEach, expect, test } from "vitest";
import type { OAuth } from "#lib/connectors/types.ts";
import { setEnvForTests } from "#lib/env.ts";
import { addressesOf, allowedByOperator, hostsOfProvider } from "./endpoints.ts";

const auth: OAuth = {
  kind: "oauth",
  variables: "GOOGLE",
  settings: "googleDrive",
  issuer: null,
  authorize: { base: "https://accounts.real.invalid", path: "/auth", variable: "GOOGLE_AUTHORIZE_URL" },
  token: { base: "https://oauth.real.invalid", path: "/token", variable: "GOOGLE_TOKEN_URL" },
  revoke: { base: "https://oauth.real.invalid", path: "/revoke", variable: "GOOGLE_REVOKE_URL" },
  api: { base: "https://api.real.invalid", path: "/drive/v3", variable: "GOOGLE_API_URL" },
  scopes: [],
  pkce: true,
  clientAuth: "body",
  tokenFormat: "form",
  authorizeParams: {},
  keep: [],
  consent: { reads: [], never: [], stop: "" },
  setup: { where: "", url: "https://real.invalid", steps: [], caveats: [] },
};

const none = {
  GOOGLE_AUTHORIZE_URL: undefined,
  GOOGLE_TOKEN_URL: undefined,
  GOOGLE_REVOKE_URL: undefined,
  GOOGLE_API_URL: undefined,
};

afterEach(() => setEnvForTests(none));

test("without variables everything is at the provider", () => {
  setEnvForTests(none);
  expect(addressesOf(auth)).toEqual({
    authorize: "https://accounts.real.invalid/auth",
    token: "https://oauth.real.invalid/token",
    revoke: "https://oauth.real.invalid/revoke",
    api: "https://api.real.invalid/drive/v3",
  });
});

test("tokens of a server the operator named are never sent to the real provider to be revoked", () => {
  setEnvForTests({ ...none, GOOGLE_TOKEN_URL: "http://127.0.0.1:9/token", GOOGLE_API_URL: "http://127.0.0.1:9" });
  expect(addressesOf(auth)).toMatchObject({
    token: "http://127.0.0.1:9/token",
    api: "http://127.0.0.1:9/drive/v3",
    revoke: null,
  });
  expect(hostsOfProvider(auth)).toEqual(["127.0.0.1"]);
});

test("the operator may name the address for revoking, too", () => {
  setEnvForTests({
    ...none,
    GOOGLE_TOKEN_URL: "http://127.0.0.1:9/token",
    GOOGLE_REVOKE_URL: "http://127.0.0.1:8/revoke",
    GOOGLE_API_URL: "http://127.0.0.1:9",
  });
  expect(addressesOf(auth).revoke).toBe("http://127.0.0.1:8/revoke");
  expect(allowedByOperator(auth)).toEqual(["127.0.0.1:9", "127.0.0.1:8"]);
});

test.each([
  ["http://127.0.0.1:9", "http://127.0.0.1:9/common/oauth2/v2.0/authorize"],
  ["http://127.0.0.1:9/", "http://127.0.0.1:9/common/oauth2/v2.0/authorize"],
  ["http://authorize:9", "http://authorize:9/common/oauth2/v2.0/authorize"],
  ["https://login.invalid/{tenant}", "https://login.invalid/common/oauth2/v2.0/authorize"],
  ["https://login.invalid/{tenant}/oauth2/v2.0/authorize", "https://login.invalid/common/oauth2/v2.0/authorize"],
  ["https://login.invalid/contoso/oauth2/v2.0/authorize", "https://login.invalid/contoso/oauth2/v2.0/authorize"],
  ["https://login.invalid/oauth2/v2.0/authorize", "https://login.invalid/oauth2/v2.0/authorize"],
])("an operator may name a base or a whole address: %s", (given, address) => {
  setEnvForTests({ ...none, GOOGLE_AUTHORIZE_URL: given });
  const path = "/{tenant}/oauth2/v2.0/authorize";
  expect(addressesOf({ ...auth, authorize: { ...auth.authorize, path } }, "common").authorize).toBe(address);
});
