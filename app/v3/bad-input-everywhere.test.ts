import { describe, expect, test } from "vitest";
import { accessScopes } from "#lib/contract/access.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { operations } from "#lib/contract/operations.ts";
import { wireError } from "#lib/contract/wire.ts";
import { prisma } from "#lib/db/client.ts";
import { createKey } from "#lib/keys/service.ts";
import { testApi } from "#lib/testing/api.ts";
import { rawRequest } from "#lib/testing/raw-http.ts";

/** Bad input at every operation there is: the list is the API's own, so that no new one is forgotten. */

const api = testApi();
const nobody = "0000000000000000000000";
const named = (list: readonly Operation[]) => list.map((operation) => [operation.id, operation] as const);
const jsonBodied = operations.filter((operation) => operation.body !== null && !operation.upload);
const usual = 1_000_000;

const pathOf = (operation: Operation, value = nobody): string =>
  operation.path.replace("{provider}", "s3").replaceAll(/\{\w+\}/g, () => value);

async function refused(reply: Response, status: number): Promise<{ error: string; details?: string | undefined }> {
  const text = await reply.text();
  expect(`${reply.status} ${text.slice(0, 300)}`).toMatch(new RegExp(`^${status} \\{`));
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(reply.headers.get("cache-control")).toBe("no-store");
  return wireError.strict().parse(JSON.parse(text));
}

/** What an organization has; a refused request changes none of it. */
async function counts(): Promise<unknown> {
  return Promise.all([
    prisma().document.count(),
    prisma().connection.count(),
    prisma().apiKey.count(),
    prisma().file.count(),
    prisma().auditEvent.count(),
  ]);
}

describe.each(named(jsonBodied))("the body of %s", (_id, operation) => {
  const send = (body: unknown, headers?: Record<string, string>) =>
    api.send(operation.method, pathOf(operation), body, headers);

  test("A01 that is cut off, no object, or not UTF-8 is a 400", async () => {
    const before = await counts();
    for (const body of ['{"a":', "[]", '"x"', "null", "1", "\uFEFF{}", "{'a':1}", '{"a":1,"a":2}'])
      await refused(await send(body, { "content-type": "application/json" }), 400);
    const utf16 = Buffer.from('{"a":1}', "utf16le");
    await refused(await send(utf16, { "content-type": "application/json" }), 400);
    expect(await counts()).toEqual(before);
  });

  test("A02 that is not there, with and without a content type, is the same as {}", async () => {
    const read = async (reply: Response) => [reply.status, (await reply.text()).replaceAll(/\d+(\.\d+)?/g, "n")];
    const empty = await read(await send({}));
    expect(await read(await send(undefined))).toEqual(empty);
    expect(await read(await send("", { "content-type": "application/json" }))).toEqual(empty);
    expect(empty[0]).toBeLessThan(500);
  });

  test("A03 that is not called JSON is a 415", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
      await refused(await send("{}", { "content-type": type }), 415);
  });

  test("A04 that is too large is a 413 while it is still being sent, whatever length was claimed", async () => {
    const most = operation.bodyBytesMax ?? usual;
    const head =
      `${operation.method} ${pathOf(operation)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\n` +
      "Content-Type: application/json\r\n";
    const declared = await rawRequest(api.url, `${head}Content-Length: 60000000\r\n\r\n{`);
    expect(declared.status).toBe(413);
    const piece = Buffer.concat([Buffer.from("40000\r\n"), Buffer.alloc(0x40000, " "), Buffer.from("\r\n")]);
    const pieces = Array.from({ length: Math.ceil(most / 0x40000) + 1 }, () => piece);
    // The end never comes: the answer does.
    const chunked = await rawRequest(api.url, `${head}Transfer-Encoding: chunked\r\n\r\n`, ...pieces);
    expect(chunked.status).toBe(413);
  });

  test("A05 of 10,000 levels, or of more keys than anybody needs, is a 400 at once", async () => {
    const most = Math.max(10_000, (operation.bodyBytesMax ?? usual) / 200);
    const deep = `{"metadata":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`;
    const wide = `{${Array.from({ length: most + 1 }, (_, i) => `"${i.toString(36)}":1`).join(",")}}`;
    for (const body of [deep, wide]) {
      const begun = performance.now();
      await refused(await send(body, { "content-type": "application/json" }), 400);
      expect(performance.now() - begun).toBeLessThan(1_000);
    }
  });

  test("A06 with keys that mean something to JavaScript is a 400, and nothing is polluted", async () => {
    const before = await counts();
    for (const key of ["__proto__", "constructor", "prototype"])
      for (const body of [`{"${key}":{"polluted":1}}`, `{"metadata":{"${key}":{"polluted":1}}}`]) {
        const { details } = await refused(await send(body, { "content-type": "application/json" }), 400);
        expect(details).toContain(key);
      }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await counts()).toEqual(before);
  });

  test("A07 with NUL or half a surrogate pair is a 400 that names the field", async () => {
    for (const bad of ["\\u0000", "\\ud800", "\\udc00x"]) {
      const { details } = await refused(
        await send(`{"some":{"field":"a${bad}"}}`, { "content-type": "application/json" }),
        400,
      );
      expect(details).toContain("some.field:");
    }
  });
});

describe.each(named(operations.filter((operation) => operation.path.includes("{"))))(
  "the path of %s",
  (_id, operation) => {
    test("A07 A12 with NUL, broken percent-encoding, half a surrogate pair, a slash or 10 kB is a 400 or 404", async () => {
      for (const value of ["a%00", "%E0%A4%A", "%ED%A0%80", "%FF", "a%2Fb", "..%2F..", "%2e%2e", "x".repeat(10_000)]) {
        const path = operation.path.replaceAll(/\{\w+\}/g, () => value);
        const reply = await api.send(operation.method, path, operation.body && !operation.upload ? {} : undefined);
        expect([400, 404, ...(operation.reply.status === 501 ? [501] : [])]).toContain(reply.status);
        wireError.strict().parse(await reply.json());
      }
    });
  },
);

