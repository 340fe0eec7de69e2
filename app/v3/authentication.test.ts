import { beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { createKey, revokeKey, rotateKey } from "#lib/keys/service.ts";
import { testApi } from "#lib/testing/api.ts";
import { rawRequest } from "#lib/testing/raw-http.ts";
import { until } from "#lib/testing/wait.ts";

const api = testApi();
const list = "/v3/connections";

beforeEach(async () => {
  await prisma().rateBucket.deleteMany({});
});

const get = (headers: Record<string, string>) => globalThis.fetch(api.url + list, { headers });

describe("A14 whatever is wrong with the credentials, the answer is the same 401", () => {
  test("missing, malformed, unknown, revoked, expired, in the query, in a cookie or sent twice", async () => {
    const good = { authorization: `Bearer ${api.acme.apiKey}` };
    expect((await get(good)).status).toBe(200);
    const revoked = await createKey(api.acme.principal, { name: "revoked" });
    await revokeKey(api.acme.principal, revoked.view.id);
    const expired = await createKey(api.acme.principal, { name: "expired", expiresInDays: 1 });
    await prisma().apiKey.update({ where: { id: expired.view.id }, data: { expiresAt: new Date(Date.now() - 1) } });
    const attempts: Record<string, string>[] = [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: "Bearer " },
      { authorization: api.acme.apiKey },
      { authorization: `Basic ${api.acme.apiKey}` },
      { authorization: `Bearer ${api.acme.apiKey} ${api.acme.apiKey}` },
      { authorization: `Bearer ${api.acme.apiKey}x` },
      { authorization: `Bearer ${api.acme.apiKey.slice(0, -1)}` },
      { authorization: `Bearer ${"x".repeat(10_000)}` },
      { authorization: "Bearer My API Key" },
      { authorization: `Bearer ${revoked.key}` },
      { authorization: `Bearer ${expired.key}` },
      { "x-supermemory-api-key": api.acme.apiKey },
      // A15: what a signed-in browser would send by itself
      { cookie: `__Host-next-auth.session-token=x; key=${api.acme.apiKey}`, origin: "https://evil.example" },
    ];
    const replies = await Promise.all(attempts.map(get));
    const bodies = await Promise.all(replies.map((reply) => reply.text()));
    expect(replies.map((reply) => reply.status)).toEqual(attempts.map(() => 401));
    expect(new Set(bodies).size).toBe(1);
    expect(new Set(replies.map((reply) => reply.headers.get("www-authenticate")))).toEqual(
      new Set(['Bearer realm="tributary"']),
    );
    const inQuery = await globalThis.fetch(`${api.url}${list}?api_key=${api.acme.apiKey}&authorization=Bearer`);
    expect([inQuery.status, await inQuery.text()]).toEqual([401, bodies[0]]);
    const head = `GET ${list} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
    const line = `Authorization: Bearer ${api.acme.apiKey}\r\n`;
    expect((await rawRequest(api.url, `${head}${line}\r\n`)).status).toBe(200);
    expect((await rawRequest(api.url, `${head}${line}${line}\r\n`)).status).toBe(401);
    expect((await rawRequest(api.url, `${head}${line}Authorization: Bearer other\r\n\r\n`)).status).toBe(401);
    const nonAscii = Buffer.from(`${head}Authorization: Bearer sch\u00f6n\r\n\r\n`, "latin1");
    expect((await rawRequest(api.url, nonAscii)).status).toBe(401);
  });

  test("the scheme's case does not matter, the key's does", async () => {
    expect((await get({ authorization: `bearer ${api.acme.apiKey}` })).status).toBe(200);
    expect((await get({ authorization: `Bearer ${api.acme.apiKey.toUpperCase()}` })).status).toBe(401);
  });
});

describe("a secret that ended stops working within one request, also with 50 requests in flight (T02)", () => {
  const flight = (key: string) =>
    Promise.all(Array.from({ length: 50 }, async () => (await get({ authorization: `Bearer ${key}` })).status));

  test.each([
    ["revoked", (id: string) => api.send("DELETE", `/v3/auth/scoped-key/${id}`)],
    ["rotated", (id: string) => api.send("POST", `/v3/auth/scoped-key/${id}/rotate`, {})],
  ] as const)("%s", async (_how, end) => {
    const { key, view } = await createKey(api.acme.principal, { name: "short-lived" });
    expect(new Set(await flight(key))).toEqual(new Set([200]));
    const early = flight(key);
    expect((await end(view.id)).status).toBe(200);
    // Begun after the reply: not one of them is served.
    expect(new Set(await flight(key))).toEqual(new Set([401]));
    for (const status of await early) expect([200, 401]).toContain(status);
  });

  test("expired", async () => {
    const { key, view } = await createKey(api.acme.principal, { name: "short-lived", expiresInDays: 1 });
    const early = flight(key);
    await prisma().$executeRaw`update api_keys set expires_at = now() where id = ${view.id}`;
    expect(new Set(await flight(key))).toEqual(new Set([401]));
    for (const status of await early) expect([200, 401]).toContain(status);
  });

  test("both secrets of a key in its grace end with it", async () => {
    const { key, view } = await createKey(api.acme.principal, { name: "short-lived" });
    const rotated = await rotateKey(api.acme.principal, view.id, { graceSeconds: 600 });
    expect(new Set([...(await flight(key)), ...(await flight(rotated.key))])).toEqual(new Set([200]));
    await revokeKey(api.acme.principal, view.id);
    expect(new Set([...(await flight(key)), ...(await flight(rotated.key))])).toEqual(new Set([401]));
  });
});

test("when a key was last used is known to the minute, with at most one write a minute", async () => {
  const { key, view } = await createKey(api.acme.principal, { name: "used" });
  await get({ authorization: `Bearer ${key}` });
  const used = await until(async () => (await prisma().apiKey.findUnique({ where: { id: view.id } }))?.lastUsedAt);
  await get({ authorization: `Bearer ${key}` });
  expect((await prisma().apiKey.findUnique({ where: { id: view.id } }))?.lastUsedAt).toEqual(used);
});
