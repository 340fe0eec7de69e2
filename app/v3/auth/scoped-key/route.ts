import { createScopedKey, listScopedKeys } from "#lib/contract/operations.ts";
import { createKey, workingKeys } from "#lib/keys/service.ts";
import { keyToWire, newKeyToWire, rememberKey } from "#lib/server/keys.ts";
import { json, jsonArray } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(listScopedKeys, async ({ principal, query }) => jsonArray(workingKeys(principal, query), keyToWire)),
  POST: route(createScopedKey, async (call) => {
    const { principal, body } = call;
    const { containerTag, scopes, expiresInDays } = body;
    const input = {
      name: body.name ?? (containerTag === null ? "Made by a program" : `Key for ${containerTag}`.slice(0, 100)),
      scopes,
      containerTag,
      rate: { max: body.rateLimitMax, windowMs: body.rateLimitTimeWindow },
      ...(expiresInDays !== undefined && { expiresInDays }),
    };
    return json(newKeyToWire(await createKey(principal, input, rememberKey(call))));
  }),
});
