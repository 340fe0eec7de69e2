import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { useConnectors } from "#lib/connections/registry.ts";
import { getProvider } from "#lib/connections/service.ts";
import type { ClaimedAddress } from "#lib/contract/claimed-address.ts";
import type { DoctorCheck } from "#lib/contract/oauth-app.ts";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { changeOAuthApp, getOAuthApp, removeOAuthApp } from "#lib/organizations/oauth-apps.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import {
  startStubProvider,
  stubClientId,
  stubOAuthConnector,
  type StubProvider,
} from "#lib/testing/stub-oauth-connector.ts";
import { checkAddress, checkHttps } from "./doctor-address.ts";
import { diagnose } from "./doctor.ts";
import { callbackUrl } from "./redirect.ts";
import { setupOf } from "./setup.ts";

const id = "google-drive";
let provider: StubProvider;
let acme: TestOrganization;

beforeAll(async () => {
  provider = await startStubProvider();
  await testDatabase({ SEALING_KEYS: `test:${Buffer.alloc(32, 7).toString("base64url")}`, ...provider.env });
  const restore = useConnectors([stubOAuthConnector()]);
  afterAll(async () => {
    restore();
    await provider.close();
  });
});

beforeEach(async () => {
  setEnvForTests(provider.env);
  provider.oauth.faults.splice(0);
  provider.api.statuses.splice(0);
  acme = await testOrganization("Acme");
});

async function look(claimed: ClaimedAddress | null = null): Promise<Readonly<Record<string, DoctorCheck>>> {
  const checks = await diagnose(acme.principal, id, claimed);
  return Object.fromEntries(checks.map((check) => [check.id, check]));
}

const noOperator = { GOOGLE_CLIENT_ID: undefined, GOOGLE_CLIENT_SECRET: undefined };
const own = (clientSecret = "client-secret") =>
  changeOAuthApp(acme.principal, id, { enabled: true, clientId: stubClientId, clientSecret });

describe("client id and secret", () => {
  test("the operator's app is tried with a token that cannot exist, and found good", async () => {
    const before = { ...provider.oauth.counts };
    expect((await look())["client"]).toMatchObject({
      state: "ok",
      detail: "The operator’s app is known to Stub Drive.",
    });
    expect(provider.oauth.counts).toEqual({ ...before, token: before.token + 1 });
  });

  test("an own app with a wrong secret is named as such, without the secret", async () => {
    await own("canary-wrong-secret");
    const checks = await look();
    expect(checks["client"]).toMatchObject({ state: "problem", detail: /client id “client”/ });
    expect(checks["client"]?.fix).toMatch(/Copy both again/);
    expect(JSON.stringify(checks)).not.toContain("canary");
    await own();
    expect((await look())["client"]).toMatchObject({ state: "ok", detail: "Your own app is known to Stub Drive." });
  });

  test("an app that is not accepted is remembered, until the provider accepts it or another one is entered", async () => {
    const standing = async () => ({
      since: (await getOAuthApp(acme.principal, id)).own?.refusedAt ?? null,
      tile: (await getProvider(acme.principal, id)).appRefused,
    });
    const fine = { since: null, tile: false };
    await own("wrong");
    expect(await standing()).toEqual(fine);
    await look();
    expect(await standing()).toEqual({ since: expect.any(String), tile: true });
    // Trouble of another kind says nothing about it.
    provider.oauth.faults.push({ kind: "status", status: 503 });
    await look();
    expect(await standing()).toMatchObject({ tile: true });
    await changeOAuthApp(acme.principal, id, { enabled: false });
    expect(await standing()).toMatchObject({ since: expect.any(String), tile: false });
    await changeOAuthApp(acme.principal, id, { enabled: true });
    expect(await standing()).toMatchObject({ tile: true });
    await own();
    expect(await standing()).toEqual(fine);
    provider.oauth.faults.push({ kind: "error", status: 401, error: "invalid_client" });
    await look();
    expect(await standing()).toMatchObject({ tile: true });
    await look();
    expect(await standing()).toEqual(fine);
  });

  test("a check that cannot judge the secret does not declare a refused app good", async () => {
    const restore = useConnectors([stubOAuthConnector({ judgesTokenFirst: true })]);
    try {
      await own();
      const data = { organizationId: acme.organizationId, provider: id, clientId: stubClientId, tokens: "x" };
      await prisma().grant.create({ data: { ...data, id: newId(), refreshedAt: new Date(Date.now() + 1_000) } });
      provider.oauth.faults.push({ kind: "error", status: 401, error: "invalid_client" });
      expect((await look())["client"]).toMatchObject({ state: "problem" });
      expect((await look())["client"]).toMatchObject({ state: "unknown" });
      expect((await getProvider(acme.principal, id)).appRefused).toBe(true);
    } finally {
      restore();
    }
  });

  test("without any app there is nothing to try, and the provider is not asked", async () => {
    setEnvForTests(noOperator);
    const before = provider.oauth.counts.token;
    expect((await look())["client"]).toMatchObject({ state: "unknown", fix: "Enter client id and secret." });
    expect(provider.oauth.counts.token).toBe(before);
  });

  test("a provider in trouble is no verdict about the app", async () => {
    provider.oauth.faults.push({ kind: "status", status: 503 });
    expect((await look())["client"]).toMatchObject({ state: "unknown", fix: /Try again in a few minutes/ });
    provider.oauth.faults.push({ kind: "status", status: 200, body: "<html>" });
    expect((await look())["client"]).toMatchObject({ state: "problem", fix: /addresses in the configuration/ });
    provider.oauth.faults.push({ kind: "error", status: 400, error: "invalid_request" });
    expect((await look())["client"]).toMatchObject({ state: "unknown" });
  });

  test("where a made-up token is judged first, only tokens given since prove the app", async () => {
    const restore = useConnectors([stubOAuthConnector({ judgesTokenFirst: true })]);
    try {
      await own();
      expect((await look())["client"]).toMatchObject({ state: "unknown", detail: /may not have looked/ });
      const data = {
        organizationId: acme.organizationId,
        provider: id,
        clientId: stubClientId,
        tokens: "x",
      };
      await prisma().grant.create({ data: { ...data, id: newId(), refreshedAt: new Date(0) } });
      expect((await look())["client"]).toMatchObject({ state: "unknown" });
      await prisma().grant.create({ data: { ...data, id: newId(), refreshedAt: new Date(Date.now() + 1_000) } });
      expect((await look())["client"]).toMatchObject({ state: "ok" });
      await own("canary-wrong-secret");
      expect((await look())["client"]).toMatchObject({ state: "problem" });
    } finally {
      restore();
    }
  });

  test("a secret whose sealing key is gone is said to be lost, and the page still opens", async () => {
    await own();
    setEnvForTests({ SEALING_KEYS: `other:${Buffer.alloc(32, 9).toString("base64url")}` });
    try {
      expect((await look())["client"]).toMatchObject({ state: "problem", fix: /Enter the secret again/ });
      expect((await getOAuthApp(acme.principal, id)).own?.secret).toEqual({ set: false, last4: null });
    } finally {
      setEnvForTests({ SEALING_KEYS: `test:${Buffer.alloc(32, 7).toString("base64url")}` });
    }
  });
});

