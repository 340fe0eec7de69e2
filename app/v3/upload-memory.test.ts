import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pool, prisma } from "#lib/db/client.ts";
import { fileBytesMax, partBytes } from "#lib/files/limits.ts";
import { fileStream } from "#lib/files/read.ts";
import { startApiProcess, type ApiProcess } from "#lib/testing/api-process.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";

const megabyte = 1_000_000;
const parts = fileBytesMax / partBytes;

let server: ApiProcess;
let acme: TestOrganization;

beforeAll(async () => {
  const sealingKeys = `test:${Buffer.alloc(32, 7).toString("base64url")}`;
  const { url } = await testDatabase({ SEALING_KEYS: sealingKeys });
  acme = await testOrganization();
  server = await startApiProcess({ DATABASE_URL: url, SEALING_KEYS: sealingKeys, RATE_LIMIT_BURST: "100000" });
});
afterAll(() => server.stop());

/** Of an upload: pieces that differ from each other and from those of every other one. */
const piece = (seed: number, i: number) => Buffer.alloc(partBytes, `${seed}:${i};`);

/** Sends 50 MB; `before` is waited for ahead of each of its pieces. Returns the document's id. */
async function upload(seed: number, before: (i: number) => Promise<void> = () => Promise.resolve()): Promise<string> {
  async function* body() {
    yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large.txt"\r\n\r\n');
    for (let i = 0; i < parts; i++) {
      await before(i);
      yield piece(seed, i);
    }
    yield Buffer.from("\r\n--b--\r\n");
  }
  const reply = await fetch(`${server.url}/v3/documents/file`, {
    method: "POST",
    body: Readable.toWeb(Readable.from(body())) as ReadableStream<Uint8Array>,
    duplex: "half",
    headers: { authorization: `Bearer ${acme.apiKey}`, "content-type": "multipart/form-data; boundary=b" },
  } as RequestInit);
  const { id, details } = (await reply.json()) as { id: string; details?: string };
  expect([reply.status, details]).toEqual([200, undefined]);
  return id;
}

async function requireWhole(documentId: string, seed: number): Promise<void> {
  const { fileId } = await prisma().document.findUniqueOrThrow({ where: { id: documentId } });
  const stored = createHash("sha256");
  for await (const part of fileStream(acme.organizationId, fileId ?? "")) stored.update(part);
  const sent = createHash("sha256");
  for (let i = 0; i < parts; i++) sent.update(piece(seed, i));
  expect(stored.digest("hex")).toBe(sent.digest("hex"));
}

async function storedParts(): Promise<number> {
  const { rows } = await pool().query<{ n: number }>("select count(*)::int as n from file_parts");
  return rows[0]?.n ?? 0;
}

test("of an upload of 50 MB no more than 8 MB are held at any time (A04)", async () => {
  await upload(1);
  const begin = await storedParts();
  const held: number[] = [];
  const id = await upload(2, async (i) => {
    if (i % 12 !== 0) return;
    // Everything sent so far has arrived: what is not stored by now is in memory.
    await until(async () => (await storedParts()) >= begin + i - 2, { what: `part ${i} to be stored` });
    held.push((await server.memory()).held);
  });
  expect(Math.max(...held) - Math.min(...held)).toBeLessThan(8 * megabyte);
  await requireWhole(id, 2);
});

test("20 uploads of 50 MB at once stay within 512 MB, and each arrives whole (E03)", { timeout: 170_000 }, async () => {
  await server.memory();
  const seeds = Array.from({ length: 20 }, (_, i) => i + 10);
  const ids = await Promise.all(seeds.map((seed) => upload(seed)));
  const { residentPeak } = await server.memory();
  expect(residentPeak).toBeLessThan(512 * megabyte);
  for (const [i, seed] of seeds.entries()) if (i % 7 === 0) await requireWhole(ids[i] ?? "", seed);
});
