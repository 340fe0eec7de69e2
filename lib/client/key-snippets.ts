import type { AccessScope } from "#lib/contract/access.ts";
import { curlExample } from "#lib/contract/examples/curl.ts";
import type { Example, ExampleCall, PrintedExample } from "#lib/contract/examples/example.ts";
import { pythonExample } from "#lib/contract/examples/python.ts";
import { typescriptExample } from "#lib/contract/examples/typescript.ts";

/**
 * A first call with a new key, as code that runs as it is: of those that the key may make the most telling one. It names no
 * container, so that it is right for a key that has only one. The key itself is read from the environment.
 */
export function keyExample(origin: string, scopes: readonly AccessScope[]): PrintedExample {
  const call: ExampleCall = { origin, reply: "json", ...callFor(scopes) };
  return { curl: curlExample(call), TypeScript: typescriptExample(call), Python: pythonExample(call) };
}

function callFor(scopes: readonly AccessScope[]): { method: string; path: string; example: Example } {
  if (scopes.includes("read")) {
    const client = { method: "search.documents", takes: ["body"] } as const;
    return { method: "POST", path: "/v3/search", example: { body: { q: "holiday" }, client } };
  }
  if (scopes.includes("write")) {
    const client = { method: "documents.add", takes: ["body"] } as const;
    return {
      method: "POST",
      path: "/v3/documents",
      example: { body: { content: "# Hello\n\nA first text." }, client },
    };
  }
  return { method: "GET", path: "/v3/auth/scoped-key", example: {} };
}
