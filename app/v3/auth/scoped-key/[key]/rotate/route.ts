import { rotateScopedKey } from "#lib/contract/operations.ts";
import { rotateKey } from "#lib/keys/service.ts";
import { newKeyToWire, rememberKey } from "#lib/server/keys.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(rotateScopedKey, async (call) =>
    json(newKeyToWire(await rotateKey(call.principal, call.params.keyId, call.body, rememberKey(call)))),
  ),
});
