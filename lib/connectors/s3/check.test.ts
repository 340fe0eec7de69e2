import { request as httpRequest } from "node:http";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import type { Http, HttpReply } from "#lib/egress/types.ts";
import { Failure, type Json } from "../types.ts";
import { contextFor, type ContextOptions, type TestContext } from "./fake/context.ts";
import { FakeS3, type FakeS3Options, sendError } from "./fake/server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function store(options: FakeS3Options = {}): Promise<FakeS3> {
  const fake = await FakeS3.start(options);
  open.push(fake);
  fake.object("users/alice/a.md", "text");
  fake.object("users/bob/b.md", "text");
  fake.object("c.md", "text");
  return fake;
}

function connect(fake: FakeS3, extra: Record<string, Json> = {}, options: ContextOptions = {}): TestContext {
  const context = contextFor({ ...fake.metadata, ...extra }, { allow: fake.allow, ...options });
  open.push(context);
  return context;
}

async function failure(context: TestContext): Promise<Failure> {
  const begun = performance.now();
  const error = await context.check().catch((e: unknown) => e);
  expect(performance.now() - begun).toBeLessThan(11_000);
  expect(error).toBeInstanceOf(Failure);
  if (!(error instanceof Failure)) throw error;
  // For people: a sentence each, no secret.
  expect(error.message).toMatch(/^[A-Z0-9a-z“[].*[.]$/s);
  expect(error.fix).toMatch(/^[A-Z].*[.]$/);
  for (const text of [error.message, error.fix]) expect(text).not.toContain(context.ctx.config.secretAccessKey);
  return error;
}

describe("a check that succeeds", () => {
  it("names the bucket, its region and its first keys with the tags they will get", async () => {
    const fake = await store();
    for (let i = 0; i < 30; i++) fake.object(`z/${i}`, "text");
    const account = await connect(fake, { containerTagRegex: "users/(?<userId>[^/]+)/" }).check();
    expect(account).toMatchObject({ id: `${fake.host}/docs`, label: "docs (eu-test-1)" });
    expect(account.corrected).toBeUndefined();
    expect(account.sample).toHaveLength(20);
    expect(account.sample[0]).toEqual({ id: "c.md", title: "c.md", bytes: 4 });
    expect(account.sample[1]).toMatchObject({ id: "users/alice/a.md", tags: ["alice"] });
    expect(fake.counts.total).toBeLessThanOrEqual(4);
  });

  it("an empty bucket is fine", async () => {
    const fake = await FakeS3.start();
    open.push(fake);
    expect((await connect(fake).check()).sample).toEqual([]);
  });

  it("two stores' buckets of one name are different accounts, where the owner is known the label shows it", async () => {
    const fake = await store({ owner: "acme:alice" });
    const first = await connect(fake).check();
    expect(first.label).toContain("acme:alice");
    fake.owner = "globex:bob";
    expect((await connect(fake).check()).id).not.toBe(first.id);
  });

  it("a wrong region is corrected and reported", async () => {
    const fake = await store();
    expect((await connect(fake, { region: "us-east-1" }).check()).corrected).toEqual({ region: "eu-test-1" });
    expect((await connect(fake, { region: "auto" }).check()).corrected).toEqual({ region: "eu-test-1" });
    const list = connect(fake, { region: "us-east-1" });
    expect((await list.list()).ids).toHaveLength(3);
    // learned once, not asked again for every page and object
    expect(fake.log.filter((line) => line.includes("list-type")).length).toBeLessThanOrEqual(6);
  });

  it("a clock that is wrong by an hour is made up for, with a note", async () => {
    const fake = await store();
    for (const [hours, word] of [
      [1, "ahead of"],
      [-1, "behind"],
    ] as const) {
      const context = connect(fake, {}, { now: () => new Date(Date.now() + hours * 3_600_000) });
      await context.check();
      expect(context.notes).toEqual([expect.stringContaining(`60 minutes ${word} the store's`)]);
      expect((await context.list()).ids).toHaveLength(3);
    }
  });

  it("virtual-host style works where the name resolves", async () => {
    const fake = await store();
    const port = fake.host.split(":")[1];
    const context = contextFor(
      { ...fake.metadata, endpoint: `http://store.test:${port}`, pathStyle: "false" },
      {
        allow: [`docs.store.test:${port}`],
        seams: { resolve: async () => [{ address: "127.0.0.1", family: 4 as const }] },
      },
    );
    open.push(context);
    expect((await context.check()).sample).toHaveLength(3);
    expect(fake.log[0]).toMatch(/^GET \/\?/);
    expect(await context.read((await context.list()).upserts[0] ?? { id: "", version: "", title: "" })).toHaveLength(4);
  });
});

const answered = (status: number, code: string) => (fake: FakeS3) =>
  fake.fault({ kind: "answer", times: 99, answer: (response) => sendError(response, { status, code, message: "" }) });
const bare = (status: number) => (fake: FakeS3) =>
  fake.fault({ kind: "answer", times: 99, answer: (response) => response.writeHead(status).end() });

describe("what a person is told when it fails", () => {
  it.each<[string, Record<string, Json>, (fake: FakeS3) => void, Partial<Failure>, string]>([
    [
      "unknown access key",
      { accessKeyId: "NOBODY" },
      () => {},
      { kind: "reauth", field: "metadata.accessKeyId" },
      "Authentication failed",
    ],
    [
      "wrong secret",
      { secretAccessKey: "wrong" },
      () => {},
      { kind: "reauth", field: "metadata.secretAccessKey" },
      "Authentication failed",
    ],
    ["401 without a body", {}, bare(401), { kind: "reauth" }, "Authentication failed"],
    ["expired token", {}, answered(400, "ExpiredToken"), { kind: "reauth" }, "Authentication failed"],
    [
      "no such bucket",
      { bucket: "nowhere" },
      () => {},
      { kind: "missing", field: "metadata.bucket" },
      "Bucket not found",
    ],
    ["404 without a body", {}, bare(404), { kind: "missing", field: "metadata.bucket" }, "Bucket not found"],
    ["may not list", {}, answered(403, "AccessDenied"), { kind: "denied" }, "Access denied"],
    ["403 without a body", {}, bare(403), { kind: "denied" }, "Access denied"],
    [
      "bad bucket name",
      {},
      answered(400, "InvalidBucketName"),
      { kind: "permanent", field: "metadata.bucket" },
      "name of a bucket",
    ],
    [
      "region refused without a hint",
      {},
      answered(400, "AuthorizationHeaderMalformed"),
      { kind: "permanent", field: "metadata.region" },
      "region eu-test-1",
    ],
    ["outage", {}, answered(503, "InternalError"), { kind: "transient" }, "problem of its own"],
    ["busy", {}, answered(503, "SlowDown"), { kind: "transient" }, "slow down"],
    ["throttled", {}, answered(429, "TooManyRequests"), { kind: "throttled" }, "slow down"],
    ["no ListObjectsV2", {}, answered(501, "NotImplemented"), { kind: "permanent" }, "NotImplemented"],
  ])("%s", async (_what, extra, prepare, expected, words) => {
    const fake = await store();
    prepare(fake);
    const error = await failure(connect(fake, extra));
    expect(error).toMatchObject(expected);
    expect(error.message).toContain(words);
  });

  it("a store that quotes the keys back does not get them shown", async () => {
    const fake = await store();
    const accessKeyId = "AKIAQUOTEDBACK00";
    const secretAccessKey = "quoted/back+secret0123456789";
    fake.fault({
      kind: "answer",
      times: 1,
      answer: (response) =>
        sendError(response, {
          status: 403,
          code: "AccessDenied",
          message: `User ${accessKeyId} (${secretAccessKey}) may not`,
        }),
    });
    const error = await failure(connect(fake, { accessKeyId, secretAccessKey }));
    expect(error.message).toContain("the store says: “User … (…) may not”");
    expect(String(error.cause)).not.toContain(accessKeyId);
  });

  it("a key that may list but not read", async () => {
    const fake = await FakeS3.start();
    open.push(fake);
    for (const key of ["a", "b", "c"]) fake.object(key, "text", { access: "denied" });
    expect(await failure(connect(fake))).toMatchObject({
      kind: "denied",
      fix: expect.stringContaining("s3:GetObject"),
    });
    fake.object("b", "text");
    expect((await connect(fake).check()).sample).toHaveLength(3);
  });

  it("a clock that cannot be made up for, and by how much it differs", async () => {
    const fake = await store({ now: () => new Date(Date.now() - 7_200_000) });
    fake.fault({
      kind: "answer",
      times: 99,
      answer: (response) => {
        response.setHeader("date", new Date(Date.now() - 7_200_000).toUTCString());
        sendError(response, { status: 403, code: "RequestTimeTooSkewed", message: "" });
      },
    });
    expect((await failure(connect(fake))).message).toContain("120 minutes ahead of");
  });

  it.each([
    ["a web page with 200", 200, "<!doctype html><html><body>Welcome</body></html>"],
    ["a web page with 404", 404, "<html><body>Not found</body></html>"],
    ["a web page with 403", 403, "<html><body>Forbidden</body></html>"],
    ["JSON", 200, '{"ok":true}'],
    ["another root", 200, "<ListAllMyBucketsResult></ListAllMyBucketsResult>"],
    ["XML with a document type", 200, "<!DOCTYPE x><ListBucketResult/>"],
  ])("%s is not an S3 store", async (_what, status, body) => {
    const fake = await store();
    fake.fault({ kind: "answer", times: 99, answer: (response) => response.writeHead(status).end(body) });
    const error = await failure(connect(fake));
    expect(error).toMatchObject({ kind: "permanent", field: "metadata.endpoint" });
    expect(error.message).toContain("not as an S3 store");
  });

  it("a refused connection, a silent server, a name that does not exist, plain http, a blocked address", async () => {
    const fake = await store();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const seams = { resolve: async () => Promise.reject(Object.assign(new Error("not found"), { code: "ENOTFOUND" })) };
    try {
      const refused = await FakeS3.start();
      await refused.close();
      const cases = await Promise.all([
        failure(connect(fake, { endpoint: `http://127.0.0.1:1` }, { allow: ["127.0.0.1:1"] })),
        failure(connect(fake, { endpoint: `http://127.0.0.1:${port}` }, { allow: [`127.0.0.1:${port}`] })),
        failure(connect(fake, { endpoint: "https://store.invalid" }, { seams })),
        failure(connect(fake, { endpoint: "http://203.0.114.1" })),
        failure(connect(fake, { endpoint: "http://127.0.0.1" })),
        failure(connect(fake, { endpoint: `https://${fake.host}` })),
      ]);
      expect(cases.map(({ kind }) => kind)).toEqual([
        "transient",
        "transient",
        "transient",
        "permanent",
        "blocked",
        "permanent",
      ]);
      expect(cases.every(({ field }) => field === "metadata.endpoint")).toBe(true);
      expect(cases[3]?.message).toContain("EGRESS_ALLOW");
      expect(cases[4]?.message).toContain("EGRESS_ALLOW");
    } finally {
      silent.close();
    }
  }, 20_000);
});

describe("addresses that must not be reached", () => {
  it.each([
    "http://169.254.169.254",
    "https://169.254.169.254",
    "https://2130706433",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.1",
    "https://①②⑦.0.0.1",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[fd00:ec2::254]",
    "https://localhost",
    "https://localhost.",
    "https://10.0.0.1",
    "https://192.168.1.1",
    "https://0.0.0.0",
    "https://metadata.google.internal",
    "https://[64:ff9b::7f00:1]",
  ])("endpoint %s is refused without a connection", async (endpoint) => {
    const fake = await store();
    const error = await failure(connect(fake, { endpoint }));
    expect(["blocked", "permanent"]).toContain(error.kind);
    expect(fake.counts.total).toBe(0);
  });

  it("a name that resolves to a private address is refused", async () => {
    const fake = await store();
    const seams = { resolve: async () => [{ address: "10.1.2.3", family: 4 as const }] };
    expect(await failure(connect(fake, { endpoint: "https://store.example.com" }, { seams }))).toMatchObject({
      kind: "blocked",
    });
  });

  it("a redirect and a region named by the store never lead to a host the store chooses", async () => {
    const canary = await FakeS3.start();
    open.push(canary);
    const fake = await store();
    for (const [status, region] of [
      [307, undefined],
      [301, "evil.example.com/x"],
      [301, "us-east-1"],
      [302, "169.254.169.254"],
    ] as const) {
      fake.clear();
      fake.fault({
        kind: "answer",
        times: 99,
        answer: (response) => {
          response.setHeader("location", `http://${canary.host}/docs`);
          if (region !== undefined) response.setHeader("x-amz-bucket-region", region);
          sendError(response, { status, code: "TemporaryRedirect", message: "" });
        },
      });
      await failure(connect(fake, {}, { allow: [fake.host, canary.host] }));
      expect(fake.counts.total).toBeLessThanOrEqual(3);
    }
    expect(canary.counts.total).toBe(0);
  });
});

/** Amazon's hosts, played by fakes: only names we derive ourselves may be asked for. */
function amazon(regions: ReadonlyMap<string, FakeS3>, asked: string[]): Http {
  return {
    request(url, options = {}) {
      const { host } = new URL(url);
      asked.push(host);
      const region = /s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host)?.[1] ?? "";
      const fake = regions.get(region);
      if (!fake) return Promise.reject(new Error(`nobody is ${host}`));
      const [name = "", port = ""] = fake.host.split(":");
      return new Promise<HttpReply>((resolve, reject) => {
        const request = httpRequest(
          { host: name, port, path: options.target ?? "", headers: { ...options.headers, host } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("end", () => {
              const bytes = Buffer.concat(chunks);
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers as Record<string, string>,
                url: String(url),
                bytes: async () => bytes,
                text: async () => bytes.toString(),
                stream: async function* () {
                  yield bytes;
                },
                discard: async () => {},
              });
            });
          },
        );
        request.on("error", reject);
        request.end();
      });
    },
  };
}

