import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { redact, redactText } from "./redact.ts";
import { Secret } from "./secret.ts";
import { createVault } from "./seal.ts";

const awsSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const sealed = createVault([{ id: "k1", key: new Uint8Array(32) }]).seal("hunter2", {
  table: "t",
  column: "c",
  rowId: "r",
  organizationId: "o",
});

/** text → the part that must not come out */
const leaks: readonly (readonly [text: string, secret: string])[] = [
  ["authorization: Bearer abcdefgh12345678", "abcdefgh12345678"],
  ['{"authorization":"Basic dXNlcjpwYXNz"}', "dXNlcjpwYXNz"],
  ['["authorization","Bearer abcdefgh12345678"]', "abcdefgh12345678"],
  ["sent Bearer eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
  ["key sm_Zm9vYmFyYmF6cXV4 was used", "Zm9vYmFy"],
  ["AKIAIOSFODNN7EXAMPLE is not allowed", "IOSFODNN7EXAMPLE"],
  [`the key is ${awsSecret}`, awsSecret],
  [`{"secretAccessKey":"${awsSecret}"}`, awsSecret],
  [`secret_access_key=abc/def+ghi`, "def+ghi"],
  [`{\\"password\\":\\"correct horse\\"}`, "horse"],
  [`{"password": "correct horse"}`, "horse"],
  ["postgresql://tributary:s3cr3t@db:5432/x failed", "s3cr3t"],
  ["postgresql://tributary:p@ss@db:5432/x failed", "p@ss"],
  ["https://b.s3.amazonaws.com/k?X-Amz-Signature=0a1b2c&X-Amz-Credential=AKIA%2F2026", "0a1b2c"],
  ["https://b.s3.amazonaws.com/k?a=1&X-Amz-Security-Token=FwoGZX", "FwoGZX"],
  ["https://x.blob.core.windows.net/c?sv=1&sig=Zm9v%3D", "Zm9v"],
  ["GET /callback?code=4/0AbCd&state=xyzzy123", "0AbCd"],
  ["GET /callback?code=4/0AbCd&state=xyzzy123", "xyzzy123"],
  ["cookie: next-auth.session-token=abc.def; theme=dark", "abc.def"],
  ["set-cookie: __Secure-session=abc.def; Path=/", "abc.def"],
  ["AWS4-HMAC-SHA256 Credential=AKIA1/x, SignedHeaders=host, Signature=deadbeef", "deadbeef"],
  ["-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEII\n-----END EC PRIVATE KEY-----", "MHcCAQEEII"],
  [`cannot open ${sealed}`, sealed.slice(6)],
  ["scrypt$131072$8$1$c2FsdA$aGFzaA is wrong", "aGFzaA"],
  ["SEALING_KEYS=k1:Zm9vYmFyYmF6", "Zm9vYmFyYmF6"],
  ["https://app.example.com/setup?token=abcdef", "abcdef"],
];

describe("text", () => {
  test.each(leaks)("%j comes out without its secret", (text, secret) => {
    expect(redactText(text)).not.toContain(secret);
    expect(JSON.stringify(redact({ note: text }))).not.toContain(secret);
    expect(JSON.stringify(redact(new Error("x", { cause: new Error(text) })))).not.toContain(secret);
  });

  test("ordinary text is left as it is", () => {
    for (const text of [
      "412 pages from docs.example.com in 3.2 s",
      "GET https://docs.example.com/a/b?page=2&sort=name answered 404",
      "commit 3f70b9c1a5e0d7c2b4a69f8e7d6c5b4a39281706 applied",
      "The bucket does not exist. Check its name and region.",
      "lib/egress/http.ts:120:14",
      "me@example.com asked for a new key",
    ]) {
      expect(redactText(text)).toBe(text);
    }
  });

  test("an endless line is cut and costs little time, also if made to be slow", () => {
    const began = performance.now();
    for (const part of ["a.", "authorization ", "https://", "token=", "A1b/", "-----BEGIN PRIVATE KEY-----", "?sig="]) {
      expect(redactText(part.repeat(200_000)).length).toBeLessThan(100_000);
    }
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe("fields", () => {
  test("values under the name of a secret are replaced, whatever they look like", () => {
    expect(
      redact({
        secretAccessKey: "plain",
        accessKeyId: "AK",
        password: "x",
        apiKey: "k",
        headers: { Authorization: "x", "set-cookie": ["a"] },
        user: "anna",
        documents: 3,
      }),
    ).toEqual({
      secretAccessKey: "[secret]",
      accessKeyId: "[secret]",
      password: "[secret]",
      apiKey: "[secret]",
      headers: { Authorization: "[secret]", "set-cookie": "[secret]" },
      user: "anna",
      documents: 3,
    });
  });

  test("cycles, depth, big numbers, bytes, dates and functions become something that can be written", () => {
    const loop: Record<string, unknown> = { n: 1n, at: new Date(0), bytes: new Uint8Array(3), call: () => 1 };
    loop["self"] = loop;
    expect(redact(loop)).toEqual({
      n: "1",
      at: "1970-01-01T00:00:00.000Z",
      bytes: "[3 bytes]",
      call: "[function]",
      self: "[circular]",
    });
    let deep: unknown = "end";
    for (let i = 0; i < 1_000; i++) deep = { deep };
    expect(JSON.stringify(redact(deep)).length).toBeLessThan(200);
  });

  test("an error keeps its name, code and cause but no secret", () => {
    const error = Object.assign(new TypeError("connect postgresql://u:hunter2@db/x"), { code: "ECONNREFUSED" });
    const copy = redact({ error });
    expect(copy).toMatchObject({ error: { name: "TypeError", code: "ECONNREFUSED" } });
    expect(JSON.stringify(copy)).not.toContain("hunter2");
  });
});

test("a Secret shows itself nowhere but on request", () => {
  const secret = new Secret("hunter2");
  const seen = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    JSON.stringify(redact(secret)),
  ];
  for (const text of seen) expect(text).not.toContain("hunter2");
  expect(JSON.stringify(secret)).toBe('"[secret]"');
  expect(Object.values(secret)).toEqual([]);
  expect(secret.reveal()).toBe("hunter2");
});
