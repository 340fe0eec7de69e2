import { describe, expect, test } from "vitest";
import { blockedUrls, publicUrls } from "#lib/testing/blocked-addresses.ts";
import { createPolicy } from "./policy.ts";
import { EgressError } from "./types.ts";

function refusal(url: string, allow: readonly string[] = [], hosts?: readonly string[]): string | undefined {
  try {
    createPolicy(allow, hosts).checkUrl(new URL(url));
    return undefined;
  } catch (error) {
    if (error instanceof EgressError) return error.kind;
    if (error instanceof TypeError) return "not a URL";
    throw error;
  }
}

describe("URLs", () => {
  test("none of 50 and more public URLs is refused", () => {
    expect(publicUrls.length).toBeGreaterThanOrEqual(50);
    expect(publicUrls.filter((url) => refusal(url) !== undefined)).toEqual([]);
  });

  test("every spelling of a blocked address is refused before any question to DNS", () => {
    expect(blockedUrls().length).toBeGreaterThan(900);
    expect(blockedUrls().filter((url) => refusal(url) === undefined)).toEqual([]);
  });

  test("only http and https, without user info", () => {
    expect(refusal("ftp://example.com/")).toBe("bad_url");
    expect(refusal("http://user@example.com/")).toBe("bad_url");
    expect(refusal("http://:secret@example.com/")).toBe("bad_url");
  });

  test("only ports 80 and 443", () => {
    for (const port of [1, 22, 25, 79, 81, 442, 444, 3306, 5432, 6379, 8080, 9000, 65_535]) {
      expect(refusal(`http://example.com:${port}/`)).toBe("blocked_address");
    }
  });

  test("a refused password does not appear in the message", () => {
    expect(() => createPolicy([]).checkUrl(new URL("http://u:hunter2@example.com/"))).toThrow(/^(?!.*hunter2)/);
  });
});

describe("allow-list", () => {
  test("an entry opens exactly its host and port", () => {
    const allow = ["127.0.0.1:9001"];
    expect(refusal("http://127.0.0.1:9001/", allow)).toBeUndefined();
    expect(refusal("http://2130706433:9001/", allow)).toBeUndefined();
    for (const url of [
      "http://127.0.0.1:9002/",
      "http://127.0.0.1/",
      "http://127.0.0.2:9001/",
      "http://localhost:9001/",
      "http://[::1]:9001/",
      "http://[::ffff:127.0.0.1]:9001/",
      "http://example.com:9001/",
      "http://user@127.0.0.1:9001/",
    ]) {
      expect(refusal(url, allow)).not.toBeUndefined();
    }
  });

  test("a name opens that name at that port, wherever it leads", () => {
    const policy = createPolicy(["store.internal:9000", "LOCALHOST:9001"]);
    const door = policy.checkUrl(new URL("http://store.internal:9000/"));
    expect(() => policy.checkAddress(door, "10.0.0.1")).not.toThrow();
    expect(policy.checkUrl(new URL("http://localhost.:9001/")).allowed).toBe(true);
    expect(() => policy.checkUrl(new URL("http://a.store.internal:9000/"))).toThrow(EgressError);
    expect(() => policy.checkUrl(new URL("http://store.internal:9001/"))).toThrow(EgressError);
    expect(() => policy.checkUrl(new URL("http://10.0.0.1:9000/"))).toThrow(EgressError);
  });

  test("port 80 and 443 entries work with and without the port in the URL", () => {
    expect(refusal("http://10.0.0.1/", ["10.0.0.1:80"])).toBeUndefined();
    expect(refusal("https://10.0.0.1/", ["10.0.0.1:443"])).toBeUndefined();
    expect(refusal("https://10.0.0.1/", ["10.0.0.1:80"])).toBe("blocked_address");
    expect(refusal("http://[fd00::1]:9000/", ["[FD00:0::1]:9000"])).toBeUndefined();
  });

  test("an entry that is not host:port stops the start instead of opening something else", () => {
    for (const entry of [
      "127.0.0.1",
      "*:80",
      "127.0.0.1:0",
      "127.0.0.1:99999",
      "u@h:80",
      "10.0.0.0/8:80",
      "http://h:80",
    ]) {
      expect(() => createPolicy([entry]), entry).toThrow(TypeError);
    }
  });
});

test("with a list of hosts nothing else is reached, public or not", () => {
  const hosts = ["s3.example.com"];
  expect(refusal("https://s3.example.com/a", [], hosts)).toBeUndefined();
  expect(refusal("https://S3.EXAMPLE.com./a", [], hosts)).toBeUndefined();
  expect(refusal("https://example.com/", [], hosts)).toBe("blocked_address");
  expect(refusal("https://a.s3.example.com/", [], hosts)).toBe("blocked_address");
  expect(refusal("http://127.0.0.1:9000/", ["127.0.0.1:9000"], hosts)).toBe("blocked_address");
});
