import { z } from "zod";
import { accessScope } from "../access.ts";
import { operation, type Operation } from "../operation.ts";
import { containerTag } from "../tags.ts";
import { wireKeys, wireNewKey, wireSuccess } from "../wire.ts";
import { none, ok } from "./shared.ts";

/** Keys made by programs: for a container of the organization, or for parts of what it can. */

const byKey = z.object({ keyId: z.string().describe("The key's id.") });

export const createScopedKey = operation({
  id: "createScopedKey",
  method: "POST",
  path: "/v3/auth/scoped-key",
  tag: "Keys",
  access: "connections",
  summary: "Make a key",
  description:
    "For one container: it reaches documents and search of the container and nothing else. With `containerTag: null`, for " +
    "all of the organization. The key is shown once. It can be given no more than the key that makes it has: neither " +
    "scopes nor requests nor time.",
  params: none,
  query: none,
  body: z.object({
    containerTag: containerTag.nullable().describe("The container it is for. Ours: null = all of the organization."),
    name: z.string().trim().min(1).max(100).optional().describe("Its name in lists and in the activity log."),
    expiresInDays: z.int().min(1).max(365).optional().describe("How many days it works."),
    rateLimitMax: z.int().min(1).max(10_000).default(500).describe("Requests it may make in `rateLimitTimeWindow`."),
    rateLimitTimeWindow: z.int().min(1).max(3_600_000).default(60_000).describe("Milliseconds."),
    scopes: z
      .array(accessScope)
      .min(1)
      .max(10)
      .default(["read", "write"])
      .describe(
        'Ours: what it may do; `["read"]` makes a key that only looks. `connections` is not for a single container.',
      ),
  }),
  reply: ok(wireNewKey, "The key, this once"),
  errors: [400, 403, 413, 415],
  effect: true,
});

export const listScopedKeys = operation({
  id: "listScopedKeys",
  method: "GET",
  path: "/v3/auth/scoped-key",
  tag: "Keys",
  access: "connections",
  summary: "List keys",
  description: "Also those made in the console. `containerTag`: those for this container alone.",
  params: none,
  query: z.object({ containerTag: containerTag.optional().describe("Only those for this container.") }),
  body: null,
  reply: ok(wireKeys, "Those that work, newest first"),
  errors: [400],
  effect: false,
  extension: true,
});

export const rotateScopedKey = operation({
  id: "rotateScopedKey",
  method: "POST",
  path: "/v3/auth/scoped-key/{keyId}/rotate",
  tag: "Keys",
  access: "connections",
  summary: "Replace a key's secret",
  description:
    "Everything else about it stays. The old secret works for `graceSeconds` more, at most a week; one from an earlier " +
    "rotation stops at once.",
  params: byKey,
  query: none,
  body: z.object({
    graceSeconds: z.int().min(0).max(604_800).default(0).describe("How long the old secret works on, in seconds."),
  }),
  reply: ok(wireNewKey, "The new key, this once"),
  errors: [400, 403, 404, 413, 415],
  effect: true,
  extension: true,
});

export const revokeScopedKey = operation({
  id: "revokeScopedKey",
  method: "DELETE",
  path: "/v3/auth/scoped-key/{keyId}",
  tag: "Keys",
  access: "connections",
  summary: "Revoke a key",
  description: "No request that begins after the reply is served any more.",
  params: byKey,
  query: none,
  body: null,
  reply: ok(wireSuccess, "It is revoked"),
  errors: [403, 404],
  effect: true,
});

export const keyOperations: readonly Operation[] = [createScopedKey, listScopedKeys, rotateScopedKey, revokeScopedKey];
