import { beforeAll, describe, expect, test } from "vitest";
import { applyHeldDeletions, listRuns } from "#lib/runs/service.ts";
import { listAudit } from "#lib/audit/service.ts";
import { allConnectors } from "#lib/connections/registry.ts";
import * as connections from "#lib/connections/service.ts";
import { operations } from "#lib/contract/operations.ts";
import { prisma } from "#lib/db/client.ts";
import * as documents from "#lib/documents/service.ts";
import { browseKeys, createKey, revokeKey, rotateKey, updateKey } from "#lib/keys/service.ts";
import { openApiDocument } from "#lib/server/openapi/document.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();
const nobody = "0000000000000000000000";
/** What the other organization has, by the names that paths have for it. */
let theirs: Theirs;

interface Theirs {
  readonly connectionId: string;
  readonly documentId: string;
  readonly keyId: string;
  /** names of theirs for the document */
  readonly customIds: readonly string[];
}

beforeAll(async () => {
  const connectionId = await api.connect({ containerTags: ["secret"] }, api.globex);
  const [documentId = ""] = await addDocuments(api.globex, connectionId, ["theirs.md"], { containerTags: ["secret"] });
  const { view } = await createKey(api.globex.principal, { name: "theirs" });
  theirs = { connectionId, documentId, keyId: view.id, customIds: ["s3://docs/theirs.md", "theirs.md"] };
});

const mine = () => api.acme.principal;
const absent = { code: "not_found" };

/** What an operation is sent, so that nothing but the id can be wrong with it. */
const bodies: Readonly<Record<string, unknown>> = {
  configureConnection: { resources: [] },
  updateConnection: { name: "mine now" },
  updateDocument: { metadata: { taken: true } },
  updateDocumentLegacy: { metadata: { taken: true } },
};

interface WithId {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameter: "connectionId" | "documentId" | "keyId";
}

/** Every operation of the description with an id in its path. */
const withId = Object.entries(
  openApiDocument({ appUrl: "http://localhost:3000", connectors: allConnectors() }).paths,
).flatMap(([path, verbs]) =>
  Object.entries(verbs).flatMap(([verb, { operationId, parameters }]): WithId[] => {
    const name = parameters.find((each) => each.in === "path")?.name;
    // There a POST connects to a provider; the other verbs mean a connection's id.
    const parameter = name === "idOrProvider" ? (verb === "post" ? undefined : "connectionId") : name;
    return parameter === "connectionId" || parameter === "documentId" || parameter === "keyId"
      ? [{ id: operationId, method: verb.toUpperCase(), path, parameter }]
      : [];
  }),
);

