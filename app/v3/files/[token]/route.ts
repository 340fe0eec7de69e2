import { downloadFile } from "#lib/server/file-download.ts";
import { resource } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({ GET: downloadFile, HEAD: downloadFile });