describe("reachability", () => {
  test("any answer will do, an error of the provider's own is a problem", async () => {
    expect(await look()).toMatchObject({ authorize: { state: "ok" }, token: { state: "ok" }, api: { state: "ok" } });
    provider.api.statuses.push(502, 502);
    const states = Object.values(await look()).filter((check) => check.detail.includes("(502)"));
    expect(states.map(({ state }) => state)).toEqual(["problem", "problem"]);
  });

  test("a closed port and a private address that nobody allowed are told apart, with what to do", async () => {
    const closed = await startStubProvider();
    await closed.close();
    setEnvForTests({ GOOGLE_API_URL: closed.origin });
    expect((await look())["api"]).toMatchObject({ state: "problem", fix: /firewall/ });
    const restore = useConnectors([
      stubOAuthConnector({ api: { base: "http://127.0.0.1:9", path: "", variable: "NOTION_API_URL" } }),
    ]);
    expect((await look())["api"]).toMatchObject({ state: "problem", fix: /EGRESS_ALLOW/ });
    restore();
  });
});

describe("what was seen", () => {
  test("a flow that came back proves the redirect URI, for this app and this address only", async () => {
    const flow = {
      organizationId: acme.organizationId,
      connectionId: newId(),
      provider: id,
      status: "done",
      origin: "console",
      actor: "user:x",
      clientId: stubClientId,
      redirectUri: callbackUrl(id),
      expiresAt: new Date(),
    } as const;
    const add = (change: object) =>
      prisma().connectFlow.create({
        data: { ...flow, id: newId(), stateHash: crypto.getRandomValues(new Uint8Array(32)), ...change },
      });
    const other = await testOrganization("Globex");
    await add({ status: "pending" });
    await add({ status: "failed" });
    await add({ clientId: "another" });
    await add({ redirectUri: "https://old.example/v3/connections/auth/callback/google-drive" });
    await add({ organizationId: other.organizationId });
    expect((await look())["redirect"]).toMatchObject({ state: "unknown", fix: /letter by letter/ });
    await add({});
    expect((await look())["redirect"]).toMatchObject({ state: "ok" });
  });

  test("permissions that the newest account did not grant are named in words", async () => {
    expect((await look())["scopes"]).toMatchObject({ state: "unknown" });
    const grant = (scopes: string[], at: number) =>
      prisma().grant.create({
        data: {
          id: newId(),
          organizationId: acme.organizationId,
          provider: id,
          clientId: stubClientId,
          tokens: "x",
          scopes,
          createdAt: new Date(at),
        },
      });
    await grant(["files.read", "email"], 1);
    expect((await look())["scopes"]).toMatchObject({ state: "ok" });
    await grant(["email"], 2);
    expect((await look())["scopes"]).toMatchObject({ state: "problem", detail: /Read your files/, fix: /files\.read/ });
  });
});

