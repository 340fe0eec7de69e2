import { callbackBySuffix } from "#lib/server/connect-callback.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = callbackBySuffix;
