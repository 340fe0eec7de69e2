import { z } from "zod";
import { accessScope } from "../access.ts";
import { operation, type Operation } from "../operation.ts";
import { containerTag } from "../tags.ts";
import { wireKeys, wireNewKey, wireSuccess } from "../wire.ts";
import { none, ok } from "./shared.ts";

/** Keys for parts of the organization, made by programs. */

const byKey = z.object({ keyId: z.string() });

export const createScopedKey = operation({
  id: "createScopedKey",
  method: "POST",
  path: "/v3/auth/scoped-key",
  tag: "Keys",
  access: "connections",
  summary: "Make a key for one container",
  description:
    "It reaches documents and search of the container and nothing else. The key is shown once. It can be given no more " +
    "than the key that makes it has.",
  params: none,
  query: none,
  body: z.object({
    containerTag,
    name: z.string().trim().min(1).max(100).optional(),
    expiresInDays: z.int().min(1).max(365).optional(),
    /** requests in rateLimitTimeWindow */
    rateLimitMax: z.int().min(1).max(10_000).default(500),
    /** milliseconds */
    rateLimitTimeWindow: z.int().min(1).max(3_600_000).default(60_000),
    /** ours: `["read"]` makes a key that only looks */
    scopes: z
      .array(accessScope.exclude(["connections"]))
      .min(1)
      .default(["read", "write"]),
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
  summary: "List keys for single containers",
  params: none,
  query: z.object({ containerTag: containerTag.optional() }),
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
  description: "Everything else about it stays. The old secret works for `graceSeconds` more.",
  params: byKey,
  query: none,
  body: z.object({ graceSeconds: z.int().min(0).max(604_800).default(0) }),
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