describe("the address", () => {
  const at = (appUrl: string, claimed: Partial<ClaimedAddress>) =>
    checkAddress(appUrl, { proxied: claimed.forwardedHost !== undefined, ...claimed }).state;
  const url = "https://docs.example.com";

  test.each<[string, Partial<ClaimedAddress>, DoctorCheck["state"]]>([
    [url, { host: "docs.example.com" }, "ok"],
    [url, { host: "DOCS.example.com:443" }, "ok"],
    [url, { host: "10.0.0.7:3000", forwardedHost: "docs.example.com", forwardedProto: "https" }, "ok"],
    [url, { host: "docs.example.com", forwardedHost: "other.example.com" }, "problem"],
    [url, { host: "docs.example.com", forwardedHost: "docs.example.com", forwardedProto: "http" }, "problem"],
    [url, { host: "other.example.com" }, "problem"],
    [url, { host: "10.0.0.7:3000", proxied: true }, "unknown"],
    [url, {}, "unknown"],
    ["http://localhost:3000", { host: "localhost:3000" }, "ok"],
    ["http://localhost:3000", { host: "192.168.0.4:3000" }, "problem"],
    ["http://localhost:3000", { host: "localhost:3000", forwardedProto: "https", proxied: true }, "problem"],
  ])("APP_URL %s opened as %j is %s", (appUrl, claimed, state) => {
    expect(at(appUrl, claimed)).toBe(state);
  });

  test("plain http is fine on this very machine and a problem anywhere else", () => {
    expect(checkHttps("https://docs.example.com").state).toBe("ok");
    expect(checkHttps("http://localhost:3000")).toMatchObject({ state: "ok", fix: /https/ });
    expect(checkHttps("http://docs.example.com").state).toBe("problem");
  });

  test("both redirect URIs come from APP_URL, the one in use first", () => {
    setEnvForTests({ APP_URL: "https://docs.example.com" });
    expect(setupOf(stubOAuthConnector()).redirectUris).toEqual([
      "https://docs.example.com/v3/connections/auth/callback/google-drive",
      "https://docs.example.com/v3/connections/google-drive/callback",
    ]);
    setEnvForTests({ APP_URL: undefined });
  });
});

describe("whose app", () => {
  test("the own one when it is switched on, else the operator's, else none", async () => {
    const source = async () => (await getOAuthApp(acme.principal, id)).source;
    expect(await source()).toBe("operator");
    await own();
    expect(await source()).toBe("organization");
    await changeOAuthApp(acme.principal, id, { enabled: false });
    expect(await source()).toBe("operator");
    setEnvForTests(noOperator);
    expect(await source()).toBeNull();
    await removeOAuthApp(acme.principal, id);
    expect((await getOAuthApp(acme.principal, id)).own).toBeNull();
  });

  test("connections that need the own app are counted, those of others and of other apps are not", async () => {
    await own();
    const connect = async (organizationId: string, clientId: string, state: "active" | "deleting" = "active") => {
      const grantId = newId();
      await prisma().grant.create({ data: { id: grantId, organizationId, provider: id, clientId, tokens: "x" } });
      await prisma().connection.create({
        data: { id: newId(), organizationId, provider: id, containerTags: [], grantId, state },
      });
    };
    await connect(acme.organizationId, stubClientId);
    await connect(acme.organizationId, "the-operators");
    await connect(acme.organizationId, stubClientId, "deleting");
    await connect((await testOrganization("Globex")).organizationId, stubClientId);
    expect((await getOAuthApp(acme.principal, id)).own?.connections).toBe(1);
  });

  test("viewers may neither change it nor have it examined", async () => {
    const viewer = {
      kind: "user",
      organizationId: acme.organizationId,
      userId: newId(),
      email: "v@example.com",
      role: "viewer",
    } as const;
    await expect(diagnose(viewer, id, null)).rejects.toMatchObject({ code: "forbidden" });
    await expect(changeOAuthApp(viewer, id, { clientId: "x" })).rejects.toMatchObject({ code: "forbidden" });
    await expect(removeOAuthApp(viewer, id)).rejects.toMatchObject({ code: "forbidden" });
    expect((await getOAuthApp(viewer, id)).source).toBe("operator");
  });
});
