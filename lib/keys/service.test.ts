import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { authenticateKey, createKey, listKeys, revokeKey } from "./service.ts";

let acme: TestOrganization;

afterEach(() => vi.useRealTimers());

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
});

describe("keys", () => {
  test("the plaintext is answered once and stored nowhere", async () => {
    const { key, view } = await createKey(acme.principal, { name: " CI ", expiresInDays: 30 });
    expect(key).toMatch(/^sm_[\w-]{43}$/);
    expect(view).toMatchObject({ name: "CI", suffix: key.slice(-4), revokedAt: null, lastUsedAt: null });
    const days = (Date.parse(view.expiresAt ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    for (const table of ["api_keys", "audit_events", "idempotency_keys"]) {
      const { rows } = await pool().query(`select t::text as row from ${table} t`);
      expect(JSON.stringify(rows)).not.toContain(key.slice(3));
    }
    expect(await authenticateKey(key)).toEqual({
      kind: "key",
      organizationId: acme.organizationId,
      keyId: view.id,
      keyName: "CI",
    });
  });

  test("a name or a lifetime that makes no sense makes no key", async () => {
    const before = (await listKeys(acme.principal)).length;
    for (const input of [
      { name: "" },
      { name: "  " },
      { name: "x".repeat(101) },
      { name: "a\0b" },
      { name: "ok", expiresInDays: 0 },
      { name: "ok", expiresInDays: 1.5 },
      { name: "ok", expiresInDays: 3_651 },
      { name: "ok", expiresInDays: Number.NaN },
    ])
      await expect(createKey(acme.principal, input)).rejects.toMatchObject({ code: "invalid_request" });
    expect(await listKeys(acme.principal)).toHaveLength(before);
  });

  test("revoking is final, audited once, and repeating it changes nothing", async () => {
    const { key, view } = await createKey(acme.principal, { name: "old" });
    const [first, second] = [await revokeKey(acme.principal, view.id), await revokeKey(acme.principal, view.id)];
    expect(second.revokedAt).toBe(first.revokedAt);
    expect(await authenticateKey(key)).toBeNull();
    const { items } = await listAudit(acme.principal, { target: `key:${view.id}` });
    expect(items.map((event) => event.action)).toEqual(["key.revoke", "key.create"]);
    for (const id of ["nope", "0000000000000000000000"])
      await expect(revokeKey(acme.principal, id)).rejects.toMatchObject({ code: "not_found" });
  });

  test("E05 the database's clock decides whether a key has expired", async () => {
    const { key, view } = await createKey(acme.principal, { name: "a day", expiresInDays: 1 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 86_400_000 });
    expect(await authenticateKey(key)).toMatchObject({ keyId: view.id });
    await pool().query("update api_keys set expires_at = now() - interval '1 millisecond' where id = $1", [view.id]);
    vi.setSystemTime(Date.now() - 4 * 86_400_000);
    expect(await authenticateKey(key)).toBeNull();
  });

  test("what is no key authenticates nobody", async () => {
    for (const key of ["", "sm_", "x".repeat(100_000), "\0", "\ud800", acme.apiKey.slice(0, -1)])
      expect(await authenticateKey(key)).toBeNull();
  });
});

test("the audit log is read newest first, each line once, whatever happens meanwhile", async () => {
  const { organizationId } = acme;
  await prisma().auditEvent.deleteMany({});
  const at = new Date("2026-01-01T00:00:00.000Z");
  await prisma().auditEvent.createMany({
    data: Array.from({ length: 25 }, (_, i) => ({ organizationId, actor: "system", action: `a${i}`, at })),
  });
  const actions: string[] = [];
  let after: string | undefined;
  do {
    const page = await listAudit(acme.principal, { limit: 7, after });
    actions.push(...page.items.map((event) => event.action));
    await prisma().auditEvent.create({ data: { organizationId, actor: "system", action: "later" } });
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(actions).toEqual(Array.from({ length: 25 }, (_, i) => `a${24 - i}`));
});
