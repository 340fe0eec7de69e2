import { createHash } from "node:crypto";
import Supermemory from "supermemory";
import { beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { createConnection } from "#lib/connections/service.ts";
import { createKey } from "#lib/keys/service.ts";
import { claim } from "#lib/server/idempotency.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";

const api = testApi();
const path = "/v3/connections/s3";
const body = { metadata: stubSettings, containerTag: "a" };

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().idempotencyKey.deleteMany({});
});

const post = (key: string, value: unknown = body) => api.send("POST", path, value, { "idempotency-key": key });

describe("A16 Idempotency-Key", () => {
  test("the same request a hundred times in parallel has one effect and a hundred equal replies", async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => post("once")));
    const texts = await Promise.all(replies.map((reply) => reply.text()));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
    expect(new Set(texts).size).toBe(1);
    expect(await prisma().connection.count()).toBe(1);
    expect(await prisma().syncRun.count()).toBe(1);
  });

  test("another body with the same key is a 400, and so is a key that is too long, empty or odd", async () => {
    expect((await post("k")).status).toBe(200);
    const other = await post("k", { ...body, containerTag: "b" });
    expect([other.status, await other.json()]).toEqual([
      400,
      { error: "This Idempotency-Key was used for a different request.", details: expect.any(String) },
    ]);
    for (const key of ["x".repeat(256), "", "sch\u00f6n"]) expect((await post(key)).status).toBe(400);
    expect((await post("x".repeat(255))).status).toBe(200);
    expect(await prisma().connection.count()).toBe(2);
  });

  test("another path with the same key is a 400", async () => {
    await post("k");
    const reply = await api.send("POST", "/v3/connections/s3/import", {}, { "idempotency-key": "k" });
    expect(reply.status).toBe(400);
  });

  test("another organization's key of the same name is another key", async () => {
    await post("shared");
    const theirs = await api.send("POST", path, body, {
      "idempotency-key": "shared",
      authorization: `Bearer ${api.globex.apiKey}`,
    });
    expect(theirs.status).toBe(200);
    expect(await prisma().connection.count({ where: { organizationId: api.globex.organizationId } })).toBe(1);
  });

  test("refusals and our own faults are replayed; not-now is tried again", async () => {
    api.source.refuse = "denied";
    const first = await (await post("denied")).text();
    api.source.refuse = undefined;
    const again = await post("denied");
    expect([again.status, await again.text()]).toEqual([403, first]);
    api.source.before = () => Promise.reject(new Error("a fault of ours with canary-secret"));
    const fault = await post("fault");
    const faultText = await fault.text();
    expect([fault.status, faultText]).toEqual([500, expect.not.stringContaining("canary")]);
    api.source.before = async () => {};
    const faultAgain = await post("fault");
    expect([faultAgain.status, await faultAgain.text()]).toEqual([500, faultText]);
    api.source.refuse = "throttled";
    expect((await post("later")).status).toBe(502);
    api.source.refuse = undefined;
    expect((await post("later")).status).toBe(200);
  });

  test("what was not valid is not kept", async () => {
    expect((await post("k", { documentLimit: 0 })).status).toBe(400);
    expect((await post("k")).status).toBe(200);
  });

  const attempt = (key: string) => ({
    principal: api.acme.principal,
    method: "POST",
    target: path,
    body: Buffer.from(JSON.stringify(body)),
    key,
    retryCount: null,
  });

  test("a process that dies between the commit and the reply has left the reply for the next try", async () => {
    const claimed = await claim(attempt("died late"));
    if (claimed?.kind !== "mine") throw new Error("somebody else has it");
    const said = (id: string) => JSON.stringify({ id, authLink: null, expiresIn: null });
    const { id } = await createConnection(
      api.acme.principal,
      { provider: "s3", settings: stubSettings, containerTags: ["a"] },
      (tx, created) => claimed.remember(tx, { status: 200, contentType: "application/json", body: said(created) }),
    );
    // Here it dies: nothing else of this request ever runs.
    const again = await post("died late");
    expect([again.status, await again.text()]).toEqual([200, said(id)]);
    expect(await prisma().connection.count()).toBe(1);
  });

  test("the reply of a create is written by the very transaction that made the connection", async () => {
    expect((await post("k")).status).toBe(200);
    const rows = await prisma().$queryRaw<object[]>`
      select c.xmin::text = k.xmin::text as together
        from idempotency_keys k cross join connections c`;
    expect(rows).toEqual([{ together: true }]);
  });

  test("a claim whose process died before it did anything is taken over", async () => {
    expect((await claim(attempt("died")))?.kind).toBe("mine");
    await prisma().$executeRaw`update idempotency_keys set locked_until = now() - interval '1 second'`;
    expect((await post("died")).status).toBe(200);
    expect(await prisma().connection.count()).toBe(1);
  });

  test("one that is so slow that a repetition takes over has no effect of its own", async () => {
    const claimed = await claim(attempt("slow"));
    if (claimed?.kind !== "mine") throw new Error("somebody else has it");
    await prisma().$executeRaw`update idempotency_keys set locked_until = now() - interval '1 second'`;
    const quick = await post("slow");
    expect(quick.status).toBe(200);
    const slow = createConnection(
      api.acme.principal,
      { provider: "s3", settings: stubSettings, containerTags: ["a"] },
      (tx) => claimed.remember(tx, { status: 200, contentType: "application/json", body: "{}" }),
    );
    await expect(slow).rejects.toMatchObject({ code: "unavailable" });
    expect(await prisma().connection.count()).toBe(1);
    expect(await (await post("slow")).json()).toEqual(await quick.json());
  });

  test("nothing of a request is kept but its hash, and its reply cannot be read in the row", async () => {
    const { id } = (await (await post("k")).json()) as { id: string };
    const [row] = await prisma().idempotencyKey.findMany({});
    const hash = createHash("sha256").update(`POST ${path}\n`).update(JSON.stringify(body)).digest("hex");
    expect(Buffer.from(row?.requestHash ?? []).toString("hex")).toBe(hash);
    expect(JSON.stringify(row)).not.toContain(stubSettings.secretAccessKey);
    expect(row?.body).toMatch(/^v1\./);
    expect(row?.body).not.toContain(id);
  });

  test("a reply copied to another organization's row, or sealed with a lost key, is not given and nothing is done again", async () => {
    await post("k");
    await prisma().idempotencyKey.updateMany({
      data: { organizationId: api.globex.organizationId, key: `key:${api.globex.principal.keyId}:k` },
    });
    const headers = { "idempotency-key": "k", authorization: `Bearer ${api.globex.apiKey}` };
    const reply = await api.send("POST", path, body, headers);
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: expect.stringContaining("cannot be read"), details: expect.any(String) },
    ]);
    expect(await prisma().connection.count()).toBe(1);
  });

  test("one that an earlier version stored as it is, is replayed", async () => {
    await post("k");
    const stored = { id: "0123456789abcdefghijkl", authLink: null, expiresIn: null };
    await prisma().idempotencyKey.updateMany({ data: { body: JSON.stringify(stored) } });
    expect(await (await post("k")).json()).toEqual(stored);
  });
});

