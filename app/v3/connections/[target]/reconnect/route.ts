import { reconnect } from "#lib/server/connections.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({ POST: reconnect });
