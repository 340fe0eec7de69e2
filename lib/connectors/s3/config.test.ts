import { describe, expect, it } from "vitest";
import { addressOf, hostsOf } from "./address.ts";
import { s3Config } from "./config.ts";
import { s3 } from "./s3.ts";

const good = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "s/e+c=", bucket: "company-docs", region: "eu-central-1" };

/** field: message, for each problem */
function problems(metadata: Record<string, unknown>): string[] {
  const result = s3Config.safeParse({ ...good, ...metadata });
  return result.success ? [] : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("settings", () => {
  it("the four required ones are enough; defaults are the documented behaviour", () => {
    expect(s3Config.parse(good)).toEqual({ ...good, unmatched: "connection", pathStyle: "auto" });
    const missing = s3Config.safeParse({});
    expect(missing.error?.issues.map((issue) => issue.path[0])).toEqual([
      "accessKeyId",
      "secretAccessKey",
      "bucket",
      "region",
    ]);
    expect(missing.error?.issues[0]?.message).toBe("accessKeyId is required");
  });

  it("what was pasted with blanks round it is taken without them, empty options count as absent", () => {
    const parsed = s3Config.parse({
      ...good,
      accessKeyId: " AKID\n",
      secretAccessKey: "\tsecret ",
      region: " EU-Central-1 ",
      endpoint: "",
      prefix: "",
      containerTagRegex: "",
    });
    expect(parsed).toMatchObject({ accessKeyId: "AKID", secretAccessKey: "secret", region: "eu-central-1" });
    expect([parsed.endpoint, parsed.prefix, parsed.containerTagRegex]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ["https://nyc3.digitaloceanspaces.com", "https://nyc3.digitaloceanspaces.com"],
    ["https://nyc3.digitaloceanspaces.com/", "https://nyc3.digitaloceanspaces.com"],
    ["https://ACCOUNT.r2.cloudflarestorage.com", "https://account.r2.cloudflarestorage.com"],
    ["http://minio.lan:9000", "http://minio.lan:9000"],
    ["https://s3.example.com.:8443/", "https://s3.example.com:8443"],
    ["https://s3.example.com:443", "https://s3.example.com"],
  ])("endpoint %s is accepted", (endpoint, normal) => {
    expect(s3Config.parse({ ...good, endpoint }).endpoint).toBe(normal);
  });

  it.each([
    ["https://store.example.com/company-docs", "without a path"],
    ["https://company-docs.store.example.com", "must not contain the bucket: use https://store.example.com"],
    ["https://store.example.com?x=1", "query"],
    ["https://store.example.com/?", "query"],
    ["https://store.example.com/#x", "query"],
    ["https://user:secret@store.example.com", "user name"],
    ["https://@store.example.com", "user name"],
    ["store.example.com", "begin with https://"],
    ["ftp://store.example.com", "begin with https://"],
    ["file:///etc/passwd", "begin with https://"],
    ["javascript:alert(1)", "begin with https://"],
    ["https://", "is not an address"],
    ["https://sto re.example.com", "blanks"],
    ["https:\\\\store.example.com", "begin with https://"],
    ["https://store.example.com\\@evil", "blanks"],
    ["https://store.exa\nmple.com", "blanks"],
    ["https://[::1", "is not an address"],
    ["https://store.example.com:99999", "is not an address"],
  ])("endpoint %s is refused with the reason", (endpoint, reason) => {
    expect(problems({ endpoint }).join()).toContain(reason);
    expect(problems({ endpoint })[0]).toMatch(/^endpoint: /);
  });

  it("a store whose address begins like the bucket can be used by asking for path style", () => {
    expect(problems({ bucket: "s3", endpoint: "https://s3.example.com" })).toHaveLength(1);
    expect(problems({ bucket: "s3", endpoint: "https://s3.example.com", pathStyle: true })).toEqual([]);
  });

  it.each([
    ["bucket", "s3://company-docs"],
    ["bucket", "company-docs/reports"],
    ["bucket", "a..b"],
    ["bucket", "-a"],
    ["bucket", "a b"],
    ["bucket", "ä"],
    ["bucket", "arn:aws:s3:::company-docs"],
    ["bucket", ""],
    ["bucket", "x".repeat(256)],
    ["bucket", 7],
    ["region", "eu central"],
    ["region", "../.."],
    ["region", "evil.example.com/"],
    ["region", "a@b"],
    ["region", "x".repeat(41)],
    ["region", ""],
    ["region", "auto"],
    ["accessKeyId", "a/b"],
    ["accessKeyId", "a\r\nX-Evil: 1"],
    ["secretAccessKey", "a\nb"],
    ["secretAccessKey", "x".repeat(1025)],
    ["prefix", "x".repeat(1025)],
    ["prefix", "a\u0000"],
    ["prefix", "\ud800"],
    ["containerTagRegex", "(a+)+$"],
    ["unmatched", "maybe"],
    ["pathStyle", "never"],
  ])("%s %j is refused", (field, value) => {
    expect(problems({ [field]: value }).some((problem) => problem.startsWith(`${field}: `))).toBe(true);
  });

  it("auto is a region for stores with an endpoint, not for Amazon", () => {
    expect(problems({ region: "auto", endpoint: "https://fly.storage.tigris.dev" })).toEqual([]);
    expect(problems({ region: "auto", endpoint: "https://s3.amazonaws.com" })[0]).toContain(
      "region: must be the bucket's region",
    );
  });

  it("both halves of the key are secrets, and every setting is listed", () => {
    expect(s3.secrets).toEqual(["accessKeyId", "secretAccessKey"]);
    expect([...s3.settings].sort()).toEqual(Object.keys(s3Config.shape ?? {}).sort());
  });
});

const at = (extra: Record<string, unknown>, region = "eu-central-1") => {
  const config = s3Config.parse({ ...good, ...extra });
  const { origin, bucketPath } = addressOf(config, region);
  return `${origin}${bucketPath}`;
};

describe("addresses", () => {
  it("Amazon gets the bucket in the host name where that works, every other store in the path", () => {
    expect(at({})).toBe("https://company-docs.s3.eu-central-1.amazonaws.com/");
    expect(at({}, "cn-north-1")).toBe("https://company-docs.s3.cn-north-1.amazonaws.com.cn/");
    expect(at({ bucket: "docs.example.com" })).toBe("https://s3.eu-central-1.amazonaws.com/docs.example.com");
    expect(at({ bucket: "Old_Bucket" })).toBe("https://s3.eu-central-1.amazonaws.com/Old_Bucket");
    expect(at({ endpoint: "https://s3.amazonaws.com" })).toBe("https://company-docs.s3.eu-central-1.amazonaws.com/");
    expect(at({ pathStyle: true })).toBe("https://s3.eu-central-1.amazonaws.com/company-docs");
    expect(at({ endpoint: "https://nyc3.digitaloceanspaces.com" })).toBe(
      "https://nyc3.digitaloceanspaces.com/company-docs",
    );
    expect(at({ endpoint: "https://nyc3.digitaloceanspaces.com", pathStyle: "false" })).toBe(
      "https://company-docs.nyc3.digitaloceanspaces.com/",
    );
    expect(at({ endpoint: "https://s3.amazonaws.com.evil.example" })).toBe(
      "https://s3.amazonaws.com.evil.example/company-docs",
    );
  });

  it("a connection reaches its own host alone: the endpoint's, or Amazon's regions for this bucket", () => {
    expect(hostsOf(s3Config.parse({ ...good, endpoint: "https://store.example.com:8443" }))).toEqual([
      "store.example.com",
    ]);
    const amazon = hostsOf(s3Config.parse(good));
    expect(amazon).toContain("company-docs.s3.us-east-1.amazonaws.com");
    expect(amazon.every((host) => /^company-docs\.s3\.[a-z0-9-]+\.amazonaws\.com$/.test(host))).toBe(true);
  });
});

describe("preview", () => {
  it("shows which tags a key gets", () => {
    const config = s3.config.parse({ ...good, containerTagRegex: "users/(?<userId>[^/]+)/" });
    expect(s3.tagsOf?.(config, "users/alice/a.md")).toEqual({ tags: ["alice"] });
    expect(s3.tagsOf?.(config, "other")).toEqual({});
    expect(s3.tagsOf?.(config, "users/a b/a.md")).toMatchObject({ skip: "tag_invalid" });
    expect(s3.customId(config, "users/alice/a.md")).toBe("s3://company-docs/users/alice/a.md");
  });
});