describe("A17 repetitions by the official client itself", () => {
  test("a reply that got lost is answered again with the same connection", async () => {
    let lost = 0;
    const client = new Supermemory({
      apiKey: api.acme.apiKey,
      baseURL: api.url,
      maxRetries: 2,
      fetch: async (url, init) => {
        const reply = await globalThis.fetch(url, init);
        if (lost++ === 0) {
          await reply.text();
          throw new TypeError("the network went away");
        }
        return reply;
      },
    });
    const created = await client.connections.create("s3", body);
    expect(lost).toBe(2);
    const ids = (await prisma().connection.findMany({})).map((row) => row.id);
    expect(ids).toEqual([created.id]);
  });

  test("a removal whose reply got lost is answered again and removes nothing else", async () => {
    const older = await api.connect({ containerTag: "a" });
    const newer = await api.connect({ containerTag: "a" });
    const remove = (retry: number, target: string, value?: unknown) =>
      api.send("DELETE", `/v3/connections/${target}`, value, { "x-stainless-retry-count": String(retry) });
    for (const retry of [0, 1, 2])
      expect(await (await remove(retry, "s3", { containerTags: ["a"] })).json()).toEqual({ id: newer, provider: "s3" });
    expect((await api.client.connections.getByID(older)).id).toBe(older);
    for (const retry of [0, 1]) expect((await remove(retry, older)).status).toBe(200);
    expect((await remove(0, older)).status).toBe(404);
  });

  test("the same call made twice on purpose makes two connections", async () => {
    await api.client.connections.create("s3", body);
    await api.client.connections.create("s3", body);
    expect(await prisma().connection.count()).toBe(2);
  });

  test("a repetition more than two minutes later, or with another key, is a new request", async () => {
    const send = (retry: number, headers: Record<string, string> = {}) =>
      api.send("POST", path, body, { "x-stainless-retry-count": String(retry), ...headers });
    await send(0);
    const other = await createKey(api.acme.principal, { name: "other" });
    await send(1, { authorization: `Bearer ${other.key}` });
    expect(await prisma().connection.count()).toBe(2);
    await prisma().$executeRaw`update idempotency_keys set created_at = created_at - interval '3 minutes'`;
    await send(1);
    expect(await prisma().connection.count()).toBe(3);
  });
});
