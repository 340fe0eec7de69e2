import { operation, type Operation } from "../operation.ts";
import { wireError } from "../wire.ts";
import { none } from "./shared.ts";

/**
 * What the protocol has for memories that a language model extracts from documents, and profiles made of them. This
 * server keeps documents and asks no language model: these operations are known and answer 501 in so many words.
 */

function absent(id: string, method: "GET" | "POST" | "PATCH" | "DELETE", path: string, summary: string) {
  return operation({
    id,
    method,
    path,
    tag: "Memories",
    access: "read",
    contained: true,
    summary,
    description: "Not here: this server extracts no memories. Search its documents instead.",
    params: none,
    query: none,
    body: null,
    reply: {
      status: 501,
      contentType: "application/json",
      description: "Not what this server does",
      schema: wireError,
    },
    errors: [],
    effect: false,
  });
}

export const getProfile = absent("getProfile", "POST", "/v4/profile", "Get a profile");
export const listProfileBuckets = absent(
  "listProfileBuckets",
  "POST",
  "/v4/profile/buckets",
  "List the parts of a profile",
);
export const addMemories = absent("addMemories", "POST", "/v4/memories", "Add memories");
export const updateMemory = absent("updateMemory", "PATCH", "/v4/memories", "Change a memory");
export const forgetMemory = absent("forgetMemory", "DELETE", "/v4/memories", "Forget a memory");
export const listMemories = absent("listMemories", "POST", "/v4/memories/list", "List memories");
export const forgetMatchingMemories = absent(
  "forgetMatchingMemories",
  "POST",
  "/v4/memories/forget-matching",
  "Forget memories that match",
);
export const addConversation = absent("addConversation", "POST", "/v4/conversations", "Add a conversation");

export const memoryOperations: readonly Operation[] = [
  getProfile,
  listProfileBuckets,
  addMemories,
  updateMemory,
  forgetMemory,
  listMemories,
  forgetMatchingMemories,
  addConversation,
];
