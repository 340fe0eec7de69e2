import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { removeDocument } from "#lib/documents/remove.ts";
import { env } from "#lib/env.ts";
import { partBytes } from "#lib/files/limits.ts";
import { purgeFiles } from "#lib/files/purge.ts";
import { storeFile } from "#lib/files/store.ts";
import { maintain } from "#lib/sync/maintenance.ts";
import { testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();
const never = new AbortController().signal;

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().file.deleteMany({});
  await prisma().fileLink.deleteMany({});
});

async function uploaded(file = new File(["# Notes"], "notes.md", { type: "text/markdown" }), customId?: string) {
  const { id } = await api.client.documents.uploadFile({ file, ...(customId === undefined ? {} : { customId }) });
  return id;
}

const fileUrl = (reference: string, headers: Record<string, string> = {}) =>
  api.send("GET", `/v3/documents/${encodeURIComponent(reference)}/file-url`, undefined, headers);

/** The address as it was given, and the same on the test's own server. */
async function link(reference: string): Promise<{ readonly given: string; readonly here: string }> {
  const reply = await fileUrl(reference);
  const { url } = (await reply.json()) as { url: string };
  expect(reply.status).toBe(200);
  return { given: url, here: api.url + new URL(url).pathname };
}

async function textAt(address: string) {
  const reply = await fetch(address);
  return { status: reply.status, text: await reply.text() };
}

describe("a file comes back", () => {
  test("byte for byte, to whoever has its address, without a key", async () => {
    const bytes = randomBytes(2 * partBytes + 17);
    const { given, here } = await link(await uploaded(new File([bytes], "data.bin")));
    expect(given).toMatch(new RegExp(`^${env().APP_URL}/v3/files/[\\w-]{43}$`));
    const reply = await fetch(here);
    expect(Buffer.from(await reply.arrayBuffer()).equals(bytes)).toBe(true);
    expect(reply.headers.get("content-length")).toBe(String(bytes.byteLength));
    const head = await fetch(here, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(bytes.byteLength),
      "",
    ]);
  });

  test("by customId, too, slashes included", async () => {
    await uploaded(new File(["hello"], "a.txt"), "notes/a b");
    expect((await textAt((await link("notes/a b")).here)).text).toBe("hello");
  });

  test("as a download that can do nothing in a browser (T04)", async () => {
    const page = new File(["<script>alert(1)</script>"], 'evil"\u00e9\u202e.html', { type: "text/html" });
    const { headers } = await fetch((await link(await uploaded(page))).here);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment; filename=\"evil_e.html\"; filename*=UTF-8''evil%22%C3%A9.html",
      "content-security-policy": expect.stringContaining("sandbox; default-src 'none'; "),
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
  });

  test("under its own type where that is harmless", async () => {
    for (const [name, type, served] of [
      ["a.pdf", "application/pdf", "application/pdf"],
      ["a.txt", "text/plain; charset=utf-16", "text/plain"],
      ["a.xml", "text/xml", "application/octet-stream"],
      ["a.js", "text/javascript", "application/octet-stream"],
      ["a", "", "application/octet-stream"],
    ] as const) {
      const { headers } = await fetch((await link(await uploaded(new File(["x"], name, { type })))).here);
      expect(headers.get("content-type")).toBe(served);
    }
  });
});

