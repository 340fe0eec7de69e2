import { revokeScopedKey } from "#lib/contract/operations.ts";
import { revokeKey } from "#lib/keys/service.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  DELETE: route(revokeScopedKey, async ({ principal, params }) => {
    await revokeKey(principal, params.keyId);
    return json({ success: true });
  }),
});
