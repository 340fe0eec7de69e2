import Supermemory, { AuthenticationError, NotFoundError, PermissionDeniedError, RateLimitError } from "supermemory";
import { beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { createKey, rotateKey, type CreateKeyInput } from "#lib/keys/service.ts";
import { forgetRefusals } from "#lib/server/rate-limit.ts";
import { testApi } from "#lib/testing/api.ts";

const api = testApi();
const path = "/v3/auth/scoped-key";
const nobody = "0000000000000000000000";

interface NewKey {
  readonly key: string;
  readonly id: string;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function make(body: Record<string, unknown>, headers?: Record<string, string>): Promise<NewKey> {
  const reply = await api.send("POST", path, body, headers);
  if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);
  return (await reply.json()) as NewKey;
}

/** A request that every key which works may make, or is refused by scope. */
const statusOf = async (key: string) =>
  (await api.send("GET", `/v3/documents/${nobody}`, undefined, bearer(key))).status;

beforeEach(async () => {
  await prisma().rateBucket.deleteMany({});
});

describe("POST /v3/auth/scoped-key", () => {
  test("makes a key for one container as the protocol has it, with its limits and its end", async () => {
    const reply = await api.send("POST", path, { containerTag: "user_1", name: "App", expiresInDays: 30 });
    const made = (await reply.json()) as NewKey & { expiresAt: string };
    expect(made).toEqual({
      key: expect.stringMatching(/^sm_[\w-]{43}$/),
      id: expect.stringMatching(/^\w{22}$/),
      name: "App",
      containerTag: "user_1",
      expiresAt: expect.any(String),
      scopes: ["read", "write"],
      allowedEndpoints: ["/v3/documents", "/v3/memories", "/v3/search", "/v4/search"],
    });
    expect(Date.parse(made.expiresAt) - Date.now()).toBeGreaterThan(29.9 * 86_400_000);
    expect(await statusOf(made.key)).toBe(404);
    const row = await prisma().apiKey.findUniqueOrThrow({ where: { id: made.id } });
    expect(row).toMatchObject({ rateMax: 500, rateWindowMs: 60_000, organizationId: api.acme.organizationId });
    const { items } = await listAudit(api.acme.principal, { target: `key:${made.id}` });
    expect(items).toMatchObject([{ action: "key.create", actor: `key:${api.acme.principal.keyId}` }]);
  });

  test("names it after its container, and gives what was asked for", async () => {
    const made = await make({ containerTag: "a", scopes: ["read"], rateLimitMax: 7, rateLimitTimeWindow: 2_000 });
    expect(made).toMatchObject({ name: "Key for a", expiresAt: null, scopes: ["read"] });
    expect(await prisma().apiKey.findUnique({ where: { id: made.id } })).toMatchObject({
      rateMax: 7,
      rateWindowMs: 2_000,
    });
    const whole = await make({ containerTag: null, scopes: ["read", "connections"] });
    expect(whole).toMatchObject({ containerTag: null, scopes: ["read", "connections"] });
  });

  test("refuses what makes no sense, naming the field", async () => {
    const cases: [Record<string, unknown>, RegExp][] = [
      [{}, /^containerTag: /],
      [{ containerTag: "" }, /^containerTag: /],
      [{ containerTag: "a b" }, /^containerTag: /],
      [{ containerTag: "a", name: " " }, /^name: /],
      [{ containerTag: "a", name: "x".repeat(101) }, /^name: /],
      [{ containerTag: "a", name: "a\0" }, /name/],
      [{ containerTag: "a", expiresInDays: 0 }, /^expiresInDays: /],
      [{ containerTag: "a", expiresInDays: 366 }, /^expiresInDays: /],
      [{ containerTag: "a", rateLimitMax: 0 }, /^rateLimitMax: /],
      [{ containerTag: "a", rateLimitMax: 10_001 }, /^rateLimitMax: /],
      [{ containerTag: "a", rateLimitTimeWindow: 3_600_001 }, /^rateLimitTimeWindow: /],
      [{ containerTag: "a", scopes: [] }, /^scopes: /],
      [{ containerTag: "a", scopes: ["admin"] }, /^scopes/],
      [{ containerTag: "a", scopes: ["connections"] }, /^scopes: cannot include connections/],
    ];
    const before = await prisma().apiKey.count();
    for (const [body, words] of cases) {
      const reply = await api.send("POST", path, body);
      expect([body, reply.status, await reply.json()]).toEqual([
        body,
        400,
        { error: "The request is not valid.", details: expect.stringMatching(words) },
      ]);
    }
    expect(await prisma().apiKey.count()).toBe(before);
  });

  test("a key gives away no more than it has", async () => {
    const { key } = await createKey(api.acme.principal, { name: "m", scopes: ["read", "connections"] });
    const refused = await api.send("POST", path, { containerTag: "a" }, bearer(key));
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { error: expect.any(String), details: "This one does not have the scope write." },
    ]);
    expect((await api.send("POST", path, { containerTag: "a", scopes: ["read"] }, bearer(key))).status).toBe(200);
  });
});

