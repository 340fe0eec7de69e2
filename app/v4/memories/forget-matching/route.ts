import { forgetMatching } from "#lib/server/absent.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({ POST: forgetMatching });