async function replyTo({ id, method, path }: WithId, given: string): Promise<string> {
  const reply = await api.send(method, path.replace(/\{\w+\}/, encodeURIComponent(given)), bodies[id]);
  const headers = [...reply.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
  return JSON.stringify([reply.status, headers, await reply.text()]);
}

async function milliseconds(operation: WithId, id: string): Promise<number> {
  const begun = performance.now();
  await replyTo(operation, id);
  return performance.now() - begun;
}

/** By how many milliseconds more one id takes than the other: the middle of so many pairs, each asked in a row. */
async function gap(operation: WithId, one: string, other: string, pairs: number, known: number[]): Promise<number> {
  for (let i = 0; i < pairs; i++) {
    const first = i % 2 === 0;
    const before = await milliseconds(operation, first ? one : other);
    const after = await milliseconds(operation, first ? other : one);
    known.push(first ? before - after : after - before);
  }
  return known.toSorted((a, b) => a - b)[Math.floor(known.length / 2)] ?? 0;
}

describe("an id of somebody else, a random one, and what is no id get the same 404, byte for byte (T01, A19)", () => {
  test("every kind of id is tried, with every verb that takes it", () => {
    const tried = Object.groupBy(withId, ({ parameter }) => parameter);
    expect(Object.keys(tried).toSorted()).toEqual(["connectionId", "documentId", "keyId"]);
    for (const method of ["GET", "PATCH", "DELETE"])
      expect(withId.map((each) => `${each.method} ${each.parameter}`)).toContain(`${method} documentId`);
    // None of the contract's is missing.
    const known = operations.filter((o) => /\{(?:connectionId|documentId|keyId)\}/.test(o.path)).map(({ id }) => id);
    expect(withId.map(({ id }) => id).toSorted()).toEqual(known.toSorted());
  });

  test.each(withId.map((operation) => [operation.id, operation] as const))("%s", async (_id, operation) => {
    const id = theirs[operation.parameter];
    const spellings = [nobody, "1e2", " ", `${nobody} `, "x".repeat(200), "'; drop table connections --"];
    const given = [
      id,
      id.toLowerCase(),
      id.toUpperCase(),
      `${id} `,
      ` ${id}`,
      `${id}\u200b`,
      ...(operation.parameter === "documentId" ? theirs.customIds : []),
      ...(operation.parameter === "connectionId" ? [theirs.documentId] : [theirs.connectionId]),
      ...spellings,
    ];
    const seen = new Set<string>();
    for (const each of given) seen.add(await replyTo(operation, each));
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toMatch(/^\[404,/);
  });

  test("and take the same time: within 5 ms", async () => {
    for (const operation of withId) {
      const known: number[] = [];
      // A busy machine is no tell-tale: it takes more pairs until chance has left the middle of them.
      let found = await gap(operation, theirs[operation.parameter], nobody, 8, known);
      while (Math.abs(found) >= 5 && known.length < 120)
        found = await gap(operation, theirs[operation.parameter], nobody, 16, known);
      expect(Math.abs(found), operation.id).toBeLessThan(5);
    }
  });

  test("nor is anything told of them by ids in bodies", async () => {
    const forms: readonly (readonly [method: string, path: string, body: (id: string) => unknown, id: string])[] = [
      ["POST", "/v3/search", (id) => ({ q: "theirs", docId: id }), theirs.documentId],
      ["POST", "/v3/search", (id) => ({ q: "theirs", docId: id }), theirs.customIds[0] ?? ""],
      ["POST", "/v3/search", (id) => ({ q: "theirs", connectionId: id }), theirs.connectionId],
      ["POST", "/v4/search", (id) => ({ q: "theirs", connectionId: id, threshold: 0 }), theirs.connectionId],
      ["POST", "/v3/documents/list", (id) => ({ connectionId: id }), theirs.connectionId],
      ["DELETE", "/v3/documents/bulk", (id) => ({ ids: [id] }), theirs.documentId],
      ["DELETE", "/v3/documents/bulk", (id) => ({ ids: [id] }), theirs.customIds[0] ?? ""],
      ["DELETE", "/v3/memories/bulk", (id) => ({ ids: [id] }), theirs.documentId],
    ];
    for (const [method, path, body, id] of forms) {
      const told = async (given: string): Promise<string> => {
        const reply = await api.send(method, path, body(given));
        const text = (await reply.text()).replaceAll(JSON.stringify(given), '"id"');
        return `${reply.status} ${text.replace(/"timing":[\d.]+/, '"timing":0')}`;
      };
      expect(await told(id), `${method} ${path}`).toBe(await told(nobody));
    }
    expect(await prisma().document.count({ where: { id: theirs.documentId, deletedAt: null } })).toBe(1);
  });

  test("a deleted connection is as absent as one that never was", async () => {
    const id = await api.connect();
    await api.send("DELETE", `/v3/connections/${id}`);
    const [gone, never] = await Promise.all(
      [id, nobody].map(async (each) => {
        const reply = await api.send("GET", `/v3/connections/${each}`);
        return [reply.status, await reply.text()];
      }),
    );
    expect(gone).toEqual(never);
  });
});

test("lists, filters and imports never reach into another organization", async () => {
  const post = async (path: string, body: unknown) => (await api.send("POST", path, body)).text();
  expect(await post("/v3/connections/list", { containerTags: ["secret"] })).toBe("[]");
  expect(await post("/v3/connections/s3/documents", {})).toBe("[]");
  expect(await post("/v3/connections/s3/import", { containerTags: ["secret"] })).toBe("No connections to import.");
  expect(JSON.parse(await post("/v3/documents/list", { connectionId: theirs.connectionId }))).toMatchObject({
    memories: [],
    pagination: { totalItems: 0 },
  });
  expect((await api.send("POST", "/v3/connections/s3/connection", { containerTags: ["secret"] })).status).toBe(404);
  expect((await api.send("DELETE", "/v3/connections/s3", { containerTags: ["secret"] })).status).toBe(404);
  expect(await prisma().connection.count({ where: { id: theirs.connectionId, state: "active" } })).toBe(1);
});

describe("every verb of the services stays inside the caller's organization", () => {
  test.each([
    ["getConnection", () => connections.getConnection(mine(), theirs.connectionId)],
    ["updateConnection", () => connections.updateConnection(mine(), theirs.connectionId, { name: "x" })],
    ["pauseConnection", () => connections.pauseConnection(mine(), theirs.connectionId)],
    ["resumeConnection", () => connections.resumeConnection(mine(), theirs.connectionId)],
    ["requestSync", () => connections.requestSync(mine(), theirs.connectionId)],
    ["deleteConnection", () => connections.deleteConnection(mine(), theirs.connectionId, { deleteDocuments: true })],
    ["restoreConnection", () => connections.restoreConnection(mine(), theirs.connectionId)],
    ["getConnectionByTags", () => connections.getConnectionByTags(mine(), "s3", ["secret"])],
    [
      "testConnection with stored secrets",
      () => connections.testConnection(mine(), { provider: "s3", settings: {}, connectionId: theirs.connectionId }),
    ],
    [
      "previewTags with stored secrets",
      () =>
        connections.previewTags(mine(), {
          provider: "s3",
          settings: {},
          ids: ["a"],
          connectionId: theirs.connectionId,
        }),
    ],
    ["getDocument", () => documents.getDocument(mine(), theirs.documentId)],
    ["applyHeldDeletions", () => applyHeldDeletions(mine(), theirs.connectionId)],
  ] as const)("%s finds nothing", async (_name, call) => {
    const before = await prisma().connection.findUniqueOrThrow({ where: { id: theirs.connectionId } });
    await expect(call()).rejects.toMatchObject(absent);
    expect(await prisma().connection.findUniqueOrThrow({ where: { id: theirs.connectionId } })).toEqual(before);
  });

  test("lists and counts see the caller's own alone", async () => {
    expect(await connections.listConnections(mine(), { containerTags: ["secret"] })).toEqual([]);
    expect((await documents.browseDocuments(mine(), {})).items).toEqual([]);
    expect((await documents.browseDocuments(mine(), { connectionId: theirs.connectionId })).items).toEqual([]);
    expect(await documents.countDocuments(mine(), { containerTags: ["secret"] })).toBe(0);
    expect((await listRuns(mine(), { connectionId: theirs.connectionId })).items).toEqual([]);
    const audited = await listAudit(mine(), { target: `connection:${theirs.connectionId}` });
    expect(audited.items).toEqual([]);
    const [s3] = await connections.listProviders(api.globex.principal);
    expect(s3?.connections).toBe(1);
  });

  test("keys are listed, changed and revoked by their own organization only", async () => {
    const { view } = await createKey(api.globex.principal, { name: "theirs" });
    await expect(revokeKey(mine(), view.id)).rejects.toMatchObject(absent);
    await expect(rotateKey(mine(), view.id, { graceSeconds: 0 })).rejects.toMatchObject(absent);
    await expect(updateKey(mine(), view.id, { name: "mine" })).rejects.toMatchObject(absent);
    expect((await browseKeys(mine())).items.map((key) => key.id)).not.toContain(view.id);
    expect((await browseKeys(api.globex.principal)).items.find((key) => key.id === view.id)).toEqual(view);
  });

  test("viewers look, and change nothing", async () => {
    const viewer = {
      kind: "user",
      organizationId: api.acme.organizationId,
      userId: nobody,
      email: "v@example.com",
      role: "viewer",
    } as const;
    const id = await api.connect();
    expect((await connections.getConnection(viewer, id)).id).toBe(id);
    const acts = [
      () => connections.createConnection(viewer, { provider: "s3", settings: stubSettings }),
      () => connections.updateConnection(viewer, id, { name: "x" }),
      () => connections.pauseConnection(viewer, id),
      () => connections.resumeConnection(viewer, id),
      () => connections.requestSync(viewer, id),
      () => connections.importProvider(viewer, "s3", []),
      () => connections.deleteConnection(viewer, id, { deleteDocuments: false }),
      () => connections.restoreConnection(viewer, id),
      () => connections.testConnection(viewer, { provider: "s3", settings: stubSettings }),
      () => createKey(viewer, { name: "x" }),
      () => revokeKey(viewer, nobody),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: "forbidden" });
  });
});