describe("GET /v3/auth/scoped-key", () => {
  test("lists the keys that work, also of one container, without any secret", async () => {
    const kept = await make({ containerTag: "listed", rateLimitMax: 9 });
    const [revoked, expired] = [await make({ containerTag: "listed" }), await make({ containerTag: "listed" })];
    await api.send("DELETE", `${path}/${revoked.id}`);
    await pool().query("update api_keys set expires_at = now() where id = $1", [expired.id]);
    const reply = await api.send("GET", `${path}?containerTag=listed`);
    const text = await reply.text();
    expect(JSON.parse(text)).toEqual([
      {
        id: kept.id,
        name: "Key for listed",
        containerTag: "listed",
        expiresAt: null,
        scopes: ["read", "write"],
        suffix: kept.key.slice(-4),
        createdAt: expect.any(String),
        lastUsedAt: null,
        rateLimitMax: 9,
        rateLimitTimeWindow: 60_000,
      },
    ]);
    expect(text).not.toContain(kept.key.slice(3, 20));
    const all = (await (await api.send("GET", path)).json()) as { id: string }[];
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining([kept.id, api.acme.principal.keyId]));
    expect(all.map(({ id }) => id)).not.toContain(api.globex.principal.keyId);
    expect((await api.send("GET", `${path}?containerTag=a%20b`)).status).toBe(400);
  });
});

describe("POST /v3/auth/scoped-key/{keyId}/rotate", () => {
  test("gives a new secret once; the old one stops at once, or after the grace", async () => {
    const made = await make({ containerTag: "a", name: "rolled" });
    const rotate = async (body?: unknown) =>
      (await (await api.send("POST", `${path}/${made.id}/rotate`, body)).json()) as NewKey;
    const graced = await rotate({ graceSeconds: 60 });
    expect(graced).toEqual({ ...made, key: expect.stringMatching(/^sm_[\w-]{43}$/) });
    expect([await statusOf(made.key), await statusOf(graced.key)]).toEqual([404, 404]);
    const last = await rotate();
    expect([await statusOf(made.key), await statusOf(graced.key), await statusOf(last.key)]).toEqual([401, 401, 404]);
    for (const graceSeconds of [-1, 1.5, 604_801, "60"])
      expect((await api.send("POST", `${path}/${made.id}/rotate`, { graceSeconds })).status).toBe(400);
    expect(await statusOf(last.key)).toBe(404);
  });

  test("a key may rotate itself, and goes on with the new secret", async () => {
    const own = await createKey(api.acme.principal, { name: "itself" });
    const reply = await api.send("POST", `${path}/${own.view.id}/rotate`, {}, bearer(own.key));
    const { key } = (await reply.json()) as NewKey;
    expect([await statusOf(own.key), await statusOf(key)]).toEqual([401, 404]);
  });
});