describe("Amazon", () => {
  it("a bucket in another region is found there and the region reported", async () => {
    const real = await store({ region: "eu-central-1" });
    const wrong = await store({ region: "us-east-1" });
    wrong.fault({
      kind: "answer",
      times: 99,
      answer: (response) =>
        sendError(
          response,
          { status: 301, code: "PermanentRedirect", message: "" },
          { "x-amz-bucket-region": "eu-central-1" },
        ),
    });
    const asked: string[] = [];
    const http = amazon(
      new Map([
        ["us-east-1", wrong],
        ["eu-central-1", real],
      ]),
      asked,
    );
    const { endpoint: _, ...metadata } = real.metadata;
    const context = contextFor({ ...metadata, region: "us-east-1" }, { http });
    open.push(context);
    expect(await context.check()).toMatchObject({
      id: "s3/docs",
      label: "docs (eu-central-1)",
      corrected: { region: "eu-central-1" },
    });
    expect(new Set(asked)).toEqual(new Set(["docs.s3.us-east-1.amazonaws.com", "docs.s3.eu-central-1.amazonaws.com"]));
  });

  it("a region we do not know is named, not followed", async () => {
    const wrong = await store({ region: "us-east-1" });
    wrong.fault({
      kind: "answer",
      times: 99,
      answer: (response) =>
        sendError(
          response,
          { status: 301, code: "PermanentRedirect", message: "" },
          { "x-amz-bucket-region": "moon-north-1" },
        ),
    });
    const { endpoint: _, ...metadata } = wrong.metadata;
    const context = contextFor(metadata, { http: amazon(new Map([["us-east-1", wrong]]), []) });
    open.push(context);
    expect(await failure(context)).toMatchObject({ fix: "Set region to moon-north-1.", field: "metadata.region" });
  });
});

