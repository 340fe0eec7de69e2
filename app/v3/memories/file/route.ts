import { resource } from "#lib/server/route.ts";
import { uploadDocumentLegacy } from "#lib/server/upload-document.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({ POST: uploadDocumentLegacy });
