import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { amzDate, emptyHash, Signer } from "./sigv4.ts";
import { uriDecodeKey, uriEncode, uriEncodePath } from "./uri.ts";

// From AWS's published "aws-sig-v4-test-suite".
const suite = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const vectors = [
  ["get-vanilla", "GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["post-vanilla", "POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "get-vanilla-empty-query-key",
    "GET",
    "/",
    "Param1=value1",
    "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
  ],
  [
    "get-vanilla-query-order-key-case",
    "GET",
    "/",
    "Param1=value1&Param2=value2",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-unreserved",
    "GET",
    "/",
    `${unreserved}=${unreserved}`,
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-utf8-query",
    "GET",
    "/",
    `${uriEncode("ሴ")}=bar`,
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  ["get-unreserved", "GET", `/${unreserved}`, "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"],
  ["get-utf8", "GET", `/${uriEncodePath("ሴ")}`, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
] as const;

const sign = (date: string, by: Signer) =>
  by.authorization({
    method: "GET",
    path: "/",
    query: "",
    headers: [["host", "h"]],
    payloadHash: emptyHash,
    amzDate: date,
  });

describe("SigV4", () => {
  it.each(vectors)("signs AWS's test vector %s", (_name, method, path, query, signature) => {
    const date = "20150830T123600Z";
    const authorization = new Signer(suite, "us-east-1", "service").authorization({
      method,
      path,
      query,
      headers: [
        ["host", "example.amazonaws.com"],
        ["x-amz-date", date],
      ],
      payloadHash: emptyHash,
      amzDate: date,
    });
    expect(authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });

  // From the S3 developer guide, "Authenticating Requests: Using the Authorization Header".
  it.each([
    [
      "GET Object",
      "/test.txt",
      "",
      [["range", "bytes=0-9"]],
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    ["GET Bucket Lifecycle", "/", "lifecycle=", [], "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    [
      "GET Bucket (List Objects)",
      "/",
      "max-keys=2&prefix=J",
      [],
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ] as const)("signs the S3 guide's example %s", (_name, path, query, extra, signature) => {
    const date = "20130524T000000Z";
    const credentials = {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
    const authorization = new Signer(credentials, "us-east-1").authorization({
      method: "GET",
      path,
      query,
      headers: [
        ["host", "examplebucket.s3.amazonaws.com"],
        ...extra,
        ["x-amz-content-sha256", emptyHash],
        ["x-amz-date", date],
      ],
      payloadHash: emptyHash,
      amzDate: date,
    });
    expect(authorization.endsWith(`Signature=${signature}`)).toBe(true);
  });

  it("the constant really is the hash of nothing, and dates are written without separators", () => {
    expect(createHash("sha256").update("").digest("hex")).toBe(emptyHash);
    expect(amzDate(new Date("2026-11-20T01:02:03.456Z"))).toBe("20261120T010203Z");
  });

  it("a key derived for one day is not used on the next", () => {
    const signer = new Signer(suite, "us-east-1");
    sign("20260101T235959Z", signer);
    expect(sign("20260102T000000Z", signer)).toBe(sign("20260102T000000Z", new Signer(suite, "us-east-1")));
  });
});

describe("encoding of keys", () => {
  it("every byte that is not unreserved is percent-encoded; only the slash of a path is kept", () => {
    expect(uriEncode("a b+c%d/é!'()*~")).toBe("a%20b%2Bc%25d%2F%C3%A9%21%27%28%29%2A~");
    expect(uriEncodePath("../a//b c\n😀")).toBe("../a//b%20c%0A%F0%9F%98%80");
    expect(uriEncodePath("a\udcff/b")).toBe("a%FF/b");
  });

  it("a listed key is decoded to exactly its bytes", () => {
    expect(uriDecodeKey("a+b%2Bc%25+%C3%A9")).toBe("a b+c% é");
    expect(uriDecodeKey("x%FF%C3%28")).toBe("x\udcff\udcc3(");
    expect(uriDecodeKey("100%/%zz%41%FF")).toBe("100%/%zzA\udcff");
  });
});
