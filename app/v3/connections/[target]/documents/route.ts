import { requireProvider } from "#lib/connections/service.ts";
import { listProviderDocuments } from "#lib/contract/operations.ts";
import { providerDocuments } from "#lib/documents/service.ts";
import { jsonArray } from "#lib/server/reply.ts";
import { resource, route } from "#lib/server/route.ts";
import { providerDocumentToWire } from "#lib/server/wire.ts";

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = resource({
  POST: route(listProviderDocuments, async ({ principal, params, body }) => {
    const provider = requireProvider(params.provider);
    return jsonArray(providerDocuments(principal, provider, body.containerTags ?? []), providerDocumentToWire);
  }),
});