describe("listings that are not listings", () => {
  const xml = '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>';
  it.each<[string, Record<string, string>, () => Buffer]>([
    [
      "entities",
      {},
      () =>
        Buffer.from(
          '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><ListBucketResult>&b;</ListBucketResult>',
        ),
    ],
    [
      "a million references",
      {},
      () => Buffer.from(`${xml}<Contents><Key>${"&#65;".repeat(1_000_000)}</Key></Contents></ListBucketResult>`),
    ],
    ["200 MB", {}, () => Buffer.alloc(200 * 2 ** 20, " ")],
    ["a gzip bomb", { "content-encoding": "gzip" }, () => gzipSync(Buffer.alloc(200 * 2 ** 20))],
    ["an end in the middle", {}, () => Buffer.from(`${xml}<Contents><Key>a</Key>`)],
    ["a web page", {}, () => Buffer.from("<html></html>")],
    ["another root", {}, () => Buffer.from("<Error><Code>InternalError</Code></Error>")],
  ])("%s ends the run within 2 s, as an outage", async (_what, headers, body) => {
    const fake = await store();
    const bytes = body();
    fake.fault({ kind: "answer", times: 99, answer: (response) => response.writeHead(200, headers).end(bytes) });
    const context = connect(fake);
    const list = () => expect(context.list()).rejects.toMatchObject({ name: "Failure", kind: "transient" });
    expect(await quickest(list, 2_000)).toBeLessThan(2_000);
  });
});
