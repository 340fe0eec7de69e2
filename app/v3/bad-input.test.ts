import { beforeEach, describe, expect, test } from "vitest";
import { canonicalProvider } from "#lib/contract/providers.ts";
import { prisma } from "#lib/db/client.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { rawRequest } from "#lib/testing/raw-http.ts";

const api = testApi();
const create = "/v3/connections/s3";

beforeEach(async () => {
  await prisma().connection.deleteMany({});
});

async function refused(response: Response, status: number): Promise<{ error: string; details?: string }> {
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} \\{`));
  const body = JSON.parse(text) as { error: string; details?: string };
  expect(Object.keys(body).filter((key) => key !== "error" && key !== "details")).toEqual([]);
  expect(body.error).toEqual(expect.any(String));
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-request-id")).toMatch(/^\w{22}$/);
  expect(await prisma().connection.count()).toBe(0);
  return body;
}

const withMetadata = (metadata: unknown) => ({ metadata: { ...stubSettings, ...(metadata as object) } });

describe("request bodies", () => {
  test.each([
    ["cut off", '{"metadata":'],
    ["an array", "[]"],
    ["a text", '"x"'],
    ["null", "null"],
    ["a number", "1e400"],
    ["UTF-8 with a byte order mark", "\uFEFF{}"],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
    ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
    ["a comment", "{/* */}"],
    ["two equal keys", '{"documentLimit":1,"documentLimit":2}'],
    ["two equal keys, one escaped", '{"a":{"x":1,"\\u0078":2}}'],
  ])("A01 %s is a 400", async (_name, body) => {
    await refused(await api.send("POST", create, body), 400);
  });

  test("A02 none at all, with and without a content type, counts as {}", async () => {
    expect((await api.send("POST", "/v3/connections/list")).status).toBe(200);
    expect((await api.send("POST", "/v3/connections/list", "", { "content-type": "application/json" })).status).toBe(
      200,
    );
    expect((await api.send("POST", "/v3/connections/gmail/documents")).status).toBe(200);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
  ])("A03 JSON sent as %s is a 415", async (type) => {
    await refused(await api.send("POST", create, "{}", { "content-type": type }), 415);
  });

  test("A04 more than 1 MB is a 413, whatever Content-Length says", async () => {
    const large = JSON.stringify({ metadata: { x: "a".repeat(1_100_000) } });
    await refused(await api.send("POST", create, large), 413);
    const head = `POST ${create} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\nContent-Type: application/json\r\n`;
    const declared = await rawRequest(api.url, `${head}Content-Length: 60000000\r\n\r\n{`);
    expect(declared.status).toBe(413);
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    const chunked = await rawRequest(
      api.url,
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 20 }, () => chunk),
    );
    expect(chunked.status).toBe(413);
    // Just below the limit it is read, and then refused for what it says.
    await refused(await api.send("POST", create, JSON.stringify({ metadata: { x: "a".repeat(900_000) } })), 400);
  });

  test("A05 10,000 levels and tens of thousands of keys are a 400 at once, without a stack overflow", async () => {
    const deep = `{"metadata":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    const wide = `{"metadata":{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join(",")}}}`;
    await api.send("POST", "/v3/connections/list", {});
    for (const body of [deep, wide]) {
      const start = performance.now();
      await refused(await api.send("POST", create, body), 400);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });

  test("A06 keys that mean something to JavaScript are a 400, and the next request is unaffected", async () => {
    for (const key of ["__proto__", "constructor", "prototype"]) {
      const body = `{"metadata":{"accessKeyId":"a","${key}":{"polluted":true}}}`;
      const { details } = await refused(await api.send("POST", create, body), 400);
      expect(details).toContain(`metadata.${key}`);
    }
    await refused(await api.send("POST", create, '{"__proto__":{"documentLimit":3}}'), 400);
    for (const name of ["__proto__", "toString", "constructor"])
      await refused(await api.send("POST", `/v3/connections/${name}`, {}), 400);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const listed = await api.send("POST", "/v3/connections/list", {});
    expect(await listed.json()).toEqual([]);
  });

  test.each([
    ["containerTag", '{"containerTag":"a\\u0000b"}', "containerTag"],
    ["a tag in a list", '{"containerTags":["a","b\\ud800"]}', "containerTags.1"],
    ["metadata", '{"metadata":{"bucket":"a\\u0000"}}', "metadata.bucket"],
    ["redirectUrl", '{"redirectUrl":"https://a.example/\\ud83d"}', "redirectUrl"],
    ["a key of metadata", '{"metadata":{"a\\u0000":1}}', "metadata"],
  ])("A07 NUL or half a surrogate pair in %s is a 400 that names it", async (_name, body, field) => {
    expect((await refused(await api.send("POST", create, body), 400)).details).toContain(`${field}:`);
  });

  test.each([0, -1, 1.5, 10_001, "5000", true, null])("A08 documentLimit %s is a 400", async (documentLimit) => {
    const { details } = await refused(await api.send("POST", create, { documentLimit, metadata: stubSettings }), 400);
    expect(details).toContain("documentLimit");
  });

  test("A08 a documentLimit beyond every number is a 400; none means 10,000", async () => {
    await refused(await api.send("POST", create, '{"documentLimit":1e400}'), 400);
    const id = await api.connect();
    expect((await api.client.connections.getByID(id)).documentLimit).toBe(10_000);
  });

  test.each([
    ["101 characters", ["a".repeat(101)]],
    ["empty", [""]],
    ["a space", ["a b"]],
    ["an emoji", ["😀"]],
    ["composed é", ["caf\u00e9"]],
    ["decomposed é", ["cafe\u0301"]],
    ["a number", [1]],
    ["1,000 of them", Array.from({ length: 1_000 }, (_, i) => `t${i}`)],
    ["no list", "a,b"],
  ])("A09 tags: %s is a 400", async (_name, containerTags) => {
    const { details } = await refused(await api.send("POST", create, { containerTags, metadata: stubSettings }), 400);
    expect(details).toContain("containerTags");
    await refused(await api.send("POST", "/v3/connections/list", { containerTags }), 400);
  });

  test("A10 fields that are ours to set are ignored", async () => {
    const id = await api.connect({
      id: "mine",
      organizationId: api.globex.organizationId,
      status: "failed",
      createdAt: "2001-01-01T00:00:00.000Z",
      ...withMetadata({ syncInProgress: "x", lastSyncedAt: 5, documentCount: 999, mine: "kept" }),
    });
    const row = await prisma().connection.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ organizationId: api.acme.organizationId, metadata: { mine: "kept" } });
    expect(row.createdAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    const { metadata } = await api.client.connections.getByID(id);
    expect(metadata).toEqual({
      bucket: "docs",
      region: "eu-central-1",
      mine: "kept",
      syncInProgress: true,
      documentCount: 0,
    });
  });

  test.each([
    ["nested", { a: { b: 1 } }],
    ["a list", { a: [1] }],
    ["null", { a: null }],
    [
      "20 kB",
      { a: "x".repeat(3_999), b: "x".repeat(3_999), c: "x".repeat(3_999), d: "x".repeat(3_999), e: "x".repeat(3_999) },
    ],
    ["a very long value", { a: "x".repeat(5_000) }],
    ["a very long name", { ["a".repeat(200)]: 1 }],
    ["5,000 keys", Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]))],
  ])("A11 metadata: %s is a 400", async (_name, metadata) => {
    expect((await refused(await api.send("POST", create, withMetadata(metadata)), 400)).details).toContain("metadata");
  });
});

