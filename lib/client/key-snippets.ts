import type { AccessScope } from "#lib/contract/access.ts";
import type { SnippetLanguage } from "./snippets.ts";

/**
 * A first call with a new key, as code that runs as it is: of those that the key may make the most telling one. The key is
 * read from the environment.
 */
export function keySnippet(language: SnippetLanguage, origin: string, scopes: readonly AccessScope[]): string {
  const call = callFor(scopes);
  if (language === "curl") return curl(origin, call);
  if (language === "Python") return python(origin, call);
  return typescript(origin, call);
}

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: string | undefined;
  readonly typescript: string;
  readonly python: string;
}

function callFor(scopes: readonly AccessScope[]): Call {
  if (scopes.includes("read"))
    return {
      method: "POST",
      path: "/v3/search",
      body: `{ "q": "holiday" }`,
      typescript: `const { results } = await client.search.documents({ q: "holiday" });\nconsole.log(results);`,
      python: `found = client.search.documents(q="holiday")\nprint(found.results)`,
    };
  if (scopes.includes("write"))
    return {
      method: "POST",
      path: "/v3/documents",
      body: `{ "content": "# Hello\\nA first document." }`,
      typescript: `const { id } = await client.add({ content: "# Hello\\nA first document." });\nconsole.log(id);`,
      python: `added = client.add(content="# Hello\\nA first document.")\nprint(added.id)`,
    };
  return {
    method: "GET",
    path: "/v3/auth/scoped-key",
    body: undefined,
    typescript: `console.log(await client.get("/v3/auth/scoped-key"));`,
    python: `print(client.get("/v3/auth/scoped-key", cast_to=object))`,
  };
}

function curl(origin: string, { path, body }: Call): string {
  const lines = [`curl --fail-with-body "${origin}${path}"`, `  -H "Authorization: Bearer $TRIBUTARY_API_KEY"`];
  if (body !== undefined) lines.push(`  -H "Content-Type: application/json"`, `  -d '${body}'`);
  return `${lines.join(" \\\n")}\n`;
}

function typescript(origin: string, call: Call): string {
  return `import Supermemory from "supermemory";

const client = new Supermemory({
  apiKey: ${["process", "env", "TRIBUTARY_API_KEY"].join(".")},
  baseURL: ${JSON.stringify(origin)},
});

${call.typescript}
`;
}

function python(origin: string, call: Call): string {
  return `import os
from supermemory import Supermemory

client = Supermemory(
    api_key=os.environ["TRIBUTARY_API_KEY"],
    base_url=${JSON.stringify(origin)},
)

${call.python}
`;
}
