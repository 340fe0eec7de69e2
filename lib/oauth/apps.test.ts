import { randomBytes } from "node:crypto";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { appSecret } from "#lib/vault/oauth-places.ts";
import { vault } from "#lib/vault/seal.ts";
import { appFor, appOf } from "./apps.ts";

const connector = stubOAuthConnector();
let [acme, globex] = ["", ""];

beforeAll(async () => {
  await testDatabase({ SEALING_KEYS: `test:${randomBytes(32).toString("base64")}` });
  [acme, globex] = [(await testOrganization("Acme")).organizationId, (await testOrganization("Globex")).organizationId];
});

beforeEach(async () => {
  await pool().query("delete from oauth_apps");
  setEnvForTests({ GOOGLE_CLIENT_ID: "operators", GOOGLE_CLIENT_SECRET: "operators-secret" });
});

async function own(organizationId: string, clientId: string, enabled = true): Promise<void> {
  const secret = vault().seal(`secret of ${clientId}`, appSecret(connector.id, organizationId));
  await pool().query(
    `insert into oauth_apps (organization_id, provider, enabled, client_id, client_secret, tenant) values ($1, $2, $3, $4, $5, 't1')`,
    [organizationId, connector.id, enabled, clientId, secret],
  );
}

const operators = { clientId: "operators", clientSecret: "operators-secret", tenant: null, source: "operator" };

test("new connections use the organization's own app, else the operator's, else there is none", async () => {
  expect(await appFor(acme, connector)).toEqual(operators);
  await own(acme, "acmes");
  expect(await appFor(acme, connector)).toEqual({
    clientId: "acmes",
    clientSecret: "secret of acmes",
    tenant: "t1",
    source: "organization",
  });
  expect(await appFor(globex, connector)).toEqual(operators);
  setEnvForTests({ GOOGLE_CLIENT_SECRET: undefined });
  expect(await appFor(globex, connector)).toBeNull();
});

test("a grant goes on with the app it was given to, even when new ones use another", async () => {
  await own(acme, "acmes", false);
  expect(await appFor(acme, connector)).toEqual(operators);
  expect(await appOf(acme, connector, "acmes")).toMatchObject({ clientSecret: "secret of acmes" });
  expect(await appOf(acme, connector, "operators")).toEqual(operators);
  expect(await appOf(globex, connector, "acmes")).toBeNull();
  expect(await appOf(acme, connector, "former")).toBeNull();
});

test("a secret that does not open is a cause in words, and never somebody else's app", async () => {
  await own(acme, "acmes");
  setEnvForTests({ SEALING_KEYS: `other:${randomBytes(32).toString("base64")}` });
  await expect(appFor(acme, connector)).rejects.toMatchObject({
    kind: "permanent",
    fix: expect.stringContaining("Settings → OAuth apps"),
  });
});
