import * as operations from "#lib/contract/operations.ts";
import { getDocument } from "#lib/documents/service.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { documentToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(operations.getDocument, async ({ principal, params }) =>
    json(documentToWire(await getDocument(principal, params.documentId))),
  ),
});