const reading = operations.filter((operation) => Object.keys(operation.query.shape).length > 0);
test.each(named(reading))("A07 the query of %s: NUL is a 400, never a 500", async (_id, operation) => {
  for (const name of Object.keys(operation.query.shape)) {
    const reply = await api.send(operation.method, `${pathOf(operation)}?${name}=a%00b`);
    expect([400, 404]).toContain(reply.status);
  }
});

describe.each(named(operations))("%s", (_id, operation) => {
  const body = operation.body && !operation.upload ? {} : undefined;

  test("A14 A15 without a key, with a wrong one, with it in the query or with a cookie alone is the same 401", async () => {
    const headers: Record<string, string>[] = [
      {},
      { authorization: "Bearer" },
      { authorization: "Bearer sm_unknown" },
      { authorization: `Basic ${api.acme.apiKey}` },
      { cookie: `__Host-next-auth.session-token=x; sm=${api.acme.apiKey}`, origin: "https://evil.example" },
    ];
    const replies: string[] = [];
    for (const each of headers) replies.push(await unauthorized(pathOf(operation), each));
    replies.push(await unauthorized(`${pathOf(operation)}?api_key=${api.acme.apiKey}`, {}));
    expect(new Set(replies).size).toBe(1);
    expect(replies[0]).toMatch(/^401 Bearer realm="tributary" \{/);
  });

  async function unauthorized(path: string, headers: Record<string, string>): Promise<string> {
    const reply = await fetch(api.url + path, {
      method: operation.method,
      headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return `${reply.status} ${reply.headers.get("www-authenticate")} ${await reply.text()}`;
  }

  test("A14 with a good key that may not is a 403 that says what it needs", async () => {
    const scopes = accessScopes.filter((scope) => scope !== operation.access);
    const { key } = await createKey(api.acme.principal, { name: `all but ${operation.access}`, scopes });
    const reply = await api.send(operation.method, pathOf(operation), body, { authorization: `Bearer ${key}` });
    const { error, details } = await refused(reply, 403);
    expect(`${error} ${details}`).toContain(operation.access);
  });
});

describe("documents", () => {
  const add = (body: unknown) => api.send("POST", "/v3/documents", body);

  test("A10 fields that are ours to set are ignored", async () => {
    const mine = {
      id: nobody,
      organizationId: api.globex.organizationId,
      connectionId: nobody,
      status: "failed",
      createdAt: "2001-01-01T00:00:00.000Z",
      updatedAt: "2001-01-01T00:00:00.000Z",
      added: false,
      provider: "s3",
      version: "x",
    };
    const { id } = (await (await add({ content: "text", ...mine })).json()) as { id: string };
    await api.send("PATCH", `/v3/documents/${id}`, { ...mine, metadata: { kept: true } });
    const row = await prisma().document.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({
      organizationId: api.acme.organizationId,
      connectionId: null,
      added: true,
      provider: null,
      metadata: { kept: true },
    });
    expect(row.status).not.toBe("failed");
    expect(row.createdAt.getFullYear()).toBeGreaterThan(2025);
    expect(await prisma().document.count({ where: { organizationId: api.globex.organizationId } })).toBe(0);
  });

  test.each([
    ["nested", { a: { b: 1 } }],
    ["null", { a: null }],
    ["a list of numbers", { a: [1] }],
    ["a list of lists", { a: [["x"]] }],
    ["1 MB", { a: "x".repeat(1_000_000) }],
    ["10,000 keys", Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`k${i}`, i]))],
    ["a name of 1,000 characters", { ["a".repeat(1_000)]: 1 }],
    ["a list instead of an object", ["a"]],
    ["a text", "a"],
  ])("A11 metadata: %s is a 400 that names it, when adding, changing and in a batch", async (_name, metadata) => {
    const { id } = (await (await add({ content: "text" })).json()) as { id: string };
    const before = await counts();
    expect((await refused(await add({ content: "text", metadata }), 400)).details).toContain("metadata");
    const changed = await api.send("PATCH", `/v3/documents/${id}`, { metadata });
    expect((await refused(changed, 400)).details).toContain("metadata");
    const batch = await api.send("POST", "/v3/documents/batch", { documents: ["text"], metadata });
    expect((await refused(batch, 400)).details).toContain("metadata");
    const one = await api.send("POST", "/v3/documents/batch", { documents: [{ content: "text", metadata }] });
    expect(one.status).toBe(200);
    expect(await one.json()).toMatchObject({ success: 0, failed: 1, results: [{ id: "", status: "error" }] });
    expect(await counts()).toEqual(before);
  });
});

test("A13 every path tells the verbs it has, and only those", async () => {
  const paths = Map.groupBy(operations, (operation) => pathOf(operation));
  // by provider and by id share a path
  const allowed = new Map<string, Set<string>>();
  for (const [path, own] of paths) {
    const reply = await api.send("PUT", path);
    expect([path, reply.status]).toEqual([path, 405]);
    const allow = new Set((reply.headers.get("allow") ?? "").split(", "));
    for (const { method } of own) expect([path, allow.has(method)]).toEqual([path, true]);
    allowed.set(path, allow);
    wireError.strict().parse(await reply.json());
  }
  for (const [path, allow] of allowed)
    for (const verb of ["GET", "POST", "PATCH", "DELETE"])
      if (!allow.has(verb)) expect([path, verb, (await api.send(verb, path)).status]).toEqual([path, verb, 405]);
});
