import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApiProcess, type ApiProcess } from "#lib/testing/api-process.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";

const megabyte = 1_000_000;
let server: ApiProcess;
let acme: TestOrganization;

beforeAll(async () => {
  const sealingKeys = `test:${Buffer.alloc(32, 7).toString("base64url")}`;
  const { url } = await testDatabase({ SEALING_KEYS: sealingKeys });
  acme = await testOrganization();
  server = await startApiProcess({ DATABASE_URL: url, SEALING_KEYS: sealingKeys, RATE_LIMIT_BURST: "100000" });
});
afterAll(() => server.stop());

/** 60 MB of one JSON text, without a length. */
async function post(path: string): Promise<number> {
  function* body() {
    yield Buffer.from('{"q":"');
    for (let i = 0; i < 60; i++) yield Buffer.alloc(megabyte, "x");
    yield Buffer.from('"}');
  }
  const reply = await fetch(server.url + path, {
    method: "POST",
    body: Readable.toWeb(Readable.from(body())) as ReadableStream<Uint8Array>,
    duplex: "half",
    headers: { authorization: `Bearer ${acme.apiKey}`, "content-type": "application/json" },
  } as RequestInit);
  await reply.text();
  return reply.status;
}

test("60 MB of JSON without a length are a 413 and are never held: not 8 MB more than before (A04)", async () => {
  // what is loaded and compiled the first time is not the body's
  for (let i = 0; i < 3; i++) expect(await post("/v3/search")).toBe(413);
  const before = await server.memory();
  for (let i = 0; i < 3; i++) expect(await post("/v3/search")).toBe(413);
  const after = await server.memory();
  expect(after.held - before.held).toBeLessThan(8 * megabyte);
  // With what the collector has not got to yet; three bodies whole would be 180.
  expect(after.residentPeak - before.residentPeak).toBeLessThan(40 * megabyte);
});
