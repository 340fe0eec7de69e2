import { getSettings, updateSettings } from "#lib/contract/operations.ts";
import { readSettings, updateSettings as changeSettings } from "#lib/organizations/settings.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(getSettings, async ({ principal }) => json(await readSettings(principal))),
  PATCH: route(updateSettings, async ({ principal, body }) => json(await changeSettings(principal, body))),
});
