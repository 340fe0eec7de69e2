import type { DocumentsAsked } from "#lib/contract/console-operations.ts";
import { one, type SearchParams } from "./params.ts";

/** What a documents page's address asks for; tags longer than any are none. */
export async function documentsAskedBy(searchParams: SearchParams): Promise<DocumentsAsked> {
  const params = await searchParams;
  return {
    q: one(params["q"]),
    provider: one(params["provider"], 100),
    connection: one(params["connection"], 100),
    status: one(params["status"], 20),
    tag: one(params["tag"], 100),
    type: one(params["type"], 50),
    after: one(params["after"], 200),
    before: one(params["before"], 200),
  };
}

/** The conditions without the place in the list. */
export function filtersOf({ after: _after, before: _before, ...filters }: DocumentsAsked) {
  return filters;
}
