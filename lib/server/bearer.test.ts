import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createKey, revokeKey } from "#lib/keys/service.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { authenticate, forgetFailures } from "./bearer.ts";

let acme: TestOrganization;
let now = 0;

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
});

beforeEach(() => {
  forgetFailures();
  now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function tryKey(key: string, headers: Record<string, string> = {}): Promise<string> {
  const request = new Request("http://localhost/v3", {
    headers: { authorization: `Bearer ${key}`, "x-tributary-address": "198.51.100.7", ...headers },
  });
  return authenticate(request).then(
    () => "ok",
    (error: { code: string }) => error.code,
  );
}

async function failUntilLimited(): Promise<void> {
  for (let i = 0; i < 600; i++)
    if ((await tryKey(`sm_wrong${i}`)) !== "unauthenticated") throw new Error(`limited at ${i}`);
}

describe("wrong keys from one address", () => {
  test("are refused unseen after 600, with the time to wait, and looked at again when it is over", async () => {
    await failUntilLimited();
    expect(await tryKey("sm_wrong")).toBe("rate_limited");
    await expect(
      authenticate(new Request("http://localhost/v3", { headers: { "x-tributary-address": "198.51.100.7" } })),
    ).rejects.toMatchObject({ code: "rate_limited", retryAfterSeconds: 1 });
    now += 1_000;
    expect(await tryKey("sm_wrong")).toBe("unauthenticated");
  });

  test("do not lock out a key that was good there lately, nor other addresses", async () => {
    expect(await tryKey(acme.apiKey)).toBe("ok");
    await failUntilLimited();
    expect(await tryKey("sm_wrong")).toBe("rate_limited");
    expect(await tryKey(acme.apiKey)).toBe("ok");
    expect(await tryKey("sm_wrong", { "x-tributary-address": "198.51.100.8" })).toBe("unauthenticated");
    // What a client can make up about itself changes nothing.
    expect(await tryKey("sm_wrong", { "x-forwarded-for": "203.0.113.1" })).toBe("rate_limited");
  });

  test("nor let a key that was revoked go on asking", async () => {
    const { key, view } = await createKey(acme.principal, { name: "good once" });
    expect(await tryKey(key)).toBe("ok");
    await revokeKey(acme.principal, view.id);
    await failUntilLimited();
    // The first time it is looked up, because it was good; then it is one of the wrong ones.
    expect(await tryKey(key)).toBe("unauthenticated");
    expect(await tryKey(key)).toBe("rate_limited");
  });
});