describe("an address ends", () => {
  const gone = { status: 404, text: expect.stringContaining('"error":"Not found"') };

  test("after 24 hours by the database's clock", async () => {
    const { here } = await link(await uploaded());
    await pool().query("update file_links set expires_at = expires_at - interval '24 hours' + interval '10 seconds'");
    expect((await textAt(here)).status).toBe(200);
    await pool().query("update file_links set expires_at = expires_at - interval '10 seconds'");
    expect(await textAt(here)).toEqual(gone);
  });

  test("when its document is deleted, or gets another file", async () => {
    const deleted = await uploaded();
    const first = await link(deleted);
    await removeDocument(api.acme.principal, deleted);
    expect(await textAt(first.here)).toEqual(gone);
    await uploaded(new File(["old"], "a.txt"), "c");
    const second = await link("c");
    await uploaded(new File(["new"], "a.txt"), "c");
    expect(await textAt(second.here)).toEqual(gone);
    expect((await textAt((await link("c")).here)).text).toBe("new");
  });

  test("with the same answer as one that never was", async () => {
    const { here } = await link(await uploaded());
    await prisma().fileLink.updateMany({ data: { expiresAt: new Date(0) } });
    const over = await textAt(here);
    for (const token of [randomBytes(32).toString("base64url"), "x", "..%2F..", "%00".repeat(3), "x".repeat(2_000)]) {
      const { status, text } = await textAt(`${api.url}/v3/files/${token}`);
      if (!token.includes("%00") && token.length < 1_024) expect({ status, text }).toEqual(over);
      expect(status).toBeLessThan(500);
    }
  });

  test("and nothing stored tells what it was", async () => {
    const { given } = await link(await uploaded());
    const token = given.split("/").at(-1) ?? "";
    const { rows } = await pool().query<{ row: string }>("select to_jsonb(l)::text as row from file_links l");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(token);
    expect(rows[0]?.row).not.toContain(Buffer.from(token, "base64url").toString("hex"));
  });
});

describe("no address is given", () => {
  test("for a document without a file: a 404 that says so", async () => {
    const connectionId = await api.connect();
    const [id = ""] = await addDocuments(api.acme, connectionId, ["a.md"]);
    const reply = await fileUrl(id);
    expect([reply.status, await reply.json()]).toEqual([
      404,
      { error: "This document has no file.", details: expect.any(String) },
    ]);
  });

  test("for somebody else's: the same bytes as for one that is not there (A19, T01)", async () => {
    const id = await uploaded();
    const theirs = { authorization: `Bearer ${api.globex.apiKey}` };
    const [foreign, absent] = [await fileUrl(id, theirs), await fileUrl(newId(), theirs)];
    expect([foreign.status, await foreign.text()]).toEqual([absent.status, await absent.text()]);
    expect(foreign.status).toBe(404);
    expect(await prisma().fileLink.count()).toBe(0);
  });
});

describe("files go", () => {
  const count = async () => ({ files: await prisma().file.count(), parts: await prisma().filePart.count() });

  test("with their document, however it is deleted", async () => {
    const id = await uploaded(new File([randomBytes(partBytes + 1)], "a.bin"));
    await removeDocument(api.acme.principal, id);
    expect(await count()).toEqual({ files: 1, parts: 2 });
    await pool().query("update documents set deleted_at = now() - interval '30 days'");
    await maintain(never);
    expect(await count()).toEqual({ files: 0, parts: 0 });
  });

  test("after a day when no document has them, and not before", async () => {
    const kept = await uploaded();
    // Uploads whose process died: complete, and cut off.
    await storeFile(api.acme.organizationId, { name: "a", mime: null }, bytesOf("whole"));
    const unfinished = { id: newId(), organizationId: api.acme.organizationId, name: "b" };
    await prisma().file.create({ data: unfinished });
    await pool().query("update files set created_at = now() - interval '23 hours 59 minutes'");
    await purgeFiles(never);
    expect(await count()).toEqual({ files: 3, parts: 2 });
    await pool().query("update files set created_at = now() - interval '24 hours 1 second'");
    await maintain(never);
    expect(await count()).toEqual({ files: 1, parts: 1 });
    expect((await textAt((await link(kept)).here)).text).toBe("# Notes");
  });

  test("and so do addresses that are over", async () => {
    const id = await uploaded();
    await link(id);
    await prisma().fileLink.updateMany({ data: { expiresAt: new Date(0) } });
    const { here } = await link(id);
    await maintain(never);
    expect(await prisma().fileLink.count()).toBe(1);
    expect((await textAt(here)).status).toBe(200);
  });

  test("never while a document has them", async () => {
    await uploaded();
    await expect(pool().query("delete from files")).rejects.toThrow(/foreign key/);
  });
});

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}
