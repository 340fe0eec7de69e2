import { beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { testApi } from "#lib/testing/api.ts";
import { rawRequest } from "#lib/testing/raw-http.ts";

const api = testApi();
const add = "/v3/documents";
const batch = "/v3/documents/batch";

beforeEach(async () => {
  await prisma().document.deleteMany({});
});

/** A refusal in the protocol's words, without any effect. */
async function refused(response: Response, status: number): Promise<string> {
  const text = await response.text();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} \\{`));
  const body = JSON.parse(text) as { error: string; details?: string };
  expect(Object.keys(body).filter((key) => key !== "error" && key !== "details")).toEqual([]);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await prisma().document.count()).toBe(0);
  return body.details ?? "";
}

describe("bodies", () => {
  test.each(['{"content":', "[]", '"x"', "null", "\uFEFF{}", '{"content":"a","content":"b"}'])(
    "A01 %j is a 400",
    async (body) => {
      for (const path of [add, batch]) await refused(await api.send("POST", path, body), 400);
      await refused(await api.send("DELETE", "/v3/documents/bulk", body), 400);
    },
  );

  test("A02 none at all counts as {}, which adds and deletes nothing", async () => {
    expect(await refused(await api.send("POST", add), 400)).toBe("content: is missing");
    expect(await refused(await api.send("POST", batch), 400)).toContain("documents: ");
    expect(await refused(await api.send("DELETE", "/v3/documents/bulk"), 400)).toContain("exactly one");
  });

  test("A03 JSON sent as a form or as plain text is a 415", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded"])
      await refused(await api.send("POST", add, '{"content":"x"}', { "content-type": type }), 415);
  });

  test("A04 a text of a megabyte arrives byte for byte, however long its JSON; more is a 400 or a 413", async () => {
    const content = `${'\u0001\\"é'.repeat(199_999)}end.`.slice(0, 1_000_000);
    const reply = await api.send("POST", add, { content });
    const { id } = (await reply.json()) as { id: string };
    expect((await prisma().content.findUniqueOrThrow({ where: { documentId: id } })).text).toBe(content);
    await prisma().document.deleteMany({});
    expect(await refused(await api.send("POST", add, { content: "a".repeat(1_000_001) }), 400)).toContain("file");
    await refused(await api.send("POST", add, { content: "a".repeat(4_000_001) }), 413);
    await refused(await api.send("POST", batch, { documents: ["a".repeat(16_000_001)] }), 413);
    const head = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\nContent-Type: application/json\r\n`;
    expect((await rawRequest(api.url, `${head(add)}Content-Length: 4000001\r\n\r\n{`)).status).toBe(413);
    expect((await rawRequest(api.url, `${head(batch)}Content-Length: 60000000\r\n\r\n{`)).status).toBe(413);
    const chunk = `100000\r\n${" ".repeat(0x100000)}\r\n`;
    const chunks = Array.from({ length: 6 }, () => chunk);
    expect((await rawRequest(api.url, `${head(add)}Transfer-Encoding: chunked\r\n\r\n`, ...chunks)).status).toBe(413);
  });

  test("A04 fifteen megabytes of batch are taken; the paths beside them stay at one", async () => {
    const documents = Array.from({ length: 15 }, (_, i) => `${i}${"a".repeat(999_000)}`);
    expect(await (await api.send("POST", batch, { documents })).json()).toMatchObject({ success: 15, failed: 0 });
    await prisma().document.deleteMany({});
    await refused(await api.send("POST", "/v3/documents/list", { x: "a".repeat(1_000_001) }), 413);
    await refused(await api.send("DELETE", "/v3/documents/bulk", { x: "a".repeat(1_000_001) }), 413);
  });

  test("A05 depth and number of keys are bounded, at once; a batch of 600 with rich metadata is within", async () => {
    const began = performance.now();
    await refused(await api.send("POST", add, `{"content":${"[".repeat(10_000)}`), 400);
    const keys = Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join(",");
    await refused(await api.send("POST", add, `{"content":"x","metadata":{${keys}}}`), 400);
    await refused(await api.send("POST", batch, `{"documents":[{"content":"x","metadata":{${keys}}}]}`), 400);
    expect(performance.now() - began).toBeLessThan(2_000);
    const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key_${i}`, i]));
    const documents = Array.from({ length: 600 }, (_, i) => ({ content: `text ${i}`, metadata }));
    expect(await (await api.send("POST", batch, { documents })).json()).toMatchObject({ success: 600, failed: 0 });
  });
});

describe("fields", () => {
  test.each(["__proto__", "constructor", "prototype"])(
    "A06 metadata with the key %s is a 400, and what comes after is unaffected",
    async (key) => {
      const body = `{"content":"x","metadata":{"${key}":{"polluted":true}}}`;
      await refused(await api.send("POST", add, body), 400);
      await refused(await api.send("POST", batch, `{"documents":[${body}]}`), 400);
      await refused(await api.send("PATCH", "/v3/documents/x", body), 400);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      expect((await api.send("GET", "/v3/documents/processing")).status).toBe(200);
    },
  );

  test.each(["\\u0000", "\\ud800", "\\udfff x"])("A07 %s anywhere is a 400 that names the field", async (bad) => {
    const spoilt: readonly (readonly [string, string])[] = [
      ["content", `{"content":"a${bad}"}`],
      ["customId", `{"content":"a","customId":"a${bad}"}`],
      ["containerTag", `{"content":"a","containerTag":"a${bad}"}`],
      ["filepath", `{"content":"a","filepath":"a${bad}"}`],
      ["metadata.k", `{"content":"a","metadata":{"k":"a${bad}"}}`],
      ["metadata", `{"content":"a","metadata":{"k${bad}":"a"}}`],
      ["metadata.k.0", `{"content":"a","metadata":{"k":["a${bad}"]}}`],
    ];
    for (const [field, body] of spoilt) {
      expect(await refused(await api.send("POST", add, body), 400)).toContain(`${field}: `);
      await refused(await api.send("POST", batch, `{"documents":[${body}]}`), 400);
    }
  });

  test("A07 in a path it is a 400 or a 404, never a 500", async () => {
    for (const path of ["%00", "a%00b", "%ED%A0%80", "%ff", "%E0%A4%A"]) {
      expect((await rawRequest(api.url, requestFor("GET", path))).status).toBe(400);
      expect((await rawRequest(api.url, requestFor("DELETE", path))).status).toBe(400);
    }
    expect((await api.send("GET", `/v3/documents/${"x".repeat(1_000)}`)).status).toBe(404);
    expect((await api.send("GET", `/v3/documents/${"x".repeat(2_000)}`)).status).toBe(400);
  });

  const requestFor = (method: string, path: string) =>
    `${method} /v3/documents/${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\n\r\n`;

  test.each([
    ["empty", ""],
    ["101 characters", "a".repeat(101)],
    ["a space", "a b"],
    ["an emoji", "\u{1F680}"],
    ["a number", 7],
    ["an umlaut in two ways", "u\u0308"],
  ])("A09 a tag that is %s is a 400", async (_name, tag) => {
    await refused(await api.send("POST", add, { content: "x", containerTag: tag }), 400);
    await refused(await api.send("POST", add, { content: "x", containerTags: [tag] }), 400);
    await refused(await api.send("DELETE", "/v3/documents/bulk", { containerTags: [tag] }), 400);
    const { results } = (await (
      await api.send("POST", batch, { documents: [{ content: "x", containerTag: tag }] })
    ).json()) as { results: { status: string }[] };
    expect(results).toMatchObject([{ id: "", status: "error" }]);
  });

  test("A09 101 tags are a 400; an empty list is no tag for adding, and no licence to delete everything", async () => {
    const tags = Array.from({ length: 101 }, (_, i) => `tag-${i}`);
    await refused(await api.send("POST", add, { content: "x", containerTags: tags }), 400);
    expect((await api.send("POST", add, { content: "x", containerTags: [] })).status).toBe(200);
    expect((await api.send("DELETE", "/v3/documents/bulk", { containerTags: [] })).status).toBe(400);
    expect((await api.send("DELETE", "/v3/documents/bulk", { ids: [] })).status).toBe(400);
    expect((await api.send("DELETE", "/v3/documents/bulk", { filepath: "" })).status).toBe(400);
    expect(await prisma().document.count()).toBe(1);
  });

  test("A10 what is not the caller's to say is ignored: ids, status, dates, organization", async () => {
    const own = {
      id: "0000000000000000000000",
      organizationId: api.globex.organizationId,
      status: "done",
      createdAt: "2001-01-01T00:00:00Z",
      title: "mine",
      connectionId: "x",
      added: false,
      excluded: true,
      fileId: "x",
    };
    const { id } = (await (await api.send("POST", add, { content: "# Text", ...own })).json()) as { id: string };
    expect(id).not.toBe(own.id);
    await api.send("PATCH", `/v3/documents/${id}`, own);
    expect(await prisma().document.findUniqueOrThrow({ where: { id } })).toMatchObject({
      organizationId: api.acme.organizationId,
      title: "Text",
      status: "chunking",
      connectionId: null,
      added: true,
      excluded: false,
      fileId: null,
    });
  });

  test.each([
    ["nested", { a: { b: 1 } }],
    ["a list", ["a"]],
    ["a text", "a"],
    ["with null in it", { a: null }],
    ["with a list of numbers", { a: [1, 2] }],
    ["of a megabyte", { a: "x".repeat(1_000_000) }],
    ["with 101 keys", Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i]))],
    ["with a key of 65 characters", { ["k".repeat(65)]: 1 }],
  ])("A11 metadata that is %s is a 400", async (_name, metadata) => {
    await refused(await api.send("POST", add, { content: "x", metadata }), 400);
    await refused(await api.send("PATCH", "/v3/documents/x", { metadata }), 400);
  });

  test.each([
    [{ content: "" }, "content"],
    [{ content: " \n\t" }, "content"],
    [{ content: 7 }, "content"],
    [{ content: null }, "content"],
    [{ content: "x", customId: "" }, "customId"],
    [{ content: "x", customId: "x".repeat(256) }, "customId"],
    [{ content: "x", filepath: "x".repeat(1_025) }, "filepath"],
    [{ content: "x", taskType: "other" }, "taskType"],
    [{ content: "x", documentDate: "yesterday" }, "documentDate"],
    [{ content: "x", documentDate: "2026-02-30" }, "documentDate"],
    [{ content: "x", documentDate: "0000-01-01" }, "documentDate"],
    [{ content: "x", documentDate: "0000-12-31T23:00:00Z" }, "documentDate"],
    [{ content: "x", documentDate: "2026-01-01T00:00:00+16:00" }, "documentDate"],
    [{ content: "x", documentDate: "2026-01-01T00:00:00-23:59" }, "documentDate"],
    [{ content: "x", documentDate: 20260101 }, "documentDate"],
    [{ content: "x", entityContext: "x".repeat(1_501) }, "entityContext"],
    [{ content: "https://me:secret-canary@example.com/" }, "content"],
    [{ content: "https://secret-canary@example.com/" }, "content"],
    [{ content: "https://:secret-canary@example.com/" }, "content"],
  ])("%j is a 400 about %s", async (body, field) => {
    const details = await refused(await api.send("POST", add, body), 400);
    expect(details).toContain(`${field}: `);
    expect(details).not.toContain("canary");
  });

  test("A11 a number that is none is a 400", async () => {
    await refused(await api.send("POST", add, '{"content":"x","metadata":{"a":1e400}}'), 400);
  });

  test("a moment in a zone that nowhere has is a 400 in every filter, and one in the farthest zones is none", async () => {
    const list = (updatedAfter: string) => api.send("POST", "/v3/documents/list", { updatedAfter });
    const search = (updatedBefore: string) => api.send("POST", "/v3/search", { q: "x", updatedBefore });
    for (const ask of [list, search]) {
      for (const zone of ["+15:00", "-16:00", "+23:59"])
        expect(await refused(await ask(`2026-01-01T00:00:00${zone}`), 400)).toContain("must be a moment");
      for (const zone of ["+14:00", "-12:00", "Z"]) expect((await ask(`2026-01-01T00:00:00${zone}`)).status).toBe(200);
    }
  });

  test("a batch of none, of 601, or of what is no document is a 400", async () => {
    for (const documents of [[], Array.from({ length: 601 }, () => "x"), "x", [null], [7], [["x"]]])
      await refused(await api.send("POST", batch, { documents }), 400);
    await refused(await api.send("POST", batch, { documents: ["x"], content: "y" }), 400);
    await refused(await api.send("DELETE", "/v3/documents/bulk", { ids: Array.from({ length: 101 }, () => "x") }), 400);
  });
});

test.each(["view=some", "limit=0", "limit=1101", "page=0", "page=x", "containerTags=a%20b", "containerTags=%00"])(
  "asking for what is processed with %s is a 400",
  async (query) => {
    expect((await api.send("GET", `/v3/documents/processing?${query}`)).status).toBe(400);
  },
);

test("A19 other spellings of an id are not that id", async () => {
  const { id } = (await (await api.send("POST", add, { content: "x" })).json()) as { id: string };
  const swapped = id.replaceAll(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
  for (const other of [`${id} `, ` ${id}`, swapped, `${id}/`, `./${id}`])
    for (const method of ["GET", "PATCH", "DELETE"])
      expect(
        (await api.send(method, `/v3/documents/${encodeURIComponent(other)}`, method === "PATCH" ? {} : undefined))
          .status,
      ).toBe(404);
  expect((await api.send("GET", `/v3/documents/${id}`)).status).toBe(200);
});
