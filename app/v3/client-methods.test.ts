import { readFile } from "node:fs/promises";
import path from "node:path";
import Supermemory, { APIError } from "supermemory";
import { expect, test } from "vitest";
import { stubSettings } from "#lib/testing/api.ts";
import { useBothKinds } from "#lib/testing/both-kinds.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";

/** Every method of the installed official client, against this server, compared with what the README says of it. */

const rig = connectRig();

type Method = (...given: unknown[]) => Promise<unknown>;

/** What the client is made of and nobody calls to get at the API. */
const transport: ReadonlySet<string> = new Set(
  (
    "constructor withOptions defaultQuery validateHeaders authHeaders stringifyQuery getUserAgent defaultIdempotencyKey " +
    "makeStatusError buildURL prepareOptions prepareRequest get post patch put delete methodRequest request makeRequest " +
    "fetchWithTimeout shouldRetry retryRequest calculateDefaultRetryTimeoutMillis buildRequest buildHeaders _makeAbort buildBody"
  ).split(" "),
);

/** All methods of the client by the names people call them by, found by looking at it: a new one is not forgotten. */
function methodsOf(client: Supermemory): ReadonlyMap<string, Method> {
  const found = new Map<string, Method>();
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(client) as object))
    if (!transport.has(name) && typeof Reflect.get(client, name) === "function")
      found.set(name, (...given) => Reflect.apply(Reflect.get(client, name) as Method, client, given));
  for (const name of Object.getOwnPropertyNames(client)) {
    const resource: unknown = Reflect.get(client, name);
    if (!isResource(resource)) continue;
    if (typeof resource === "function")
      found.set(name, (...given) => Reflect.apply(resource as unknown as Method, undefined, given));
    const methods = new Set([
      ...Object.getOwnPropertyNames(resource),
      ...Object.getOwnPropertyNames(Object.getPrototypeOf(resource) as object),
    ]);
    for (const method of methods)
      if (
        method !== "constructor" &&
        !method.startsWith("_") &&
        typeof Reflect.get(resource, method) === "function" &&
        !/^(apply|call|bind|toString)$/.test(method)
      )
        found.set(`${name}.${method}`, (...given) =>
          Reflect.apply(Reflect.get(resource, method) as Method, resource, given),
        );
  }
  return found;
}

/** The client's resources know the client. */
function isResource(value: unknown): value is object {
  return (typeof value === "object" || typeof value === "function") && value !== null && "_client" in value;
}

/** `client.x` → what the README's table says: "yes", or the status it is answered with. */
async function table(): Promise<ReadonlyMap<string, string>> {
  const readme = await readFile(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| (`client\.[^|]+`) +\| ([^|]+?) +\|/gm)];
  return new Map(
    rows.flatMap(([, names = "", here = ""]) =>
      [...names.matchAll(/`client\.([\w.]+)`/g)].map(([, name = ""]) => [name, here] as const),
    ),
  );
}

/** What each is called with, so that nothing but the method can be the reason of a refusal. */
async function calls(): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const { client } = rig;
  const account = await useBothKinds(rig);
  const tags = { containerTags: ["team"] };
  const connect = async (...containerTags: string[]) =>
    (await client.connections.create("s3", { containerTags, metadata: { ...stubSettings } })).id;
  await connect("kept");
  await connect("removed");
  const add = async () => (await client.documents.add({ content: "A text.", ...tags })).id;
  const added = { content: "Another text.", ...tags };
  const searched = [{ q: "text" }];
  return {
    add: [added],
    profile: [{ containerTag: "team" }],
    search: [{ q: "text", searchMode: "documents" }],
    "search.memories": [{ q: "text", searchMode: "hybrid" }],
    "search.documents": searched,
    "search.execute": searched,
    "memories.forget": [{ containerTag: "team", id: "x" }],
    "memories.updateMemory": [{ containerTag: "team", id: "x", newContent: "y" }],
    "documents.update": [await add(), { metadata: { a: 1 } }],
    "documents.list": [{}],
    "documents.delete": [await add()],
    "documents.add": [added],
    "documents.batchAdd": [{ documents: [{ content: "one" }, { content: "two" }] }],
    "documents.deleteBulk": [{ ids: [await add()] }],
    "documents.get": [await add()],
    "documents.listProcessing": [],
    "documents.uploadFile": [{ file: new File(["# A"], "a.md") }],
    "settings.get": [],
    "settings.update": [{}],
    "connections.create": ["s3", { metadata: { ...stubSettings } }],
    "connections.list": [{}],
    "connections.configure": [account, { resources: [{ id: "folder-1", kind: "folder", name: "Team" }] }],
    "connections.deleteByID": [await connect()],
    "connections.deleteByProvider": ["s3", { containerTags: ["removed"] }],
    "connections.getByID": [account],
    "connections.getByTag": ["s3", { containerTags: ["kept"] }],
    "connections.import": ["s3", {}],
    "connections.listDocuments": ["s3", {}],
    "connections.resources": [account],
  };
}

test("every method of the official client does here what the README's table says", async () => {
  const said = await table();
  const methods = methodsOf(rig.client);
  expect([...methods.keys()].toSorted()).toEqual([...said.keys()].toSorted());
  const given = await calls();
  const real: Record<string, string> = {};
  for (const [name, method] of methods) {
    expect(Object.keys(given)).toContain(name);
    real[name] = await method(...(given[name] ?? [])).then(
      () => "yes",
      (error: unknown) => (error instanceof APIError ? String(error.status) : String(error)),
    );
  }
  // Beside the word itself the table may say more.
  const words = Object.fromEntries([...said].map(([name, here]) => [name, /^\w+/.exec(here)?.[0] ?? here]));
  expect(real).toEqual(words);
});

test("what this server does not do is not tried again by the client, and says what to do instead", async () => {
  const client = new Supermemory({ apiKey: rig.acme.apiKey, baseURL: rig.url, maxRetries: 5 });
  const begun = performance.now();
  const error = await client.profile({ containerTag: "team" }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    status: 501,
    error: { error: expect.any(String), details: expect.stringMatching(/search/i) },
  });
  // Five tries would have waited for seconds.
  expect(performance.now() - begun).toBeLessThan(2_500);
});
