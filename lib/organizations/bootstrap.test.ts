import { beforeAll, beforeEach, expect, test } from "vitest";
import { authenticateKey } from "#lib/keys/authenticate.ts";
import { rotateKey } from "#lib/keys/service.ts";
import { pool } from "#lib/db/client.ts";
import { parseEnv } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { verifyPassword } from "#lib/vault/password.ts";
import { bootstrap } from "./bootstrap.ts";
import { setupAllowed } from "./service.ts";
import { issueSetupToken } from "./setup-token.ts";

const acme = "sm_acme-0123456789abcdef";
const globex = "sm_globex-0123456789abcdef";
const owner = "ada@example.com:correct horse: battery";

beforeAll(async () => {
  await testDatabase();
});
beforeEach(async () => {
  await pool().query("truncate organizations, users, setup_tokens cascade");
});

async function run(keys: string, account = ""): Promise<void> {
  const client = await pool().connect();
  try {
    await bootstrap(client, parseEnv({ BOOTSTRAP_API_KEYS: keys, BOOTSTRAP_OWNER: account }));
  } finally {
    client.release();
  }
}

async function issue(): Promise<string | undefined> {
  const client = await pool().connect();
  try {
    return await issueSetupToken(client);
  } finally {
    client.release();
  }
}

test("the named keys work, each in its own organization, and the owner belongs to all of them", async () => {
  await run(`acme:${acme}, globex:${globex}`, owner);
  const principals = await Promise.all([acme, globex].map(authenticateKey));
  expect(new Set(principals.map((principal) => principal?.organizationId)).size).toBe(2);
  const { rows } = await pool().query("select email, password_hash from users");
  expect(rows).toHaveLength(1);
  expect(await verifyPassword("correct horse: battery", String(rows[0]?.["password_hash"]))).toBe(true);
  const { rows: roles } = await pool().query("select role from memberships");
  expect(roles).toEqual([{ role: "owner" }, { role: "owner" }]);
});

test("a second boot changes nothing: not a password, not a revoked key", async () => {
  await run(`acme:${acme}`, owner);
  await pool().query("update api_keys set revoked_at = now()");
  await run(`acme:${acme}`, "ada@example.com:another password");
  expect(await authenticateKey(acme)).toBeNull();
  const { rows } = await pool().query("select password_hash from users");
  expect(await verifyPassword("correct horse: battery", String(rows[0]?.["password_hash"]))).toBe(true);
});

test("a key that was rotated does not come back to life with the next boot, with or without grace", async () => {
  await run(`acme:${acme}`);
  const principal = await authenticateKey(acme);
  if (!principal) throw new Error("the key does not work");
  const { key: second } = await rotateKey(principal, principal.keyId, { graceSeconds: 60 });
  await run(`acme:${acme},acme:${second}`);
  expect((await authenticateKey(acme))?.keyId).toBe(principal.keyId);
  await rotateKey(principal, principal.keyId, { graceSeconds: 0 });
  await run(`acme:${acme},acme:${second}`);
  for (const key of [acme, second]) expect(await authenticateKey(key)).toBeNull();
  const { rows } = await pool().query("select count(*)::int as keys from api_keys");
  expect(rows).toEqual([{ keys: 1 }]);
  await expect(run(`globex:${acme}`)).rejects.toThrow("a key of another organization");
});

test("two machines may boot at the same moment", async () => {
  await Promise.all([run(`acme:${acme}`, owner), run(`acme:${acme}`, owner)]);
  const { rows } = await pool().query(
    "select (select count(*)::int from organizations) as organizations, (select count(*)::int from api_keys) as keys",
  );
  expect(rows).toEqual([{ organizations: 1, keys: 1 }]);
});

test("a key of another organization is refused, and nothing is half done", async () => {
  await run(`acme:${acme}`);
  await expect(run(`globex:${acme}`)).rejects.toThrow("BOOTSTRAP_API_KEYS gives globex a key of another organization");
  const { rows } = await pool().query("select slug from organizations");
  expect(rows).toEqual([{ slug: "acme" }]);
});

test("bad entries are named by position, never by their key", () => {
  expect(() => parseEnv({ BOOTSTRAP_API_KEYS: `acme:${acme},Globex:sm_secretsecretsecret` })).toThrow(
    /entry 2 must be/,
  );
  expect(() => parseEnv({ BOOTSTRAP_API_KEYS: "Globex:sm_secretsecretsecret" })).not.toThrow(/secretsecret/);
});

test("the set-up link of an earlier start stops working, and none is made once somebody owns an organization", async () => {
  const first = await issue();
  const second = await issue();
  expect(await setupAllowed(first ?? "")).toBe(false);
  expect(await setupAllowed(second ?? "")).toBe(true);
  await run("", owner);
  expect(await issue()).toBeUndefined();
  expect(await setupAllowed(second ?? "")).toBe(false);
});
