import { liveDocuments } from "#lib/contract/console-operations.ts";
import { consoleRoute } from "#lib/server/console-route.ts";
import { documentRows } from "../../../(console)/documents/document-rows.ts";

export const GET = consoleRoute(liveDocuments, ({ principal, query }) => documentRows(principal, query));
