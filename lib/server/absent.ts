import { AppError } from "#lib/contract/errors.ts";
import * as operations from "#lib/contract/operations.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { route, type Route } from "./route.ts";

/**
 * Operations of the protocol that are not what this server does. They are refused in words that name the way to go, and
 * the official client is told not to ask twice more.
 */

const search = "Search the documents instead: POST /v4/search with searchMode documents, or POST /v3/search.";
const add = "Add it as a document instead: POST /v3/documents.";
const change = "Change or delete the document it came from: PATCH or DELETE /v3/documents/{id}.";

export const profile = absent(operations.getProfile, search);
export const profileBuckets = absent(operations.listProfileBuckets, search);
export const addMemories = absent(operations.addMemories, add);
export const updateMemory = absent(operations.updateMemory, change);
export const forgetMemory = absent(operations.forgetMemory, change);
export const forgetMatching = absent(operations.forgetMatchingMemories, change);
export const listMemories = absent(operations.listMemories, "List documents instead: POST /v3/documents/list.");
export const addConversation = absent(operations.addConversation, add);

function absent(operation: Operation, instead: string): Route {
  return route(operation, () =>
    Promise.reject(
      new AppError("not_implemented", "This server keeps documents and extracts no memories from them.", {
        details: instead,
        headers: { "x-should-retry": "false" },
      }),
    ),
  );
}
