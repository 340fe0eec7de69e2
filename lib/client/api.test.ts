import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import * as operations from "#lib/contract/operations.ts";
import type { WireConnection } from "#lib/contract/wire.ts";
import { until } from "#lib/testing/wait.ts";
import { ApiError, createApi, Unreachable } from "./api.ts";

/** What came in, and what is answered. */
let asked: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
let answer: { status?: number; headers?: Record<string, string>; body?: string } | "never" | "break";
let server: Server;
let baseUrl: string;

const json = { "content-type": "application/json" };

beforeEach(async () => {
  asked = [];
  answer = { headers: json, body: "{}" };
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    asked.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    if (answer === "never") return;
    response.writeHead(answer === "break" ? 200 : (answer.status ?? 200), answer === "break" ? json : answer.headers);
    if (answer === "break") {
      response.write('{"id":');
      setImmediate(() => response.destroy());
    } else response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const api = (more: object = {}) => createApi({ baseUrl: `${baseUrl}/`, key: "tr_key", ...more });

describe("a call", () => {
  test("goes where the operation says, with the key, parameters encoded whole", async () => {
    await api().call(operations.getDocument, { params: { documentId: "s3://bucket/a b?#%" } });
    await api().call("DELETE /v3/documents/{documentId}", { params: { documentId: "…" } });
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /v3/documents/s3%3A%2F%2Fbucket%2Fa%20b%3F%23%25",
      "DELETE /v3/documents/%E2%80%A6",
    ]);
    expect(asked[0]?.headers.authorization).toBe("Bearer tr_key");
    expect(asked[0]?.headers["content-type"]).toBeUndefined();
  });

  test("never goes to another path because of a parameter", async () => {
    for (const documentId of ["", ".", ".."])
      await expect(api().call(operations.deleteDocument, { params: { documentId } })).rejects.toThrow(TypeError);
    expect(asked).toEqual([]);
  });

  test("sends a query, a body and an idempotency key", async () => {
    await api().call("GET /v3/documents/processing", { query: { view: "all", containerTags: "a,b" } });
    await api().call(operations.addDocument, {
      body: { content: "text", metadata: { team: "sales" } },
      idempotencyKey: "k1",
    });
    expect(asked[0]?.url).toBe("/v3/documents/processing?view=all&containerTags=a%2Cb");
    expect(JSON.parse(asked[1]?.body ?? "")).toEqual({ content: "text", metadata: { team: "sales" } });
    expect(asked[1]?.headers).toMatchObject({ ...json, "idempotency-key": "k1" });
  });

  test("sends files as a form", async () => {
    const body = new FormData();
    body.set("file", new Blob(["# Hello"]), "hello.md");
    await api().call(operations.uploadDocument, { body });
    expect(asked[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(asked[0]?.body).toContain("# Hello");
  });

  test("without a key sends no credentials of its own", async () => {
    await createApi({ baseUrl }).call(operations.getSettings);
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  test("answers JSON, text and nothing as what they are", async () => {
    answer = { headers: json, body: '{"documents":[],"totalCount":0}' };
    expect(await api().call(operations.listProcessing)).toEqual({ documents: [], totalCount: 0 });
    answer = { status: 202, headers: { "content-type": "text/plain; charset=utf-8" }, body: "queued" };
    expect(await api().call(operations.importConnections, { params: { provider: "s3" } })).toBe("queued");
    answer = { status: 204 };
    expect(await api().call(operations.deleteDocument, { params: { documentId: "x" } })).toBeNull();
  });
});

describe("a refusal", () => {
  test("is an ApiError in the server's words", async () => {
    answer = {
      status: 429,
      headers: { ...json, "retry-after": "7", "x-request-id": "r1" },
      body: '{"error":"Too many requests.","details":"Wait 7 s."}',
    };
    const error = await api()
      .call(operations.getSettings)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 429,
      message: "Too many requests.",
      details: "Wait 7 s.",
      retryAfter: 7,
      requestId: "r1",
    });
  });

  test("by something that is not this API is one, too", async () => {
    for (const body of ["<html>", "null", '{"error":{}}']) {
      answer = { status: 502, headers: body === "<html>" ? { "content-type": "text/html" } : json, body };
      await expect(api().call(operations.getSettings)).rejects.toMatchObject({
        name: "ApiError",
        status: 502,
        message: "The server answered 502.",
      });
    }
  });
});

describe("no answer", () => {
  test("in time is Unreachable and late", async () => {
    answer = "never";
    const error = api({ timeoutMs: 30 }).call(operations.getSettings);
    await expect(error).rejects.toMatchObject({ name: "Unreachable", late: true });
  });

  test("at all, or half of one, is Unreachable", async () => {
    answer = "break";
    await expect(api().call(operations.getSettings)).rejects.toBeInstanceOf(Unreachable);
    const nobody = createApi({ baseUrl: "http://127.0.0.1:1" });
    await expect(nobody.call(operations.getSettings)).rejects.toMatchObject({ name: "Unreachable", late: false });
  });

  test("because the caller gave up is the caller's own reason", async () => {
    answer = "never";
    const stop = new AbortController();
    const call = api().call(operations.getSettings, { signal: stop.signal });
    const reason = new Error("enough");
    await until(() => asked.length > 0);
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

test("what goes in and comes out is typed by the operation's schemas", () => {
  const { call } = api();
  const connection = () => call("GET /v3/connections/{connectionId}", { params: { connectionId: "x" } });
  expectTypeOf(connection).returns.resolves.toEqualTypeOf<WireConnection>();
  const same = () => call(operations.getConnection, { params: { connectionId: "x" } });
  expectTypeOf(same).returns.resolves.toEqualTypeOf<WireConnection>();
  const removed = () => call(operations.deleteDocument, { params: { documentId: "x" } });
  expectTypeOf(removed).returns.resolves.toEqualTypeOf<null>();
  const never = () => {
    // @ts-expect-error a parameter is missing
    void call(operations.getDocument);
    // @ts-expect-error no such parameter
    void call(operations.getDocument, { params: { id: "x" } });
    // @ts-expect-error a document has content
    void call(operations.addDocument, { body: { metadata: {} } });
    // @ts-expect-error limits are numbers or digits
    void call(operations.listDocuments, { body: { limit: true } });
    // @ts-expect-error no such address
    void call("GET /v3/nothing");
    // @ts-expect-error reading takes no body
    void call(operations.getSettings, { body: {} });
  };
  expect(never).toBeTypeOf("function");
});
