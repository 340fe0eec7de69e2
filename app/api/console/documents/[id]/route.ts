import { liveDocument } from "#lib/contract/console-operations.ts";
import { AppError } from "#lib/contract/errors.ts";
import { browseDocuments } from "#lib/documents/service.ts";
import { consoleRoute } from "#lib/server/console-route.ts";
import { rowsOf } from "../../../../(console)/documents/document-rows.ts";

export const GET = consoleRoute(liveDocument, async ({ principal, params }) => {
  const { items } = await browseDocuments(principal, { ids: [params.id], limit: 1 });
  const [row] = await rowsOf(principal, items);
  if (!row) throw new AppError("not_found", "Document not found");
  return row;
});
