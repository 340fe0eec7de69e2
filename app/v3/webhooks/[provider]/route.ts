import { resource } from "#lib/server/route.ts";
import { receiveWebhook } from "#lib/server/webhooks.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({ POST: receiveWebhook });