describe("paths and verbs", () => {
  test("A12 a provider that is none is a 400, however it is written", async () => {
    for (const provider of ["nope", "S3", "Notion", "a%2Fb", "%20s3", "s3%20", "x".repeat(10_000), "😀"])
      await refused(await api.send("POST", `/v3/connections/${provider}`, { metadata: stubSettings }), 400);
  });

  test("A12 NUL and broken percent-encoding in a path are a 400, never a 500", async () => {
    for (const path of ["/v3/connections/notion%00", "/v3/connections/%E0%A4%A", "/v3/documents/%FF"])
      expect((await api.send("GET", path)).status).toBe(400);
  });

  test("A12 what is not available yet says so, and one-drive is onedrive", async () => {
    const { error } = await refused(await api.send("POST", "/v3/connections/gmail", {}), 400);
    expect(error).toBe("Gmail is not available on this server yet.");
    expect((await api.send("POST", "/v3/connections/gmail/documents", {})).status).toBe(200);
    expect(canonicalProvider("one-drive")).toBe("onedrive");
  });

  test("A13 verbs a path does not know are a 405 with Allow, in JSON", async () => {
    for (const [path, allow] of [
      ["/v3/connections/list", "POST"],
      ["/v3/connections", "GET"],
      ["/v3/connections/s3", "GET, POST, PATCH, DELETE"],
      ["/v3/connections/s3/import", "POST"],
      ["/v3/documents/list", "POST"],
    ] as const)
      for (const verb of ["PUT", "HEAD", "OPTIONS"]) {
        const response = await api.send(verb, path);
        expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
        if (verb === "PUT") expect(await response.json()).toMatchObject({ error: "Method not allowed" });
      }
    for (const verb of ["TRACE", "FOO"]) {
      const reply = await rawRequest(
        api.url,
        `${verb} /v3/connections HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      // FOO is no method Node's parser knows: it never reaches a handler.
      expect(reply.status).toBe(verb === "FOO" ? 400 : 405);
    }
  });

  test("A13 unknown paths are a 404 in JSON", async () => {
    for (const path of ["/v3/nope", "/v3", "/v3/connections/a/b/c", "/v3/documents/a/b", "/v4/nope"])
      for (const verb of ["GET", "POST", "DELETE"]) await refused(await api.send(verb, path), 404);
  });
});

describe("redirectUrl", () => {
  test.each([
    ["a script", "javascript:alert(1)"],
    ["data", "data:text/html,x"],
    ["no scheme but a host", "//evil.example"],
    ["a user name", "https://ok.example@evil.example"],
    ["backslashes", "https:\\\\evil.example"],
    ["an encoded slash before an at", "https://ok.example%2F@evil.example"],
    ["a password", "https://ok.example:pass@evil.example"],
    ["letters beyond ASCII", "https://ök.example/"],
    ["a line break", "https://ok.example/\r\nSet-Cookie: a=b"],
    ["a space", "https://ok.example/ x"],
    ["plain http", "http://ok.example/"],
    ["ftp", "ftp://ok.example/"],
    ["no scheme", "ok.example"],
    ["no host", "https://"],
    ["10 kB", `https://ok.example/${"x".repeat(10_000)}`],
    ["a number", 7],
  ])("A21 %s is a 400", async (_name, redirectUrl) => {
    const { details } = await refused(await api.send("POST", create, { redirectUrl, metadata: stubSettings }), 400);
    expect(details).toContain("redirectUrl");
  });

  test("A21 https anywhere, http on this machine, and nothing at all are fine", async () => {
    for (const redirectUrl of ["https://ok.example:8443/a?b=c#d", "http://localhost:3000/done", ""]) {
      const response = await api.send("POST", create, { redirectUrl, metadata: stubSettings });
      expect(response.status).toBe(200);
      const body = (await response.json()) as { redirectsTo?: string };
      expect(body.redirectsTo).toBe(redirectUrl || undefined);
      expect(response.headers.get("location")).toBeNull();
    }
  });
});

describe("settings", () => {
  test("every wrong setting is named as the API calls it, and nothing is asked of the source", async () => {
    const before = api.source.checks;
    const { details } = await refused(await api.send("POST", create, { metadata: { bucket: "b".repeat(64) } }), 400);
    for (const field of ["metadata.accessKeyId", "metadata.secretAccessKey", "metadata.bucket"])
      expect(details).toContain(field);
    expect(api.source.checks).toBe(before);
  });

  test("documents/list: page, limit, sort and filters out of range are a 400 that names them", async () => {
    for (const [field, value] of [
      ["limit", 0],
      ["limit", 1_101],
      ["limit", "ten"],
      ["limit", "1.5"],
      ["page", 0],
      ["page", -1],
      ["page", "1e3"],
      ["sort", "title"],
      ["order", "up"],
      ["status", "processing"],
      ["includeContent", "yes"],
      ["filters", { AND: [] }],
    ] as const) {
      const { details } = await refused(await api.send("POST", "/v3/documents/list", { [field]: value }), 400);
      expect(details).toContain(field);
    }
  });
});
