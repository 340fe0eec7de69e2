import { afterAll, beforeAll, expect, test } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { useConnectors } from "#lib/connections/registry.ts";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { appWebhookSecret } from "#lib/vault/oauth-places.ts";
import { vault } from "#lib/vault/seal.ts";
import { changeOAuthApp, getOAuthApp, removeOAuthApp } from "./oauth-apps.ts";
import { clearWebhookSecret, showWebhookSecret } from "./webhook-secret.ts";

const id = "google-drive";

beforeAll(async () => {
  await testDatabase({
    SEALING_KEYS: `test:${Buffer.alloc(32, 7).toString("base64url")}`,
    APP_URL: "https://docs.example.com",
  });
  const webhook = { secretVariable: "NOTION_WEBHOOK_SECRET", hear: () => ({ kind: "nonsense" }) as const };
  afterAll(useConnectors([stubOAuthConnector({}, { webhook })]));
});

/** An organization with an app for which the provider has sent its token. */
async function withToken() {
  const organization = await testOrganization("Acme");
  const { principal, organizationId } = organization;
  await changeOAuthApp(principal, id, { enabled: true, clientId: "client", clientSecret: "client-secret" });
  await prisma().oAuthApp.updateMany({
    where: { organizationId },
    data: { webhookSecret: vault().seal("token-of-the-provider", appWebhookSecret(id, organizationId)) },
  });
  return organization;
}

test("an app's notices have an address of the organization's own", async () => {
  const { principal, organizationId } = await withToken();
  expect((await getOAuthApp(principal, id)).own?.notices).toEqual({
    address: `https://docs.example.com/v3/webhooks/${id}?organization=${organizationId}`,
    secretSet: true,
    reachable: true,
  });
});

test("what signs them is shown to who may change things, and every look is written down", async () => {
  const { principal, organizationId } = await withToken();
  expect(await showWebhookSecret(principal, id)).toBe("token-of-the-provider");
  const viewer = { kind: "user", organizationId, userId: newId(), email: "v@example.com", role: "viewer" } as const;
  await expect(showWebhookSecret(viewer, id)).rejects.toMatchObject({ code: "forbidden" });
  await expect(clearWebhookSecret(viewer, id)).rejects.toMatchObject({ code: "forbidden" });
  const { items } = await listAudit(principal);
  expect(items.filter(({ action }) => action === "oauth_app.webhook_show")).toHaveLength(1);
  expect(JSON.stringify([items, await getOAuthApp(principal, id)])).not.toContain("token-of");
});

test("nobody sees or forgets that of another organization", async () => {
  const theirs = await withToken();
  const { principal } = await testOrganization("Globex");
  await expect(showWebhookSecret(principal, id)).rejects.toMatchObject({ code: "not_found" });
  await clearWebhookSecret(principal, id);
  expect(await showWebhookSecret(theirs.principal, id)).toBe("token-of-the-provider");
});

test("forgotten, or removed together with the app, it is gone; a change of the app keeps it", async () => {
  const { principal } = await withToken();
  await changeOAuthApp(principal, id, { clientId: "another" });
  expect((await getOAuthApp(principal, id)).own?.notices?.secretSet).toBe(true);
  expect((await clearWebhookSecret(principal, id)).own?.notices?.secretSet).toBe(false);
  await expect(showWebhookSecret(principal, id)).rejects.toMatchObject({ code: "not_found" });
  const other = await withToken();
  await removeOAuthApp(other.principal, id);
  expect(await prisma().oAuthApp.count({ where: { organizationId: other.organizationId } })).toBe(0);
});
