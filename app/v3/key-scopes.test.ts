import { beforeEach, describe, expect, test } from "vitest";
import { accessScopes, type AccessScope } from "#lib/contract/access.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { operations } from "#lib/contract/operations.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { createKey, type CreateKeyInput } from "#lib/keys/service.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";

/** Made from the list of operations: one that is added to it is tested here, or this fails for want of a request. */

const api = testApi();

interface Fixture {
  readonly connectionId: string;
  readonly documentId: string;
  readonly keyId: string;
}
let there: Fixture;

/** A request of each operation that would do something to what is there. Older paths send what the newer ones do. */
const bodies: Readonly<Record<string, unknown>> = {
  createConnection: { metadata: stubSettings },
  listConnections: {},
  updateConnection: { name: "changed" },
  reconnectConnection: {},
  getConnectionByTags: {},
  deleteConnectionsByProvider: { containerTags: ["a"] },
  importConnections: {},
  syncConnections: {},
  listProviderDocuments: {},
  configureConnection: { resources: [] },
  addDocument: { content: "# New" },
  batchAddDocuments: { documents: ["# One", "# Two"] },
  updateDocument: { metadata: { changed: true } },
  deleteDocuments: { containerTags: ["a"] },
  listDocuments: {},
  searchDocuments: { q: "anything" },
  searchChunks: { q: "anything" },
  updateSettings: { chunkSize: 512 },
  createScopedKey: { containerTag: "a", scopes: ["read"] },
  rotateScopedKey: {},
};

function bodyOf(operation: Operation): unknown {
  if (operation.upload) {
    const form = new FormData();
    form.set("file", new File(["# A file"], "a.md", { type: "text/markdown" }));
    return form;
  }
  if (operation.body === null) return undefined;
  const body = bodies[operation.id.replace(/Legacy$/, "")];
  if (body === undefined) throw new Error(`${operation.id} needs a request here`);
  return body;
}

function send(operation: Operation, key: string): Promise<Response> {
  const path = operation.path
    .replace("{provider}", "s3")
    .replace(/\{(\w+)\}/g, (_all, name: string) => there[name as keyof Fixture]);
  const body = bodyOf(operation);
  return globalThis.fetch(api.url + path, {
    method: operation.method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined || body instanceof FormData ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
}

/** Every row there is, but for what any request leaves: when its key was used, and what is left of its limit. */
async function everything(): Promise<string> {
  const { rows: tables } = await pool().query<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'rate_buckets' order by 1",
  );
  const dumps: unknown[] = [];
  for (const { name } of tables)
    dumps.push((await pool().query(`select to_jsonb(t) - 'last_used_at' as row from ${name} t order by 1`)).rows);
  return JSON.stringify(dumps);
}

const make = async (input: Omit<CreateKeyInput, "name">) =>
  (await createKey(api.acme.principal, { name: "tried", ...input })).key;

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().document.deleteMany({});
  const connectionId = await api.connect({ containerTags: ["a"] });
  // With a run that waits already, another import would have nothing to do.
  await prisma().syncRun.deleteMany({});
  const { id: documentId } = await api.client.add({ content: "# There", containerTag: "a" });
  const { view } = await createKey(api.acme.principal, { name: "there", scopes: ["read"] });
  there = { connectionId, documentId, keyId: view.id };
});

const all = operations.map((operation) => [operation.id, operation] as const);

describe("a key without an operation's scope gets 403 that names it, and changes nothing (A14)", () => {
  test.each(all)("%s", async (_id, operation) => {
    const others = accessScopes.filter((scope) => scope !== operation.access);
    const without = await make({ scopes: others });
    const only: AccessScope[] = [operation.access];
    // Making and ending keys also needs what those keys have.
    const enough = await make({ scopes: operation.tag === "Keys" ? [...new Set([...only, "read" as const])] : only });
    const before = await everything();
    const refused = await send(operation, without);
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { error: "This API key may not do that.", details: `It needs the scope ${operation.access}.` },
    ]);
    expect(await everything()).toBe(before);
    const served = await send(operation, enough);
    await served.text();
    expect([401, 403, 404, 405, 500]).not.toContain(reallyServed(operation, served.status));
    if (operation.effect && served.status < 300) expect(await everything()).not.toBe(before);
  });
});

/** What this fixture cannot have is answered by the service, past the door this test is about. */
function reallyServed(operation: Operation, status: number): number {
  return operation.id === "getFileUrl" && status === 404 ? 200 : status;
}

describe("a key for one container gets 403 for all that is not about its documents, and changes nothing (A14)", () => {
  test.each(all.filter(([, operation]) => !operation.contained))("%s", async (_id, operation) => {
    const key = await make({ containerTag: "a" });
    const before = await everything();
    const refused = await send(operation, key);
    expect([refused.status, await refused.json()]).toEqual([
      403,
      {
        error: "This API key may not do that.",
        details:
          operation.access === "connections"
            ? "It needs the scope connections."
            : "It is for the documents of the container a only.",
      },
    ]);
    expect(await everything()).toBe(before);
  });

  test("there is nothing else: all operations are about documents or refused", () => {
    const open = operations
      .filter(({ contained }) => contained)
      .map(({ path }) => path.split("/").slice(0, 3).join("/"));
    expect([...new Set(open)].sort()).toEqual([
      "/v3/documents",
      "/v3/memories",
      "/v3/search",
      "/v4/conversations",
      "/v4/memories",
      "/v4/profile",
      "/v4/search",
    ]);
  });
});
