import { afterEach, expect, test } from "vitest";
import { setEnvForTests } from "#lib/env.ts";
import { defaultHttpOptions } from "./defaults.ts";

afterEach(() => setEnvForTests({ EGRESS_ALLOW: undefined, RETRY_BASE_MS: undefined }));

test("the operator's allow-list and retry base are what every Http gets", () => {
  setEnvForTests({ EGRESS_ALLOW: "127.0.0.1:9001, fake.local:9002", RETRY_BASE_MS: "5" });
  expect(defaultHttpOptions()).toMatchObject({ allow: ["127.0.0.1:9001", "fake.local:9002"], retryBaseMs: 5 });
  setEnvForTests({ EGRESS_ALLOW: undefined });
  expect(defaultHttpOptions().allow).toEqual([]);
});
