import * as operations from "#lib/contract/operations.ts";
import { makeFileLink } from "#lib/files/links.ts";
import { json } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  GET: route(operations.getFileUrl, async ({ principal, params, query }) =>
    json({ url: await makeFileLink(principal, params.documentId, query.containerTag) }),
  ),
});
