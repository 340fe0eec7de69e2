import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { toFile } from "supermemory";
import { beforeEach, describe, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { fileBytesMax, partBytes } from "#lib/files/limits.ts";
import { fileBytes } from "#lib/files/read.ts";
import { hashKey, newKey } from "#lib/keys/hash.ts";
import { testApi } from "#lib/testing/api.ts";
import { rawRequest } from "#lib/testing/raw-http.ts";
import { until } from "#lib/testing/wait.ts";

const api = testApi();
const address = "/v3/documents/file";

beforeEach(async () => {
  await prisma().document.deleteMany({});
  await prisma().file.deleteMany({});
  await prisma().idempotencyKey.deleteMany({});
});

/** What there is of files: nothing may be left of a refused one. */
async function kept() {
  const { rows } = await pool().query<{ files: number; parts: number; documents: number }>(
    `select (select count(*)::int from files) as files, (select count(*)::int from file_parts) as parts,
            (select count(*)::int from documents) as documents`,
  );
  return rows[0];
}
const nothing = { files: 0, parts: 0, documents: 0 };

async function storedFile(documentId: string) {
  const { fileId } = await prisma().document.findUniqueOrThrow({ where: { id: documentId } });
  if (fileId === null) throw new Error("the document has no file");
  const { name, mime } = await prisma().file.findUniqueOrThrow({ where: { id: fileId } });
  return { name, mime, bytes: Buffer.from(await fileBytes(api.acme.organizationId, fileId)) };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function formOf(fields: Readonly<Record<string, string | File>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

const notes = (content = "# Notes") => new File([content], "notes.md", { type: "text/markdown" });

async function upload(form: FormData, headers: Record<string, string> = {}, at = address) {
  const reply = await fetch(api.url + at, {
    method: "POST",
    body: form,
    headers: { authorization: `Bearer ${api.acme.apiKey}`, ...headers },
  });
  const body = (await reply.json()) as { id?: string; status?: string; error?: string; details?: string };
  return { ...body, status: reply.status, headers: reply.headers, state: body.status };
}

/** A body written by hand, with the boundary b. */
async function raw(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  const bytes = Buffer.from(body);
  const all = {
    Host: "x",
    Authorization: `Bearer ${api.acme.apiKey}`,
    "Content-Type": "multipart/form-data; boundary=b",
    "Content-Length": String(bytes.byteLength),
    Connection: "close",
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const reply = await rawRequest(api.url, `POST ${address} HTTP/1.1\r\n${head.join("")}\r\n`, bytes);
  const text = /^[\da-f]+\r\n([\s\S]*)\r\n0\r\n\r\n$/.exec(reply.body)?.[1] ?? reply.body;
  return { ...(JSON.parse(text) as { id: string; error: string; details?: string }), status: reply.status };
}

const part = (disposition: string, content: string, more = "") =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const filePart = part('name="file"; filename="a.txt"', "hello");
const end = "--b--\r\n";

describe("the official client", () => {
  test("uploads a File with everything that can be said about it", async () => {
    const { id, status } = await api.client.documents.uploadFile({
      file: notes(),
      containerTags: '["team", "notes"]',
      customId: "notes/2026",
      metadata: '{"topic":"plans","tags":["a","b"],"year":2026}',
      filepath: "/notes/2026.md",
      taskType: "superrag",
      useAdvancedProcessing: "true",
    } as Parameters<typeof api.client.documents.uploadFile>[0]);
    expect(status).toBe("queued");
    expect(await storedFile(id)).toEqual({ name: "notes.md", mime: "text/markdown", bytes: Buffer.from("# Notes") });
    expect(await prisma().document.findUniqueOrThrow({ where: { id } })).toMatchObject({
      added: true,
      connectionId: null,
      customId: "notes/2026",
      containerTags: ["team", "notes"],
      metadata: { topic: "plans", tags: ["a", "b"], year: 2026 },
      filepath: "/notes/2026.md",
      taskType: "superrag",
    });
  });

  test("uploads a stream from disk and what toFile makes", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "upload-"));
    try {
      const bytes = randomBytes(partBytes + 1);
      await writeFile(path.join(folder, "größe.bin"), bytes);
      const streamed = await api.client.documents.uploadFile({
        file: createReadStream(path.join(folder, "größe.bin")),
      });
      const { name, bytes: found } = await storedFile(streamed.id);
      expect([name, sha256(found)]).toEqual(["größe.bin", sha256(bytes)]);
      const made = await api.client.documents.uploadFile({ file: await toFile(Buffer.from("a,b\n1,2"), "t.csv") });
      expect(await storedFile(made.id)).toMatchObject({ name: "t.csv", bytes: Buffer.from("a,b\n1,2") });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("of an older time uploads by the older path", async () => {
    const reply = await upload(formOf({ file: notes() }), {}, "/v3/memories/file");
    expect([reply.status, reply.state]).toEqual([200, "queued"]);
  });

  test("says one tag as it is", async () => {
    const { id } = await api.client.documents.uploadFile({ file: notes(), containerTags: "team" });
    expect((await prisma().document.findUniqueOrThrow({ where: { id } })).containerTags).toEqual(["team"]);
  });
});

describe("size", () => {
  test("50 MB exactly arrive byte for byte (A04)", { timeout: 60_000 }, async () => {
    const bytes = randomBytes(fileBytesMax);
    const reply = await upload(formOf({ file: new File([bytes], "large.txt"), containerTag: "large" }));
    expect([reply.status, reply.details]).toEqual([200, undefined]);
    const stored = await storedFile(reply.id ?? "");
    expect(stored.bytes.byteLength).toBe(fileBytesMax);
    expect(sha256(stored.bytes)).toBe(sha256(bytes));
    expect(await kept()).toEqual({ files: 1, parts: 50, documents: 1 });
  });

  test("one byte more is a 413, and nothing is left of it (A04)", { timeout: 60_000 }, async () => {
    const reply = await upload(formOf({ file: new File([Buffer.alloc(fileBytesMax + 1)], "large.txt") }));
    expect([reply.status, reply.details]).toEqual([413, "file: must not be larger than 50 MB (52,428,800 bytes)"]);
    expect(await kept()).toEqual(nothing);
  });

  test("a Content-Length no form can have is answered before anything was sent (A04)", async () => {
    expect(await raw("", { "Content-Length": "60000000" })).toMatchObject({ status: 413 });
  });

  test("without a length the answer comes while the client is still sending (A04)", { timeout: 30_000 }, async () => {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    const answer = { text: "" };
    socket.on("data", (data) => {
      answer.text += data.toString("latin1");
    });
    socket.write(
      `POST ${address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\n` +
        "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const send = (bytes: Uint8Array) =>
      new Promise<void>((resolve) =>
        socket.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]), () =>
          resolve(),
        ),
      );
    await send(Buffer.from(filePart.replace("hello\r\n", "")));
    const piece = Buffer.alloc(partBytes, 7);
    let sent = 0;
    while (answer.text === "" && sent < 80) {
      await send(piece);
      sent++;
    }
    await until(() => Promise.resolve(answer.text !== ""), { what: "an answer" });
    expect(answer.text).toMatch(/^HTTP\/1\.1 413 /);
    // The line is still open: the client may end its request as if nothing had happened.
    await send(piece);
    socket.destroy();
    expect(sent).toBeLessThan(80);
    await until(async () => (await kept())?.files === 0, { what: "the parts to be removed" });
  });

  test("an empty file is refused", async () => {
    const reply = await upload(formOf({ file: new File([], "empty.txt") }));
    expect([reply.status, reply.details]).toEqual([400, "file: is empty"]);
    expect(await kept()).toEqual(nothing);
  });
});

test("many uploads at once leave the database to other requests, and all of them arrive (E03)", async () => {
  const blocker = await pool().connect();
  try {
    await blocker.query("begin");
    await blocker.query("lock table file_parts in exclusive mode");
    const uploads = Promise.all(Array.from({ length: 30 }, (_, i) => upload(formOf({ file: notes(`# ${i}`) }))));
    await until(async () => (await kept())?.files === 30, { what: "all uploads to wait" });
    const listing = await api.send("POST", "/v3/documents/list", {});
    expect(listing.status).toBe(200);
    await blocker.query("commit");
    expect(new Set((await uploads).map((reply) => reply.status))).toEqual(new Set([200]));
  } finally {
    blocker.release(true);
  }
  expect(await kept()).toEqual({ files: 30, parts: 30, documents: 30 });
});

describe("forms", () => {
  test("may have the file first or last, between texts, and anything around", async () => {
    const text = part('name="containerTag"', "a");
    for (const body of [filePart + text + end, text + filePart + end, `preamble\r\n${filePart}${text}${end}epilogue`]) {
      const reply = await raw(body);
      expect([reply.status, reply.details]).toEqual([200, undefined]);
      expect(await storedFile(reply.id)).toMatchObject({ name: "a.txt", bytes: Buffer.from("hello") });
    }
  });

  test("may leave out the file's name, or hide a path in it", async () => {
    for (const [disposition, name] of [
      ['name="file"', "untitled"],
      ['name="file"; filename=""', "untitled"],
      ['name="file"; filename="../../../etc/passwd"', "passwd"],
      ['name="file"; filename="C:\\docs\\a b.txt"', "a b.txt"],
      ['name="file"; filename="say %22hi%22.txt"', 'say "hi".txt'],
      ["name=file; filename*=UTF-8''na%C3%AFve.txt", "naïve.txt"],
      ['name="file"; filename="日本.txt"', "日本.txt"],
      ['name="file"; filename="a\0b.txt"', undefined],
    ] as const) {
      const reply = await raw(part(disposition, "hello") + end);
      if (name === undefined) expect(reply.status).toBe(400);
      else expect((await storedFile(reply.id)).name).toBe(name);
    }
  });

  test("may have content that looks like a boundary", async () => {
    const content = "\r\n--a\r\n--\r\n-b\r\n--\r\r\n\r\n--\rb--\r\n";
    const reply = await raw(part('name="file"; filename="a.txt"', content) + end);
    expect((await storedFile(reply.id)).bytes.toString()).toBe(content);
  });

  const long = "x".repeat(101);
  test.each<readonly [what: string, body: string | Uint8Array, details: string]>([
    ["no file", part('name="containerTag"', "a") + end, "file: is missing"],
    ["no parts", end, "file: is missing"],
    ["an empty body", "", "The body ends before its last boundary."],
    [
      "a file by another name",
      part('name="document"; filename="a.txt"', "x") + end,
      "document: is not the name of the part",
    ],
    ["two files", filePart + filePart + end, "file: was sent more than once"],
    ["a text twice", `${part('name="customId"', "a").repeat(2)}${filePart}${end}`, "customId: was sent more than once"],
    ["a body that is cut off in the file", filePart, "The body ends before its last boundary."],
    ["a body that is cut off after it", `${filePart}--b`, "The body ends before its last boundary."],
    [
      "a bad text before the file",
      part('name="containerTag"', "a b") + filePart + end,
      "containerTag: must be 1 to 100 characters",
    ],
    [
      "a bad text after the file",
      filePart + part('name="containerTag"', "a b") + end,
      "containerTag: must be 1 to 100 characters",
    ],
    ["tags that are no JSON", filePart + part('name="containerTags"', "[") + end, "containerTags: is not valid JSON"],
    ["metadata that is no JSON", filePart + part('name="metadata"', "x") + end, "metadata: is not valid JSON"],
    ["metadata that is a list", filePart + part('name="metadata"', "[]") + end, "metadata: must be an object"],
    ["metadata that is nested", filePart + part('name="metadata"', '{"a":{"b":1}}') + end, "metadata.a: must be"],
    [
      "metadata for JavaScript (A06)",
      filePart + part('name="metadata"', '{"__proto__":1}') + end,
      "metadata.__proto__: is not allowed",
    ],
    [
      "metadata that cannot be stored (A07)",
      filePart + part('name="metadata"', String.raw`{"a":"\u0000"}`) + end,
      "metadata.a: contains characters",
    ],
    [
      "metadata nested to the bottom (A05)",
      filePart + part('name="metadata"', '{"a":'.repeat(20_000)) + end,
      "metadata: must be a JSON object",
    ],
    [
      "NUL in a text (A07)",
      filePart + part('name="filepath"', "a\0b") + end,
      "filepath: contains characters that cannot be stored",
    ],
    [
      "a text that is no UTF-8",
      Buffer.from(part('name="filepath"', "\xff") + filePart + end, "latin1"),
      "filepath: is not valid UTF-8",
    ],
    [
      "a text that is too long",
      part('name="metadata"', "x".repeat(400_001)) + end,
      "metadata: must not be larger than 400,000 bytes",
    ],
    [
      "a name that is too long",
      part(`name="${long}"`, "x") + end,
      `${"x".repeat(100)}: is a name of more than 100 characters`,
    ],
    [
      "too many texts",
      Array.from({ length: 22 }, (_, i) => part(`name="f${i}"`, "x")).join("") + end,
      "body: must not have more than 20 fields",
    ],
    ["a part without a name", part('filename="a.txt"', "x") + end, "body: has a part whose Content-Disposition"],
    [
      "an attachment",
      '--b\r\nContent-Disposition: attachment; name="file"\r\n\r\nx\r\n' + end,
      "body: has a part whose Content-Disposition",
    ],
    ["a part without a head", `--b\r\n\r\nx\r\n${end}`, "body: has a part whose Content-Disposition"],
    [
      "an encoded part",
      part('name="file"; filename="a.txt"', "aGVsbG8=", "Content-Transfer-Encoding: base64\r\n") + end,
      "file: must be sent as it is",
    ],
    [
      "a file with an endless name",
      part(`name="file"; filename="${"x".repeat(300)}.txt"`, "x") + end,
      "file: must have a name of at most 255",
    ],
  ])("with %s are refused, and nothing is left", async (_what, body, details) => {
    const reply = await raw(body);
    expect([reply.status, reply.details]).toEqual([400, expect.stringContaining(details)]);
    expect(await kept()).toEqual(nothing);
  });

  test.each([
    ["application/json", 415, "multipart/form-data"],
    ["application/x-www-form-urlencoded", 415, "multipart/form-data"],
    ["multipart/mixed; boundary=b", 415, "multipart/form-data"],
    ["multipart/form-databases; boundary=b", 415, "multipart/form-data"],
    ["multipart/form-data", 400, "Content-Type: must name a boundary"],
    ["multipart/form-data; boundary=", 400, "Content-Type: must name a boundary"],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, 400, "Content-Type: must name a boundary"],
    ['multipart/form-data; boundary="a{b}"', 400, "Content-Type: must name a boundary"],
    ["multipart/form-data; boundary=c", 400, "The body ends before its last boundary."],
    ['Multipart/Form-Data; charset=utf-8; Boundary="b"', 200, undefined],
  ])("declared as %s get %i", async (type, status, details) => {
    const reply = await raw(filePart + end, { "Content-Type": type });
    expect([reply.status, reply.details]).toEqual([status, details && expect.stringContaining(details)]);
  });

  test("with a large file and a wrong boundary are not read to their end", async () => {
    const reply = await raw(Buffer.alloc(1_000_000, "--c\r\n"));
    expect([reply.status, reply.details]).toEqual([400, expect.stringContaining("No part begins")]);
  });

  test("left half sent leave nothing", async () => {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    socket.write(
      `POST ${address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.acme.apiKey}\r\n` +
        `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n${filePart}`,
    );
    await until(async () => (await kept())?.files === 1, { what: "the file to be begun" });
    socket.destroy();
    await until(async () => (await kept())?.files === 0, { what: "what there was of it to be removed" });
  });
});

describe("what cannot be read", () => {
  test.each<readonly [name: string, type: string, fields: Readonly<Record<string, string>>, what: string]>([
    ["photo.JPG", "", {}, "image (.jpg)"],
    ["talk.mp3", "audio/mpeg", {}, "audio (.mp3)"],
    ["clip", "video/mp4", {}, "video/mp4"],
    ["clip", "", { mimeType: "video/webm", fileType: "video" }, "video/webm"],
    ["scan", "", { fileType: "image", mimeType: "image/png" }, "image/png"],
    ["everything.zip", "application/zip", {}, "archive (.zip)"],
  ])("by its name or type is refused at once, with what can: %s %s %j", async (name, type, fields, what) => {
    for (const form of [
      formOf({ ...fields, file: new File(["x"], name, { type }) }),
      formOf({ file: new File(["x"], name, { type }), ...fields }),
    ]) {
      const reply = await upload(form);
      expect([reply.status, reply.error]).toEqual([400, "This file cannot be read."]);
      expect(reply.details).toContain(
        `file: the text of this type of file is not read: ${what}. Supported: Web page, Markdown`,
      );
    }
    expect(await kept()).toEqual(nothing);
  });

  test("is not judged by a type the name contradicts, or one that says nothing", async () => {
    for (const [name, type, fields, mime] of [
      ["main.ts", "video/mp2t", {}, null],
      ["paper", "application/octet-stream", { fileType: "pdf" }, "application/pdf"],
      ["paper", "", { mimeType: "application/pdf" }, "application/pdf"],
      ["page.html", "text/html", { fileType: "webpage" }, "text/html"],
      ["notes", "", { fileType: "no such thing" }, null],
    ] as const) {
      const reply = await upload(formOf({ file: new File(["x"], name, { type }), ...fields }));
      expect([reply.status, reply.details]).toEqual([200, undefined]);
      expect((await storedFile(reply.id ?? "")).mime).toBe(mime);
    }
  });
});

describe("who may", () => {
  async function keyWith(data: { readonly scopes?: string[]; readonly containerTag?: string }): Promise<string> {
    const key = newKey();
    const { organizationId } = api.acme;
    const hash = new Uint8Array(hashKey(key));
    await prisma().apiKey.create({ data: { id: newId(), organizationId, name: "k", hash, suffix: "", ...data } });
    return `Bearer ${key}`;
  }

  test("a key that may only read stores nothing", async () => {
    const reply = await upload(formOf({ file: notes() }), { authorization: await keyWith({ scopes: ["read"] }) });
    expect(reply.status).toBe(403);
    expect((await upload(formOf({ file: notes() }), { authorization: "Bearer nobody" })).status).toBe(401);
    expect(await kept()).toEqual(nothing);
  });

  test("a key for one container uploads there and nowhere else", async () => {
    const authorization = await keyWith({ containerTag: "mine" });
    const other = await upload(formOf({ file: notes(), containerTag: "theirs" }), { authorization });
    expect(other.status).toBe(403);
    expect(await kept()).toEqual(nothing);
    const { id } = await upload(formOf({ file: notes() }), { authorization });
    expect((await prisma().document.findUniqueOrThrow({ where: { id: id ?? "" } })).containerTags).toEqual(["mine"]);
    // Said before the file, it is refused before the file: what is announced here never comes.
    const begun = part('name="containerTag"', "theirs") + filePart;
    const early = await raw(begun, { Authorization: authorization, "Content-Length": "9000000" });
    expect([early.status, early.details]).toEqual([403, expect.stringContaining("the container mine only")]);
  });
});

describe("repetitions", () => {
  const key = { "idempotency-key": "k" };
  const again = () => formOf({ containerTag: "a", file: notes() });

  test("with an Idempotency-Key have one effect and one file, whatever the boundary and the order (A16)", async () => {
    const first = await upload(again(), key);
    const second = await upload(formOf({ file: notes(), containerTag: "a" }), key);
    expect(second).toMatchObject({ status: 200, id: first.id });
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await kept()).toEqual({ files: 1, parts: 1, documents: 1 });
  });

  test("in parallel, too (A16)", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => upload(again(), key)));
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.id}`)).size).toBe(1);
    expect(await kept()).toEqual({ files: 1, parts: 1, documents: 1 });
  });

  test("with another file, name or text are another request, which is a 400 (A16)", async () => {
    await upload(again(), key);
    for (const form of [
      formOf({ containerTag: "a", file: notes("# Other") }),
      formOf({ containerTag: "a", file: new File(["# Notes"], "other.md", { type: "text/markdown" }) }),
      formOf({ containerTag: "b", file: notes() }),
    ])
      expect(await upload(form, key)).toMatchObject({
        status: 400,
        error: "This Idempotency-Key was used for a different request.",
      });
    expect(await kept()).toEqual({ files: 1, parts: 1, documents: 1 });
  });

  test("by the official client itself find what their first try left (A17)", async () => {
    const first = await upload(again(), { "x-stainless-retry-count": "0" });
    const second = await upload(again(), { "x-stainless-retry-count": "1" });
    expect(second.id).toBe(first.id);
    const third = await upload(again(), { "x-stainless-retry-count": "0" });
    expect(third.id).not.toBe(first.id);
    expect(await kept()).toEqual({ files: 2, parts: 2, documents: 2 });
  });

  test("of the same customId keep one document: the same file is not stored twice, another one takes its place", async () => {
    const named = (file: File) => formOf({ customId: "c", file });
    const first = await upload(named(notes()));
    expect(await upload(named(notes()))).toMatchObject({ id: first.id });
    expect(await kept()).toEqual({ files: 1, parts: 1, documents: 1 });
    expect(await upload(named(notes("# Newer")))).toMatchObject({ id: first.id, state: "queued" });
    expect(await kept()).toEqual({ files: 1, parts: 1, documents: 1 });
    expect((await storedFile(first.id ?? "")).bytes.toString()).toBe("# Newer");
  });
});
