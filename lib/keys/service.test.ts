import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { authenticateKey, principalForKey } from "./authenticate.ts";
import { browseKeys, countKeys, createKey, revokeKey, rotateKey, updateKey, workingKeys } from "./service.ts";

let acme: TestOrganization;
let owner: Principal;

afterEach(() => vi.useRealTimers());

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  owner = {
    kind: "user",
    organizationId: acme.organizationId,
    userId: "a".repeat(22),
    email: "ada@example.com",
    role: "owner",
  };
});

/** What is stored anywhere about a key. */
async function everythingStored(): Promise<string> {
  const { rows: tables } = await pool().query<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
  );
  const dumps = await Promise.all(
    tables.map(async ({ name }) => (await pool().query(`select t::text as row from ${name} t`)).rows),
  );
  return JSON.stringify(dumps);
}

/** As programs meet it: the key that `createKey` made, looked up by its secret. */
async function bearer(key: string) {
  const principal = await authenticateKey(key);
  if (!principal) throw new Error("not a key that works");
  return principal;
}

describe("keys", () => {
  test("the plaintext is answered once and stored nowhere (T05)", async () => {
    const { key, view } = await createKey(acme.principal, { name: " CI ", expiresInDays: 30 });
    expect(key).toMatch(/^sm_[\w-]{43}$/);
    expect(view).toMatchObject({ name: "CI", suffix: key.slice(-4), state: "working", lastUsedAt: null });
    const days = (Date.parse(view.expiresAt ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    const rotated = await rotateKey(acme.principal, view.id, { graceSeconds: 60 });
    const stored = await everythingStored();
    for (const secret of [key, rotated.key]) expect(stored).not.toContain(secret.slice(3));
    expect(await authenticateKey(rotated.key)).toEqual({
      kind: "key",
      organizationId: acme.organizationId,
      keyId: view.id,
      keyName: "CI",
      scopes: ["read", "write", "connections"],
      containerTag: null,
      rate: null,
    });
  });

  test("a key says what it may do wherever it is looked up", async () => {
    const { key, view } = await createKey(owner, {
      name: "one tenant",
      scopes: ["write", "read"],
      containerTag: "user_1",
      rate: { max: 5, windowMs: 1_000 },
    });
    const powers = { scopes: ["read", "write"], containerTag: "user_1", rate: { max: 5, windowMs: 1_000 } };
    expect(view).toMatchObject(powers);
    expect(await bearer(key)).toMatchObject(powers);
    expect(await principalForKey(acme.organizationId, view.id)).toMatchObject(powers);
    expect((await browseKeys(owner)).items.find(({ id }) => id === view.id)).toEqual({
      ...view,
      lastUsedAt: expect.any(String),
    });
    const narrow = await createKey(owner, { name: "all a container's key can have", containerTag: "user_1" });
    expect(narrow.view.scopes).toEqual(["read", "write"]);
  });

  test("what makes no sense makes no key, and changes none", async () => {
    const before = await everythingStored();
    for (const input of [
      { name: "" },
      { name: "  " },
      { name: "x".repeat(101) },
      { name: "a\0b" },
      { name: "ok", expiresInDays: 0 },
      { name: "ok", expiresInDays: 1.5 },
      { name: "ok", expiresInDays: 3_651 },
      { name: "ok", expiresInDays: Number.NaN },
      { name: "ok", scopes: [] },
      { name: "ok", scopes: ["admin" as "read"] },
      { name: "ok", containerTag: "a b" },
      { name: "ok", containerTag: "" },
      { name: "ok", containerTag: "a", scopes: ["read", "connections"] as const },
      { name: "ok", rate: { max: 0, windowMs: 1_000 } },
      { name: "ok", rate: { max: 10_001, windowMs: 1_000 } },
      { name: "ok", rate: { max: 1, windowMs: 3_600_001 } },
      { name: "ok", rate: { max: 1, windowMs: 0.5 } },
    ])
      await expect(createKey(owner, input)).rejects.toMatchObject({ code: "invalid_request" });
    const { keyId } = acme.principal;
    for (const graceSeconds of [-1, 0.5, 604_801, Number.NaN])
      await expect(rotateKey(owner, keyId, { graceSeconds })).rejects.toMatchObject({ code: "invalid_request" });
    for (const input of [{ name: "" }, { scopes: [] }, { rate: { max: 0, windowMs: 1 } }])
      await expect(updateKey(owner, keyId, input)).rejects.toMatchObject({ code: "invalid_request" });
    expect(await everythingStored()).toBe(before);
  });

  test("revoking is final and ends both secrets; after it there is no such key", async () => {
    const { key, view } = await createKey(acme.principal, { name: "old" });
    const rotated = await rotateKey(acme.principal, view.id, { graceSeconds: 3_600 });
    expect(await authenticateKey(key)).not.toBeNull();
    expect((await revokeKey(acme.principal, view.id)).state).toBe("revoked");
    for (const secret of [key, rotated.key]) expect(await authenticateKey(secret)).toBeNull();
    expect(await principalForKey(acme.organizationId, view.id)).toBeNull();
    for (const id of [view.id, "nope", "0000000000000000000000"]) {
      const absent = { code: "not_found", message: "Key not found" };
      await expect(revokeKey(acme.principal, id)).rejects.toMatchObject(absent);
      await expect(rotateKey(acme.principal, id, { graceSeconds: 0 })).rejects.toMatchObject(absent);
      await expect(updateKey(acme.principal, id, { name: "back" })).rejects.toMatchObject(absent);
    }
    const { items } = await listAudit(acme.principal, { target: `key:${view.id}` });
    expect(items.map((event) => event.action)).toEqual(["key.revoke", "key.rotate", "key.create"]);
  });

  test("the database's clock decides whether a key has expired (E05)", async () => {
    const { key, view } = await createKey(acme.principal, { name: "a day", expiresInDays: 1 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 86_400_000 });
    expect(await authenticateKey(key)).toMatchObject({ keyId: view.id });
    await pool().query("update api_keys set expires_at = now() - interval '1 millisecond' where id = $1", [view.id]);
    vi.setSystemTime(Date.now() - 4 * 86_400_000);
    expect(await authenticateKey(key)).toBeNull();
    expect(await principalForKey(acme.organizationId, view.id)).toBeNull();
    expect((await browseKeys(owner)).items.find(({ id }) => id === view.id)?.state).toBe("expired");
    await expect(rotateKey(owner, view.id, { graceSeconds: 0 })).rejects.toMatchObject({
      message: "This key has expired.",
    });
  });

  test("what is no key authenticates nobody", async () => {
    for (const key of ["", "sm_", "x".repeat(100_000), "\0", "\ud800", acme.apiKey.slice(0, -1)])
      expect(await authenticateKey(key)).toBeNull();
  });

  test("a key is found by index, whichever of its secrets comes, however many keys there are", async () => {
    const { organizationId } = await testOrganization("Many");
    await pool().query(
      `insert into api_keys (id, organization_id, name, hash, suffix)
       select 'bulk' || lpad(n::text, 18, '0'), $1, 'k', sha256(n::text::bytea), 'xxxx' from generate_series(1, 5000) n`,
      [organizationId],
    );
    await pool().query("analyze api_keys");
    const { rows } = await pool().query<{ "QUERY PLAN": string }>(
      `explain select 1 from api_keys where hash = '\\x00' union all
       select 1 from api_keys where previous_hash = '\\x00' and coalesce(previous_until > now(), false)`,
    );
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toMatch(/api_keys_hash_key/);
    expect(plan).toMatch(/api_keys_previous_hash_key/);
    expect(plan).not.toContain("Seq Scan");
    await pool().query("delete from api_keys where organization_id = $1", [organizationId]);
  });
});

describe("rotation", () => {
  const endGrace = (id: string) =>
    pool().query("update api_keys set previous_until = now() - interval '1 millisecond' where id = $1", [id]);

  test("the old secret works for the grace and no longer, by the database's clock", async () => {
    const { key, view } = await createKey(owner, { name: "rolling", scopes: ["read"], expiresInDays: 9 });
    const rotated = await rotateKey(owner, view.id, { graceSeconds: 600 });
    expect(rotated.view).toEqual({
      ...view,
      suffix: rotated.key.slice(-4),
      rotatedAt: expect.any(String),
      previousUntil: expect.any(String),
    });
    const left = Date.parse(rotated.view.previousUntil ?? "") - Date.parse(rotated.view.rotatedAt ?? "");
    expect(left).toBe(600_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
    expect(await bearer(key)).toEqual(await bearer(rotated.key));
    vi.setSystemTime(Date.now() - 3 * 86_400_000);
    await endGrace(view.id);
    expect(await authenticateKey(key)).toBeNull();
    expect(await bearer(rotated.key)).toMatchObject({ keyId: view.id, scopes: ["read"] });
    expect((await browseKeys(owner)).items.find(({ id }) => id === view.id)?.previousUntil).toBeNull();
  });

  test("without grace the old secret stops at once, and so does one from a rotation before (T02)", async () => {
    const first = await createKey(owner, { name: "rolled twice" });
    const { id } = first.view;
    const second = await rotateKey(owner, id, { graceSeconds: 604_800 });
    const third = await rotateKey(owner, id, { graceSeconds: 60 });
    expect(await authenticateKey(first.key)).toBeNull();
    expect(await authenticateKey(second.key)).not.toBeNull();
    const fourth = await rotateKey(owner, id, { graceSeconds: 0 });
    for (const { key } of [first, second, third]) expect(await authenticateKey(key)).toBeNull();
    expect(await bearer(fourth.key)).toMatchObject({ keyId: id });
    expect(fourth.view.previousUntil).toBeNull();
    const { items } = await listAudit(owner, { target: `key:${id}` });
    expect(items.map(({ action, detail }) => [action, detail])).toEqual([
      ["key.rotate", { name: "rolled twice", graceSeconds: 0 }],
      ["key.rotate", { name: "rolled twice", graceSeconds: 60 }],
      ["key.rotate", { name: "rolled twice", graceSeconds: 604_800 }],
      [
        "key.create",
        {
          name: "rolled twice",
          scopes: ["read", "write", "connections"],
          containerTag: null,
          rate: null,
          expiresAt: null,
        },
      ],
    ]);
  });

  test("twenty rotations at once leave exactly one secret that works", async () => {
    const { key, view } = await createKey(owner, { name: "raced" });
    const made = await Promise.all(Array.from({ length: 20 }, () => rotateKey(owner, view.id, { graceSeconds: 0 })));
    const working = await Promise.all([key, ...made.map((one) => one.key)].map(authenticateKey));
    expect(working.filter((principal) => principal !== null)).toHaveLength(1);
  });
});

type Has = Omit<Parameters<typeof createKey>[1], "name">;

describe("a key can make and change only what may no more than itself", () => {
  const manager = async (input: Has = {}) => bearer((await createKey(owner, { name: "manager", ...input })).key);

  test.each([
    ["a scope it lacks", { scopes: ["connections", "read"] }, { scopes: ["read", "write"] }, /scope write/],
    ["all there is, by leaving it out", { scopes: ["connections"] }, {}, /scope read, write/],
    ["more requests at once", { rate: { max: 9, windowMs: 60_000 } }, { rate: { max: 10, windowMs: 600_000 } }, /9/],
    [
      "more requests in the long run",
      { rate: { max: 9, windowMs: 9_000 } },
      { rate: { max: 9, windowMs: 8_999 } },
      /9/,
    ],
    ["no limit of its own", { rate: { max: 9, windowMs: 9_000 } }, { rate: null }, /limited to 9/],
    ["a longer life", { expiresInDays: 2 }, { expiresInDays: 3 }, /expires at 2/],
  ] as [string, Has, Has, RegExp][])("it cannot give %s", async (_what, has, wants, words) => {
    const principal = await manager(has);
    const before = await countKeys(owner);
    await expect(createKey(principal, { name: "more", ...wants })).rejects.toMatchObject({
      code: "forbidden",
      details: expect.stringMatching(words),
    });
    expect(await countKeys(owner)).toEqual(before);
  });

  test("what it makes ends when itself does, unless an earlier end is asked for", async () => {
    const principal = await manager({ expiresInDays: 2 });
    const own = (await browseKeys(owner)).items.find(({ id }) => id === principal.keyId)?.expiresAt;
    expect((await createKey(principal, { name: "as long" })).view.expiresAt).toBe(own);
    const shorter = await createKey(principal, { name: "shorter", expiresInDays: 1 });
    expect(Date.parse(shorter.view.expiresAt ?? "")).toBeLessThan(Date.parse(own ?? ""));
  });

  test("it cannot get at a greater key's secret, narrow it or end it, but can do all that to its equals", async () => {
    const principal = await manager({ scopes: ["read", "connections"] });
    const greater = await createKey(owner, { name: "greater" });
    const lesser = await createKey(owner, { name: "lesser", scopes: ["read"] });
    const forbidden = { code: "forbidden", details: expect.stringContaining("scope write") };
    const { id } = greater.view;
    await expect(rotateKey(principal, id, { graceSeconds: 0 })).rejects.toMatchObject(forbidden);
    await expect(updateKey(principal, id, { scopes: ["read"] })).rejects.toMatchObject(forbidden);
    await expect(revokeKey(principal, id)).rejects.toMatchObject(forbidden);
    expect(await bearer(greater.key)).toMatchObject({ keyId: id, scopes: ["read", "write", "connections"] });
    await expect(updateKey(principal, lesser.view.id, { scopes: ["read", "write"] })).rejects.toMatchObject(forbidden);
    await expect(updateKey(principal, principal.keyId, { scopes: ["write"] })).rejects.toMatchObject(forbidden);
    expect((await updateKey(principal, lesser.view.id, { name: "seen" })).name).toBe("seen");
    const own = await rotateKey(principal, principal.keyId, { graceSeconds: 0 });
    expect(await bearer(own.key)).toEqual(principal);
    expect((await revokeKey(principal, lesser.view.id)).state).toBe("revoked");
  });

  test("keys without the scope connections, keys for a container and viewers manage none", async () => {
    const viewer = { ...owner, role: "viewer" } as Principal;
    const calls = [viewer, await manager({ scopes: ["read", "write"] }), await manager({ containerTag: "a" })].flatMap(
      (principal) => [
        () => createKey(principal, { name: "x", scopes: ["read"], containerTag: "a" }),
        () => rotateKey(principal, principal.kind === "key" ? principal.keyId : "", { graceSeconds: 0 }),
        () => updateKey(principal, acme.principal.keyId, { name: "x" }),
        () => revokeKey(principal, acme.principal.keyId),
      ],
    );
    const keys = await countKeys(owner);
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "forbidden" });
    expect(await countKeys(owner)).toEqual(keys);
  });

  test("what decides is what the key may now, not what it might when its request came in", async () => {
    const principal = await manager();
    await updateKey(owner, principal.keyId, { scopes: ["read", "connections"] });
    await expect(createKey(principal, { name: "late", scopes: ["write"] })).rejects.toMatchObject({
      code: "forbidden",
    });
    await revokeKey(owner, principal.keyId);
    await expect(createKey(principal, { name: "later", scopes: ["read"] })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

test("name, scopes and limit change in place, for the next request on, and the log says to what", async () => {
  const { key, view } = await createKey(owner, { name: "bot" });
  const changed = { name: "Support bot", scopes: ["read"], rate: { max: 7, windowMs: 1_000 } } as const;
  expect(await updateKey(owner, view.id, changed)).toEqual({ ...view, ...changed });
  expect(await bearer(key)).toMatchObject({ scopes: ["read"], rate: { max: 7, windowMs: 1_000 } });
  expect(await updateKey(owner, view.id, { rate: null })).toMatchObject({ ...changed, rate: null });
  const { items } = await listAudit(owner, { target: `key:${view.id}`, limit: 2 });
  expect(items[1]).toMatchObject({ action: "key.update", detail: changed });
  const narrow = await createKey(owner, { name: "narrow", containerTag: "a" });
  await expect(updateKey(owner, narrow.view.id, { scopes: ["connections"] })).rejects.toMatchObject({
    code: "invalid_request",
  });
});

test("a thousand keys are listed page by page, each once, revoked ones apart", async () => {
  const crowd = await testOrganization("Crowd");
  const principal = crowd.principal;
  await pool().query(
    `insert into api_keys (id, organization_id, name, hash, suffix, container_tag, created_at, revoked_at, expires_at)
     select 'crowd' || lpad(n::text, 17, '0'), $1, 'k' || n, sha256(('c' || n)::bytea), 'xxxx', 'tag_' || n % 10,
            now() - n / 100 * interval '1 minute', case when n % 4 = 0 then now() end, case when n % 5 = 0 then now() end
       from generate_series(1, 1000) n`,
    [crowd.organizationId],
  );
  const pages = async (revoked: boolean) => {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await browseKeys(principal, { after, revoked });
      expect(page.items.length).toBeLessThanOrEqual(50);
      expect(page.items.every(({ state }) => (state === "revoked") === revoked)).toBe(true);
      ids.push(...page.items.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    return ids;
  };
  const [kept, revoked] = [await pages(false), await pages(true)];
  expect([new Set(kept).size, kept.length, new Set(revoked).size, revoked.length]).toEqual([751, 751, 250, 250]);
  expect(await countKeys(principal)).toEqual({ kept: 751, revoked: 250 });
  const working: string[] = [];
  for await (const batch of workingKeys(principal, {})) working.push(...batch.map(({ id }) => id));
  expect(working).toHaveLength(601);
  for await (const batch of workingKeys(principal, { containerTag: "tag_3" }))
    expect(batch.map(({ containerTag }) => containerTag)).toEqual(batch.map(() => "tag_3"));
  expect(await prisma().apiKey.count({ where: { organizationId: crowd.organizationId } })).toBe(1_001);
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
