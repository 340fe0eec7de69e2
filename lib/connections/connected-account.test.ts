import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";
import { getConnection, getProvider, testConnection, updateConnection } from "./service.ts";

const rig = connectRig();

async function connected(): Promise<string> {
  await rig.trust("https://app.example.com");
  const created = await rig.client.connections.create("google-drive", { redirectUrl: "https://app.example.com/done" });
  const browser = rig.browser();
  await browser.open(await browser.consent(created.authLink));
  return created.id;
}

test("settings of a connected account are tested as that account; before, there is nobody to test as", async () => {
  const { principal } = rig.acme;
  const before = await testConnection(principal, { provider: "google-drive", settings: {} });
  expect(before).toMatchObject({ ok: false, fix: "Connect it first." });
  const id = await connected();
  const tested = await testConnection(principal, { provider: "google-drive", settings: {}, connectionId: id });
  expect(tested).toMatchObject({ ok: true, account: { email: "ada@example.com" } });
  await expect(
    testConnection(rig.globex.principal, { provider: "google-drive", settings: {}, connectionId: id }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("an account whose access ended can still be renamed and rescheduled, which asks the provider nothing", async () => {
  const { principal } = rig.acme;
  const id = await connected();
  rig.provider.oauth.withdraw();
  await prisma().connection.update({ where: { id }, data: { failureKind: "reauth" } });
  const { settings } = await getConnection(principal, id);
  const { requests } = rig.provider.api;
  const changed = await updateConnection(principal, id, { name: "Ada's files", intervalSeconds: 3_600, settings });
  expect(changed).toMatchObject({ name: "Ada's files", intervalSeconds: 3_600, reconnects: true });
  expect(rig.provider.api.requests).toBe(requests);
  const tested = await testConnection(principal, { provider: "google-drive", settings, connectionId: id });
  expect(tested).toMatchObject({ ok: false, kind: "reauth" });
});

test("a provider is ready where the organization or the operator has entered an app, and says what people agree to", async () => {
  const { principal } = rig.acme;
  const ready = async () => (await getProvider(principal, "google-drive")).ready;
  expect(await getProvider(principal, "google-drive")).toMatchObject({ ready: true, auth: "oauth" });
  expect((await getProvider(principal, "google-drive")).consent?.reads.length).toBeGreaterThan(0);
  setEnvForTests({ GOOGLE_CLIENT_ID: undefined });
  try {
    expect(await ready()).toBe(false);
    const app = { organizationId: principal.organizationId, provider: "google-drive", clientId: "own" };
    await prisma().oAuthApp.create({ data: { ...app, clientSecret: "sealed", enabled: true } });
    expect(await ready()).toBe(true);
    expect((await getProvider(rig.globex.principal, "google-drive")).ready).toBe(false);
    await prisma().oAuthApp.updateMany({ data: { enabled: false } });
    expect(await ready()).toBe(false);
  } finally {
    setEnvForTests(rig.provider.env);
    await prisma().oAuthApp.deleteMany({});
  }
});