test("an id of somebody else, a random one and a revoked one get the same 404, byte for byte (A19)", async () => {
  const theirs = await createKey(api.globex.principal, { name: "theirs" });
  const revoked = await make({ containerTag: "a" });
  expect(await (await api.send("DELETE", `${path}/${revoked.id}`)).json()).toEqual({ success: true });
  const ids = [theirs.view.id, nobody, revoked.id, "1e2", "%20", `${theirs.view.id}%20`, "x".repeat(500)];
  for (const [method, suffix] of [
    ["DELETE", ""],
    ["POST", "/rotate"],
  ] as const) {
    const seen = new Set<string>();
    for (const id of ids) {
      const reply = await api.send(method, `${path}/${id}${suffix}`, method === "POST" ? {} : undefined);
      const headers = [...reply.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
      seen.add(JSON.stringify([reply.status, headers, await reply.text()]));
    }
    expect([...seen]).toEqual([expect.stringMatching(/^\[404,/)]);
  }
  expect(await statusOf(theirs.key)).toBe(404);
});

describe("repetitions", () => {
  test("a repeated create has one effect and shows the same secret again, which is nowhere in the database (A16, T05)", async () => {
    const before = await prisma().apiKey.count();
    const headers = { "idempotency-key": "make-one" };
    const replies = await Promise.all(Array.from({ length: 20 }, () => make({ containerTag: "a" }, headers)));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(await prisma().apiKey.count()).toBe(before + 1);
    const [made] = replies;
    const turn = () => api.send("POST", `${path}/${made?.id}/rotate`, { graceSeconds: 5 }, { "idempotency-key": "r" });
    const [first, again] = [await (await turn()).text(), await (await turn()).text()];
    expect(again).toBe(first);
    const secrets = [made?.key ?? "", (JSON.parse(first) as NewKey).key];
    const { rows } = await pool().query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    );
    for (const { name } of rows) {
      const dump = JSON.stringify((await pool().query(`select t::text as row from ${name} t`)).rows);
      for (const secret of secrets) expect(dump.includes(secret.slice(3)), name).toBe(false);
    }
  });

  test("another key of the same organization is not told what this one was", async () => {
    const headers = { "idempotency-key": "between-us" };
    const made = await make({ containerTag: "a", scopes: ["read"] }, headers);
    const other = await createKey(api.acme.principal, { name: "other", scopes: ["read", "connections"] });
    const theirs = await make({ containerTag: "a", scopes: ["read"] }, { ...headers, ...bearer(other.key) });
    expect(theirs.id).not.toBe(made.id);
    expect(theirs.key).not.toBe(made.key);
  });

  test("the reply is written by the very transaction that made the secret", async () => {
    await prisma().idempotencyKey.deleteMany({});
    const made = await make({ containerTag: "a" }, { "idempotency-key": "together" });
    const together = async () =>
      pool().query(
        "select k.xmin::text = i.xmin::text as together from api_keys k cross join idempotency_keys i where k.id = $1",
        [made.id],
      );
    expect((await together()).rows).toEqual([{ together: true }]);
    await prisma().idempotencyKey.deleteMany({});
    await api.send("POST", `${path}/${made.id}/rotate`, {}, { "idempotency-key": "together again" });
    expect((await together()).rows).toEqual([{ together: true }]);
  });
});

describe("the official client knows what is wrong", () => {
  const client = (key: string) => new Supermemory({ apiKey: key, baseURL: api.url, maxRetries: 0 });
  const made = async (input: Omit<CreateKeyInput, "name">) =>
    createKey(api.acme.principal, { name: "client", ...input });

  test("PermissionDeniedError for a scope or a container it lacks, AuthenticationError for a key that ended", async () => {
    const reader = await made({ scopes: ["read"] });
    await expect(client(reader.key).settings.update({})).rejects.toBeInstanceOf(PermissionDeniedError);
    await expect(client(reader.key).settings.update({})).rejects.toMatchObject({
      status: 403,
      error: { error: "This API key may not do that.", details: "It needs the scope connections." },
    });
    const contained = await made({ containerTag: "a" });
    await expect(client(contained.key).settings.get()).rejects.toBeInstanceOf(PermissionDeniedError);
    const { key } = await made({});
    await rotateKey(
      api.acme.principal,
      (await prisma().apiKey.findFirstOrThrow({ orderBy: { createdAt: "desc" } })).id,
      {
        graceSeconds: 0,
      },
    );
    await expect(client(key).settings.get()).rejects.toBeInstanceOf(AuthenticationError);
    await expect(client("sm_nothing").settings.get()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test("RateLimitError for a key at its own limit, which its organization's other keys do not feel (A18)", async () => {
    const slow = await made({ scopes: ["read"], rate: { max: 3, windowMs: 3_600_000 } });
    const calls = await Promise.all(
      Array.from({ length: 10 }, () =>
        client(slow.key)
          .documents.get(nobody)
          .catch((error: unknown) => error),
      ),
    );
    expect(calls.filter((error) => error instanceof NotFoundError)).toHaveLength(3);
    expect(calls.filter((error) => error instanceof RateLimitError)).toHaveLength(7);
    const refused = await api.send("GET", `/v3/documents/${nobody}`, undefined, {
      ...bearer(slow.key),
      "x-forwarded-for": "203.0.113.9",
    });
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(1_100);
    expect(wait).toBeLessThanOrEqual(1_200);
    expect((await api.send("GET", `/v3/documents/${nobody}`)).status).toBe(404);
    // After that wait there is one more.
    await pool().query("update rate_buckets set updated_at = updated_at - $1::float8 * interval '1 second'", [wait]);
    forgetRefusals();
    expect([await statusOf(slow.key), await statusOf(slow.key)]).toEqual([404, 429]);
  });
});
